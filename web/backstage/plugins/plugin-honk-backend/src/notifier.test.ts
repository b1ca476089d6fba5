import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { mockServices } from '@backstage/backend-test-utils';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PORTAL } from '../../../test-support/backend';
import { Honk } from '../../../test-support/honk';
import { Notifier } from './notifier';

describe('notifications', () => {
  const sent: NotificationSendOptions[] = [];
  let seq: number | undefined;
  let honk: Honk;
  let notifier: Notifier;

  before(async () => {
    honk = await new Honk().start();
    notifier = new Notifier({
      config: { url: honk.url, token: honk.token(PORTAL), notifies: true },
      notifications: { send: async options => void sent.push(options) },
      position: { get: async () => seq, set: async next => void (seq = next) },
      logger: mockServices.logger.mock(),
    });
    honk.honk('apply', '-f', 'migrations/streams.yaml');
  });
  after(() => honk?.remove());

  it('begin with what happens from now on', async () => {
    await notifier.look();
    assert.deepEqual(sent, []);
    assert.ok(seq! > 0);
  });

  it('tell the owner, and who may approve, that a plan wants approval, once', async () => {
    honk.honk('plan', 'streams-v2', '--as', 'ada');
    await notifier.look();
    await notifier.look();
    assert.equal(sent.length, 1);
    const { recipients, payload } = sent[0]!;
    assert.deepEqual((recipients as { entityRef: string[] }).entityRef, ['group:default/playback', 'user:default/bo']);
    assert.equal(payload.title, 'streams-v2 wants approval');
    assert.match(payload.link!, /^\/honk\/migrations\/m-/);
  });

  it('tell what happened while nobody listened, but not what is over already', async () => {
    const again = () => honk.honk('plan', 'streams-v2', '--again', '--as', 'ada');
    again();
    honk.honk('cancel', 'streams-v2', '--as', 'ada');
    again();
    const { id } = JSON.parse(honk.honk('status', 'streams-v2', '--json')) as { id: string };
    await notifier.look();
    assert.deepEqual(sent.slice(1).map(one => one.payload.link), [`/honk/migrations/${id}`]);
  });
});
