import { describe, expect, it } from 'vitest';
import type { PlanDocument } from 'honk-client';
import { changedSpan, parseDiff } from '../src/diff';
import { ago, duration, person, shortRef } from '../src/format';
import { highlight, languageOf } from '../src/highlight';
import { layout } from '../src/lineage/layout';
import { planChanges } from '../src/plan-changes';
import { pathRoute, routePath, type Route } from '../src/routes';
import { eventsAsCsv, isByPerson } from '../src/screens/ledger';

describe('a diff', () => {
  const text = ['--- a/x.sql', '+++ b/x.sql', '@@ -1,3 +1,3 @@', ' SELECT a', '-FROM old', '+FROM new', ' WHERE 1', '--- a/y.sql', '+++ b/y.sql', '@@ -7 +7,2 @@ here', '-one', '+uno', '+due'].join('\n');

  it('is read into pairs of lines with their numbers', () => {
    const [x, y] = parseDiff(text);
    expect(x).toMatchObject({ path: 'x.sql', added: 1, removed: 1 });
    expect(x!.hunks[0]!.rows.map(row => [row.left?.number, row.right?.number, row.isChange])).toEqual([
      [1, 1, false],
      [2, 2, true],
      [3, 3, false],
    ]);
    expect(y!.hunks[0]!.rows).toEqual([
      { left: { number: 7, text: 'one' }, right: { number: 7, text: 'uno' }, isChange: true },
      { left: undefined, right: { number: 8, text: 'due' }, isChange: true },
    ]);
  });

  it('does not take a removed comment of SQL for a heading', () => {
    const [file] = parseDiff(['--- a/x.sql', '+++ b/x.sql', '@@ -1,2 +1 @@', '--- gone', ' SELECT 1'].join('\n'));
    expect(file).toMatchObject({ removed: 1, added: 0 });
    expect(file!.hunks[0]!.rows[0]!.left!.text).toBe('-- gone');
  });

  it('of nothing is nothing', () => {
    expect(parseDiff('')).toEqual([]);
  });

  it('marks what differs between two lines, and no more', () => {
    const [left, right] = ['FROM users_v1 u', 'FROM users_v2 u'];
    const { from, leftTo, rightTo } = changedSpan(left, right);
    expect([left.slice(from, leftTo), right.slice(from, rightTo)]).toEqual(['1', '2']);
    expect(changedSpan('aa', 'aaa')).toEqual({ from: 2, leftTo: 2, rightTo: 3 });
  });
});

describe('highlighting', () => {
  it('loses and adds nothing, whatever the line', () => {
    for (const line of ["SELECT 'it''s' -- why\t", '<script>alert(1)</script>', "x = f\"{y}\" # ', \"", '"never closed', '', '\u202e\u0000é😀', 'a'.repeat(5000)])
      for (const path of ['a.sql', 'a.py', 'a.yaml', 'a'])
        expect(highlight(line, languageOf(path)).map(([, text]) => text).join('')).toBe(line);
  });
  it('tells words of a language from names', () => {
    expect(highlight('select id from t', 'sql').filter(([kind]) => kind === 'keyword').map(([, text]) => text)).toEqual(['select', 'from']);
  });
});

describe('the layout of a graph', () => {
  const nodes = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `n${i}`, height: 46 }));
  const noOverlap = (placed: { x: number; y: number }[]) => {
    const columns = new Map<number, number[]>();
    for (const { x, y } of placed) columns.set(x, [...(columns.get(x) ?? []), y]);
    return [...columns.values()].every(ys => ys.sort((a, b) => a - b).every((y, i) => i === 0 || y - ys[i - 1]! >= 46));
  };

  it('puts whoever is fed to the right of who feeds, and nothing on top of another', () => {
    const edges = [
      { from: 'n0', to: 'n1' },
      { from: 'n0', to: 'n2' },
      { from: 'n1', to: 'n3' },
      { from: 'n2', to: 'n3' },
    ];
    const laid = layout({ nodes: nodes(5), edges });
    const x = new Map(laid.nodes.map(node => [node.id, node.x]));
    for (const { from, to } of edges) expect(x.get(from)!).toBeLessThan(x.get(to)!);
    expect(noOverlap(laid.nodes)).toBe(true);
  });

  it('survives circles, edges to itself, doubles and names that nobody has', () => {
    const edges = [
      { from: 'n0', to: 'n1' },
      { from: 'n1', to: 'n0' },
      { from: 'n1', to: 'n1' },
      { from: 'n0', to: 'n1' },
      { from: 'n0', to: 'nobody' },
    ];
    const laid = layout({ nodes: nodes(2), edges });
    expect(laid.nodes.every(node => Number.isFinite(node.x) && Number.isFinite(node.y))).toBe(true);
    expect(layout({ nodes: [], edges: [] }).nodes).toEqual([]);
  });

  it('takes five thousand nodes in a moment', () => {
    const many = nodes(5000);
    const edges = many.slice(1).flatMap((_, i) => [
      { from: `n${Math.floor(i / 4)}`, to: `n${i + 1}` },
      { from: `n${Math.floor(i / 7)}`, to: `n${i + 1}` },
    ]);
    const begin = performance.now();
    const laid = layout({ nodes: many, edges });
    expect(performance.now() - begin).toBeLessThan(10_000) /* a third of a second on a machine that has time */;
    expect(noOverlap(laid.nodes)).toBe(true);
  });
});

describe('addresses of screens', () => {
  const routes: Route[] = [
    { screen: 'overview' },
    { screen: 'migration', id: 'component:default/users-v2', tab: 'review' },
    { screen: 'migration', id: 'm-1', tab: 'run' },
    { screen: 'rollout', id: 'm-1.a/b%' },
    { screen: 'lineage', ref: 'resource:default/x' },
    { screen: 'lineage' },
    { screen: 'ledger' },
    { screen: 'campaign', id: 'spring' },
  ];
  it('lead back to their screens', () => {
    for (const route of routes) expect(pathRoute(routePath(route))).toEqual(route);
  });
  it('that nobody made lead to the overview', () => {
    for (const path of ['', '/', '/nowhere', '/migrations', '/%zz']) expect(pathRoute(path)).toEqual({ screen: 'overview' });
  });
});

describe('words', () => {
  it('are those of the command line', () => {
    expect([830, 6500, 65_000, 3_700_000, 90_000_000].map(duration)).toEqual(['830 ms', '6.5 s', '1 m 5 s', '1 h 1 m', '1 d 1 h']);
    expect([person('user:default/ada'), person('honk'), shortRef('resource:other/x')]).toEqual(['Ada', 'Honk', 'other/x']);
    expect(ago(125_000)).toBe('2 min ago');
  });
});

describe('the ledger', () => {
  it('tells people from local workers, who come through the same socket', () => {
    const by = (actor: string, type: string) => isByPerson({ seq: 1, at_ms: 0, type, actor });
    expect([by('user:default/bo', 'task.signal'), by('local', 'plan.state'), by('local', 'task.signal'), by('uid:1000', 'plan.approval')]).toEqual([true, true, true, true]);
    expect([by('local', 'task.status'), by('local', 'task.evidence'), by('honk', 'plan.state'), by('worker:w-1', 'task.status')]).toEqual([false, false, false, false]);
  });
});

describe('the export of the ledger', () => {
  it('is a table whatever people wrote, and no formula of theirs', () => {
    const csv = eventsAsCsv([{ seq: 1, at_ms: 0, type: 'plan.state', reason: '=HYPERLINK("http://x")', actor: 'a,"b"\nc' }]);
    expect(csv).toContain('"\'=HYPERLINK(""http://x"")"');
    expect(csv).toContain('"a,""b""\nc"');
  });
});

describe('what changed since the plan before', () => {
  const plan = (more: Partial<PlanDocument>): PlanDocument => ({
    name: 'p', migration: 'm', author: 'user:default/ada', owner: '', strategy: 's', agent: 'a', steps: [], guards: {}, consumers: [], irreversible: [], risks: [], ...more,
  });
  it('is told by name: columns, steps, consumers, code and risks', () => {
    const mapping = (rule: string) => ({ path: 'm.yaml', digest: 'd', text: '', columns: [{ target: 'id', rule, place: 'source', why: '' }] });
    const lines = planChanges(plan({ mapping: mapping('from id'), risks: ['old'] }), plan({ mapping: mapping('from key'), consumers: [{ ref: 'component:default/x', owner: 'o', access: 'reads', direct: true }] }));
    expect(lines).toEqual([
      { what: 'column id', before: 'from id', after: 'from key' },
      { what: 'consumer x, reads', before: undefined, after: 'o' },
      { what: 'risk', before: 'old', after: undefined },
    ]);
  });
  it('is nothing between a plan and itself, and at least the guard when nothing else shows', () => {
    expect(planChanges(plan({}), plan({}))).toEqual([]);
    expect(planChanges(plan({ guards: { policy: 'a' } }), plan({ guards: { policy: 'b' } }))[0]!.what).toBe('the policy');
  });
});
