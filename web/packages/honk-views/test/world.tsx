import { HonkClient, type Who } from 'honk-client';
import { render } from '@testing-library/react';
import { HonkProvider, HonkScreen, pathRoute, routePath, type Route } from '../src';

/** What looks like an attack and is a name: it must be read, and never run, loaded or obeyed. */
export const hostile = `<img src=x onerror="window.hacked=1">"'\`\${7*7}{{7*7}}\u202e</script><script>window.hacked=1</script>`;

type Answers = Record<string, unknown>;

/** Answers by path, without its query; whatever is missing is not found. Streams stay open and silent. */
export function answering(answers: Answers): { client: HonkClient; calls: { method: string; path: string; body: unknown }[] } {
  const calls: { method: string; path: string; body: unknown }[] = [];
  const client = new HonkClient({
    fetch: async (input, init) => {
      const path = decodeURIComponent(String(input).split('?')[0]!);
      const headers = init?.headers as Record<string, string>;
      if (headers.Accept === 'text/event-stream') return new Response(new ReadableStream(), { status: 200 });
      calls.push({ method: init?.method ?? 'GET', path, body: init?.body ? JSON.parse(String(init.body)) : undefined });
      const answer = await (answers[`${init?.method} ${path}`] ?? answers[path]); /* a promise keeps one waiting */
      if (typeof answer === 'string') return new Response(answer);
      if (answer instanceof Response) return answer.clone();
      if (answer !== undefined) return Response.json(answer);
      return Response.json({ type: 'urn:honk:problem:not_found', title: 'x', status: 404, detail: `there is nothing at ${path}`, code: 'not_found', then: 'give_up' }, { status: 404 });
    },
  });
  return { client, calls };
}

export const bo: Who = { identity: 'user:default/bo', roles: ['viewer', 'approver', 'operator'] };

export function show(path: string, answers: Answers, who: Who = bo) {
  const { client, calls } = answering({ '/events': { items: [], next: null, seq: 0 }, '/campaigns': { items: [], next: null }, ...answers });
  const went: Route[] = [];
  const view = render(
    <div className="honk">
      <HonkProvider client={client} who={who} href={route => `#${routePath(route)}`} go={route => went.push(route)}>
        <main>
          <HonkScreen route={pathRoute(path)} />
        </main>
      </HonkProvider>
    </div>,
  );
  return { ...view, calls, went };
}

export const row = (more: object = {}) => ({
  id: 'm-1',
  migration: 'component:default/users-v2',
  name: 'p',
  state: 'planned',
  since_ms: 1_795_658_822_765,
  reason: 'inputs frozen',
  actor: 'honk',
  author: 'user:default/ada',
  digest: `sha256:${'d'.repeat(64)}`,
  source_url: 'listening:users_v1',
  target_url: 'listening:users_v2',
  has_effects: false,
  held: false,
  created_at_ms: 1_795_658_814_897,
  ...more,
});

const step = { action: 'stage', tasks: { done: 1 }, progress: { done: 0, total: 0, rate: 0 }, phase: 'forward', status: 'done', started_at_ms: 1, text: 'make the table', reverse_text: 'drop the table' };

export const migration = (more: object = {}) => ({
  ...row(),
  next: { text: 'waits until somebody approves the digest, or rejects it', role: 'approver', who: 'user:default/bo' },
  steps: [{ ...step, name: 'stage', status: 'blocked', started_at_ms: undefined }],
  quarantine: { rows: 0, tasks: 0 },
  approvals: [],
  quorum: { needed: 1, given: 0, self_approval: false },
  allowed_actions: { approve: { allowed: true }, reject: { allowed: true }, start: { allowed: false, why: "not from 'planned'" }, rollback: { allowed: false, why: 'it has had no effect' } },
  seq: 1,
  ...more,
});

/** A consumer as the list over all migrations has it. */
export const line = (more: object = {}) => ({
  plan: 'm-1', migration: 'component:default/users-v2', state: 'running', stand: 'person', why: '1 place is left to people', since_ms: 1_795_658_822_765,
  consumer: 'component:default/charts', owner: 'group:default/playback', access: ['reads'], repository: 'code:charts', rewritten: 1, left: 1,
  reasons: [{ path: 'a.sql', line: 1, code: 'star', text: 'name the columns' }],
  ...more,
});

const none = { done: 0, person: 0, open: 0, over: 0 };
export const summary = (owners: Record<string, object>, more: object = {}) => ({ ...none, owners: Object.entries(owners).map(([owner, counts]) => ({ owner, ...none, ...counts })), burndown: [], ...more });

const sites = { all: 59, by_rules: 50, by_agent: 4, left: 5, already: 0, unaffected: 0, open: 0, taken_back: 0 };
/** What became of a dozen consumers. */
export const numbers = {
  consumers: 12,
  ends: { no_code: 0, unaffected: 0, by_rules: 9, by_agent: 0, refused: 3, left_out: 0, taken_back: 0, open: 0 },
  sites,
  verified: { rules: 9, queries: 7, checks: 5, builds: 6 },
  pulls: { opened: 4, open: 1, merged_untouched: 2, merged_repaired: 0, closed: 1, reverted: 0 },
  agent: { consumers: 2, done: 1, rounds: 3, tokens: 1200, cost_micro_usd: 50_000, ms: 4000 },
  owners: [],
  languages: [{ language: 'sql', sites }],
};

export const ran = (more: object = {}) =>
  migration({
    state: 'running',
    has_effects: true,
    started_at_ms: 1,
    steps: [
      { ...step, name: 'freeze', text: 'stop writes', reverse_text: 'let writers again' },
      { ...step, name: 'stage' },
      { ...step, name: 'validate', reverse_text: 'nothing to undo' },
      { ...step, name: 'later', status: 'blocked', started_at_ms: undefined, reverse_text: 'never' },
    ],
    allowed_actions: { rollback: { allowed: true }, pause: { allowed: true }, approve: { allowed: false, why: "not from 'running'" } },
    ...more,
  });

export const plan = (more: object = {}) => ({
  id: 'm-1',
  digest: `sha256:${'d'.repeat(64)}`,
  plan: {
    name: 'p', migration: 'component:default/users-v2', author: 'user:default/ada', owner: 'group:default/identity', strategy: 'schema-transform', agent: 'honk-migration-agent',
    steps: [
      { name: 'stage', action: 'stage', text: 'make the table', after: [], uses: [], irreversible: false, reverse: { action: 'drop', text: 'drop the table' } },
      { name: 'retire', action: 'retire', text: 'drop the old one', after: [], uses: [], irreversible: true, reverse: { action: null, text: 'none' } },
    ],
    guards: {}, consumers: [{ ref: 'component:default/charts', owner: 'group:default/playback', access: 'reads', direct: true }],
    changes: [
      { consumer: 'component:default/charts', owner: 'group:default/playback', repository: 'code:charts', deploy: 'merge', found_by: 'lineage', blobs: {}, counts: { rewritten: 1, already: 0, unaffected: 0, needs_person: 1, unparsable: 0 }, classes: ['id -> user_id'], reasons: [{ path: 'a.sql', line: 1, code: 'star', text: 'name the columns' }], diff: `sha256:${'b'.repeat(64)}` },
    ],
    irreversible: ['retire'], risks: ['the rows in it are replaced'],
    ...more,
  },
  observations: { source_rows: 20000, rollback_ms: 1000 },
});
