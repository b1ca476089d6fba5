/* Just enough of a language's look to read a diff by. Text in, pieces out: nothing is ever made into markup. */

export type Piece = readonly [kind: '' | 'keyword' | 'string' | 'number' | 'comment', text: string];

const sql =
  'add all alter and as asc between by case cast create cross date delete desc distinct drop else end except exists from full group having if in inner insert intersect into is join key left like limit not null offset on or order outer over partition primary references replace right select set table temporary then timestamp union unique update using values view when where window with'.split(
    ' ',
  );
const program =
  'and as async await begin break case catch class const continue def del do elif else end except false finally for from func function if impl import in interface is lambda let match module new nil none not null or package pass private public raise return self static struct switch then this throw true try type use var void while with yield'.split(
    ' ',
  );
const words = { sql: new Set(sql), program: new Set(program), data: new Set(['true', 'false', 'null', 'yes', 'no']) };
type Language = keyof typeof words;

const endings: Record<string, Language> = { sql: 'sql', yaml: 'data', yml: 'data', json: 'data', toml: 'data', ipynb: 'data' };

export function languageOf(path: string): Language {
  return endings[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'program';
}

const comments: Record<Language, RegExp> = {
  sql: /^(--[^\n]*|\/\*[\s\S]*?(\*\/|$))/,
  program: /^(#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(\*\/|$))/,
  data: /^#[^\n]*/,
};
const rules: readonly [Piece[0], RegExp][] = [
  ['string', /^("(\\.|[^"\\])*("|$)|'(\\.|''|[^'\\])*('|$))/],
  ['number', /^\d+(\.\d+)?\b/],
  ['keyword', /^[A-Za-z_]\w*/],
  ['', /^\s+/],
];

/** One line. Whatever the rules cannot read stays plain. */
export function highlight(line: string, language: Language): Piece[] {
  const pieces: [Piece[0], string][] = [];
  const put = (kind: Piece[0], text: string) => {
    const last = pieces.at(-1);
    if (last && last[0] === kind) last[1] += text;
    else pieces.push([kind, text]);
  };
  let rest = line.slice(0, 2000);
  put('', '');
  while (rest !== '') {
    const comment = comments[language].exec(rest)?.[0];
    if (comment) {
      put('comment', comment);
      rest = rest.slice(comment.length);
      continue;
    }
    const rule = rules.map(([kind, pattern]) => [kind, pattern.exec(rest)?.[0]] as const).find(([, text]) => text);
    const [kind, text] = rule ?? ['' as const, undefined];
    const taken = text ?? rest[0]!;
    const isWord = kind === 'keyword' && !words[language].has(taken.toLowerCase());
    put(isWord ? '' : kind, taken);
    rest = rest.slice(taken.length);
  }
  if (line.length > 2000) put('', line.slice(2000));
  return pieces.filter(([, text]) => text !== '');
}
