import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { policyOf, startBackstage } from '../../../test-support/backend';
import { Honk, until } from '../../../test-support/honk';
import { findOperation, operations } from './operations';

const ADA = 'user:default/ada';
const BO = 'user:default/bo';
const EVE = 'user:default/eve';
const MALLORY = 'user:default/mallory';
const json = { 'Content-Type': 'application/json' };

describe('what is passed on', () => {
  const document = parse(readFileSync(new URL('../../../../../api/openapi.yaml', import.meta.url), 'utf8')) as {
    paths: Record<string, Record<string, { 'x-role'?: string }>>;
  };
  const known = Object.entries(document.paths).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'delete'].filter(method => item[method]).map(method => ({ method: method.toUpperCase(), path, role: item[method]!['x-role']! })),
  );

  it('is the contract, less what a portal has no business with', () => {
    const apart = /^\/(tokens|session|tasks\/(lease|\{id\}\/(heartbeat|intent|report))|assets|healthz|readyz|metrics|webhooks)|^\/$/;
    const wanted = known.filter(({ method, path }) => !apart.test(path) && !(method === 'POST' && path === '/blobs'));
    const name = (one: { method: string; path: string }) => `${one.method} ${one.path}`;
    assert.deepEqual(operations.map(name).sort(), wanted.map(name).sort());
  });

  it('takes the permission that goes with the role', () => {
    const fitting: Record<string, string[]> = { viewer: ['read'], author: ['create'], approver: ['approve'], operator: ['operate', 'rollback'] };
    for (const { method, path, permission } of operations) {
      const role = known.find(one => one.method === method && one.path === path)!.role;
      const allowed = method === 'POST' && path === '/rollouts' ? ['operate'] : fitting[role]!;
      assert.ok(allowed.includes(permission.name.replace('honk.migration.', '')), `${method} ${path}: ${permission.name} for ${role}`);
    }
  });

  it('is found by the path as it was sent', () => {
    assert.equal(findOperation('GET', '/migrations/component:default%2Fusers-v2')?.path, '/migrations/{id}');
    assert.equal(findOperation('HEAD', '/events')?.method, 'GET');
    for (const path of ['/tokens', '/migrations/a/b/c', '/session', '/', '//migrations', '/tasks/lease'])
      assert.equal(findOperation('POST', path), undefined, path);
  });
});

describe('the proxy', () => {
  let honk: Honk;
  let backstage: Awaited<ReturnType<typeof startBackstage>>;

  before(async () => {
    honk = await new Honk().start();
    const denied = { [ADA]: ['honk.migration.approve', 'honk.migration.operate', 'honk.migration.rollback'], [EVE]: ['honk.migration.read'], [MALLORY]: ['honk.migration.rollback'] };
    backstage = await startBackstage(honk, [import('./index'), policyOf(denied)], { anonymousAuthor: ADA });
  });
  after(async () => {
    await backstage?.stop();
    await honk?.remove();
  });

  const read = async (who: string | undefined, path: string) => {
    const answer = await backstage.call(who, `/api/honk${path}`);
    assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
    return answer.json() as Promise<any>;
  };
  const say = (who: string | undefined, path: string, body: object = {}) =>
    backstage.call(who, `/api/honk${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });

  it('speaks under the name of the user, with the roles that Honk gives that name', async () => {
    const who = await read(ADA, '/whoami');
    assert.equal(who.identity, ADA);
    assert.deepEqual(who.roles.sort(), ['author', 'viewer'], 'Backstage denies her all that an operator may');
    assert.deepEqual((await read(BO, '/whoami')).roles.sort(), ['approver', 'operator', 'viewer']);
  });

  it('lets nobody in who is not known to Backstage', async () => {
    assert.equal((await backstage.call(undefined, '/api/honk/migrations')).status, 401);
    const forged = await backstage.call(undefined, '/api/honk/whoami', { headers: { 'Honk-As': BO } });
    assert.equal(forged.status, 401);
  });

  it('takes no name from the browser', async () => {
    const answer = await backstage.call(ADA, '/api/honk/whoami', { headers: { 'Honk-As': BO, Cookie: 'honk_7420=x' } });
    assert.equal(((await answer.json()) as any).identity, ADA);
  });

  it('asks Backstage for the permission first, and says which one is missing', async () => {
    const answer = await backstage.call(EVE, '/api/honk/migrations');
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/problem+json');
    const problem = (await answer.json()) as any;
    assert.match(problem.detail, /'honk.migration.read' is denied to 'user:default\/eve'/);
    assert.equal((await say(MALLORY, '/migrations/users-v2/rollback')).status, 403);
  });

  it('passes nothing on that makes tokens, and none of its own comes back', async () => {
    for (const path of ['/tokens', '/session', '/tasks/lease', '/metrics']) assert.equal((await say(BO, path)).status, 404, path);
    const answer = await backstage.call(ADA, '/api/honk/whoami');
    assert.equal(answer.headers.get('set-cookie'), null);
    assert.doesNotMatch(JSON.stringify([...answer.headers]) + (await answer.text()), /honk_[0-9a-f]{40}/);
  });

  it('leaves a plan approved by the user of Backstage, and records through whom', async () => {
    honk.honk('apply', '-f', 'migrations/streams.yaml');
    const planned = await say(ADA, '/agents/migrate', { entityRef: 'component:default/streams-v2' });
    assert.equal(planned.status, 201, await planned.clone().text());
    const { id } = (await planned.json()) as { id: string };
    const plan = await until(async () => {
      const now = await read(ADA, `/migrations/${id}`);
      return now.state === 'draft' ? undefined : now;
    });
    assert.equal(plan.state, 'planned', plan.reason);
    assert.equal(plan.author, ADA);
    assert.equal((await say(ADA, `/migrations/${id}/approve`, { digest: plan.digest })).status, 403, 'Backstage denies it to ada');
    const approved = await say(BO, `/migrations/${id}/approve`, { digest: plan.digest, reason: 'read it' });
    assert.equal(approved.status, 200, await approved.clone().text());
    const [forAda, forBo, forMallory] = await Promise.all([ADA, BO, MALLORY].map(async who => (await read(who, `/migrations/${id}`)).allowed_actions));
    assert.deepEqual(forBo.start, { allowed: true });
    assert.deepEqual(forAda.start, { allowed: false, why: "your Backstage permissions do not allow it: 'honk.migration.operate' is denied to you" });
    assert.equal(forAda.cancel.allowed, true);
    assert.doesNotMatch(forMallory.start.why, /Backstage/, 'Honk’s own refusals stay as they are');
    const [approval] = (await read(ADA, `/migrations/${id}`)).approvals;
    assert.ok(Object.values(approval).includes(BO), JSON.stringify(approval));
    const acted = (await read(ADA, '/events?type=access.acted')).items as any[];
    assert.ok(acted.some(event => event.actor === BO && event.data.via === 'service:default/backstage' && event.plan === id));
  });

  it('passes the event stream on as it comes, and it goes on after the last number', async () => {
    const last = (await read(ADA, '/events?last=1')).items.at(-1).seq as number;
    const first = await stream(backstage, last);
    const put = await backstage.call(BO, '/api/honk/limits', { method: 'PUT', headers: json, body: JSON.stringify({ resource: 'store:listening', count: 3 }) });
    assert.equal(put.status, 200, await put.text());
    const [, seen] = await first.next(/id: (\d+)\nevent: limit.changed\n/);
    first.end();
    const again = await stream(backstage, Number(seen) - 1);
    await again.next(new RegExp(`id: ${seen}\\nevent: limit.changed\\n`));
    again.end();
  });

  it('carries the call of the tutorial, as printed but for its corrections', async () => {
    const honkUrl = `${backstage.address}/api/honk`;
    const response = await fetch(`${honkUrl}/agents/migrate`, {
      method: 'POST',
      body: JSON.stringify({ entityRef: 'component:default/streams-v2', source: 'streams-v1', target: 'streams-v2' }),
    });
    const { id } = (await response.json()) as { id: string };
    assert.equal(response.status, 201);
    assert.equal((await read(ADA, `/migrations/${id}`)).author, ADA);
  });

  it('says in Honk’s form that Honk is not there, and goes on when it is back', async () => {
    await honk.stop();
    const answer = await backstage.call(ADA, '/api/honk/migrations');
    assert.equal(answer.status, 502);
    const problem = (await answer.json()) as any;
    assert.deepEqual([problem.code, problem.then], ['transient', 'retry']);
    await honk.start();
    assert.ok((await read(ADA, '/migrations')).items.length > 0);
  });
});

async function stream(backstage: Awaited<ReturnType<typeof startBackstage>>, after: number) {
  const abort = new AbortController();
  const answer = await backstage.call(ADA, '/api/honk/events', {
    headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(after), 'Accept-Encoding': 'gzip' },
    signal: abort.signal,
  });
  assert.equal(answer.headers.get('content-type')?.split(';')[0], 'text/event-stream');
  assert.equal(answer.headers.get('content-encoding'), null);
  const decoder = new TextDecoder();
  const reader = answer.body!.getReader();
  let text = '';
  return {
    async next(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const match = pattern.exec(text);
        if (match) return match;
        const { value, done } = await reader.read();
        assert.ok(!done, text);
        text += decoder.decode(value, { stream: true });
      }
    },
    end: () => abort.abort(),
  };
}
