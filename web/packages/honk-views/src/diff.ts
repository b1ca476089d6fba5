/* A unified diff, read into pairs of lines: what was on the left, what will be on the right. */

export interface DiffSide {
  number: number;
  text: string;
}

/** Both sides: unchanged. One: added or removed. Two that differ: changed. */
export interface DiffRow {
  left?: DiffSide;
  right?: DiffSide;
  isChange: boolean;
}

export interface DiffHunk {
  heading: string;
  rows: DiffRow[];
}

export interface DiffFile {
  path: string;
  hunks: DiffHunk[];
  added: number;
  removed: number;
}

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/;

export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | undefined;
  let hunk: DiffHunk | undefined;
  let left = 0;
  let right = 0;
  let removed: DiffSide[] = [];
  let added: DiffSide[] = [];

  const pair = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) hunk?.rows.push({ left: removed[i], right: added[i], isChange: true });
    removed = [];
    added = [];
  };

  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const isHead = line.startsWith('--- ') && lines[at + 1]?.startsWith('+++ ');
    const found = HUNK.exec(line);
    if (isHead) {
      pair();
      const target = lines[at + 1]!.slice(4);
      const path = (target === '/dev/null' ? line.slice(4) : target).replace(/^[ab]\//, '');
      file = { path, hunks: [], added: 0, removed: 0 };
      files.push(file);
      hunk = undefined;
      at += 1;
    } else if (found && file) {
      pair();
      left = Number(found[1]);
      right = Number(found[2]);
      hunk = { heading: found[3] ?? '', rows: [] };
      file.hunks.push(hunk);
    } else if (hunk && file) {
      if (line.startsWith('-')) {
        if (added.length > 0) pair();
        removed.push({ number: left++, text: line.slice(1) });
        file.removed += 1;
      } else if (line.startsWith('+')) {
        added.push({ number: right++, text: line.slice(1) });
        file.added += 1;
      } else if (line.startsWith(' ')) {
        pair();
        hunk.rows.push({ left: { number: left++, text: line.slice(1) }, right: { number: right++, text: line.slice(1) }, isChange: false });
      }
    }
  }
  pair();
  return files;
}

/** Which part of two lines differs: from where, and how far to the end of each. */
export function changedSpan(left: string, right: string): { from: number; leftTo: number; rightTo: number } {
  let from = 0;
  const shorter = Math.min(left.length, right.length);
  while (from < shorter && left[from] === right[from]) from++;
  let tail = 0;
  while (tail < shorter - from && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail++;
  return { from, leftTo: left.length - tail, rightTo: right.length - tail };
}
