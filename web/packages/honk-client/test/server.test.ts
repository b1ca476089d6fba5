// @vitest-environment node
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventFollower, HonkClient, type Connection, type Event, type HonkError } from 'honk-client';
import { HonkServer, hasHonk, until } from '../../../test/honk';

describe.skipIf(!hasHonk)('against a real server', () => {
  let server: HonkServer;
  let ada: HonkClient;
  let bo: HonkClient;
  const clientOf = (name: string) => new HonkClient({ baseUrl: server.url, headers: { Authorization: `Bearer ${server.token(name)}` } });

  beforeAll(async () => {
    server = new HonkServer();
    await server.start();
    ada = clientOf('ada');
    bo = clientOf('bo');
  });
  afterAll(() => server.remove());

  it('a migration is planned, not approved by its author, approved by another, started and taken back', async () => {
    const made = await ada.post('/migrations', { body: { entity: 'orders' } });
    const path = { id: made.id };
    const planned = await until(async () => {
      const now = await ada.get('/migrations/{id}', { path });
      return now.state === 'planned' ? now : undefined;
    });
    const refused = await ada.post('/migrations/{id}/approve', { path, body: { digest: planned.digest! } }).catch((error: HonkError) => error);
    expect(refused).toMatchObject({ status: 403, code: 'forbidden', then: 'ask' });
    expect(await bo.post('/migrations/{id}/approve', { path, body: { digest: planned.digest! } })).toMatchObject({ state: 'approved' });
    await ada.post('/migrations/{id}/start', { path });
    await until(async () => (await ada.get('/migrations/{id}', { path })).state === 'succeeded');
    await ada.post('/migrations/{id}/rollback', { path, body: { reason: 'a test' } });
    await until(async () => (await ada.get('/migrations/{id}', { path })).state === 'rolled_back');
    expect((await ada.blob(planned.digest!)).startsWith('{')).toBe(true);
  });

  it('a stream goes on after the last number when it is cut and when the server starts again', async () => {
    const seen: Event[] = [];
    const states: string[] = [];
    const gaps: number[] = [];
    const follower = new EventFollower(ada, {
      after: 0,
      backoff: { first: 20, longest: 200 },
      onEvents: events => seen.push(...events),
      onConnection: (connection: Connection) => states.push(connection.state),
      onGap: from => gaps.push(from),
    }).start();
    await until(() => seen.length > 10);

    follower.sleep();
    await bo.post('/migrations', { body: { entity: 'orders' } });
    const asleep = seen.length;
    follower.wake();
    await until(() => seen.length > asleep);

    await server.stop('SIGKILL');
    await until(() => states.includes('waiting'));
    await server.start();
    const last = await until(async () => (await ada.get('/readyz').catch(() => undefined))?.seq);
    await until(() => (follower.last ?? 0) >= last);
    follower.stop();
    expect(seen.map(event => event.seq)).toEqual(seen.map((_, i) => i + 1));
    expect(gaps).toEqual([]);
    expect(seen.filter(event => event.type === 'server.started')).toHaveLength(2);
  });

  it('a stream that nobody may read is given up, and says why', async () => {
    const states: Connection[] = [];
    const stranger = new HonkClient({ baseUrl: server.url, headers: { Authorization: 'Bearer honk_no' } });
    new EventFollower(stranger, { after: 0, onEvents: () => undefined, onConnection: state => states.push(state) }).start();
    const refused = await until(() => states.find(state => state.state === 'refused'));
    expect(refused).toMatchObject({ error: { status: 401 } });
  });

  it('the same wish under the same key is one wish', async () => {
    const call = () => ada.post('/migrations', { body: { entity: 'orders' }, idempotencyKey: 'k-1' });
    const [first, second] = [await call(), await call()];
    expect(second.id).toBe(first.id);
  });
});
