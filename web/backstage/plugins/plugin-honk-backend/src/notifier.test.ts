import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { mockServices } from '@backstage/backend-test-utils';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PORTAL } from '../../../test-support/backend';
import { Honk, until } from '../../../test-support/honk';
import { Notifier } from './notifier';

/* What Ada asks for. */
const wanted = { name: 'users-v2', owner: 'identity', source_dataset: 'users-v1', target_dataset: 'users-v2', mapping_file: 'mappings/users.yaml', fleet_group: 'listening' };
const usersV2 = Object.entries(wanted).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

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

  it('tell its owner that it halted and why, that it has moved, and that it was rolled back', async () => {
    const status = () => JSON.parse(honk.honk('status', 'users-v2', '--json')) as { id: string; state: string; digest: string };
    const reaches = (state: string) => until(() => status().state === state);
    const told = async () => {
      const before = sent.length;
      await notifier.look();
      return sent.slice(before).map(({ recipients, payload }) => ({ to: (recipients as { entityRef: string[] }).entityRef, ...payload }));
    };
    const say = (...words: string[]) => honk.honk(words[0]!, 'users-v2', ...words.slice(1), '--as', 'bo');
    honk.honk('apply', '-f', 'migrations/template.yaml', ...usersV2);
    honk.honk('plan', 'users-v2', '--as', 'ada');
    await told();
    const common = { to: ['group:default/identity'], link: `/honk/migrations/${status().id}`, topic: 'honk', scope: `honk:${status().id}` };

    say('approve', status().digest.slice(7, 15));
    say('throttle', '--rows-per-second', '40');
    say('start');
    await reaches('running');
    say('halt', '--reason', 'the shop is full');
    await reaches('halted');
    const [halted, ...others] = await told();
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(halted, { ...common, title: 'users-v2 halted', severity: 'high' });
    assert.match(halted!.description!, /the shop is full; .*resumes it/);

    say('throttle', '--off');
    say('resume', '--reason', 'the shop is empty');
    await reaches('succeeded');
    assert.partialDeepStrictEqual(await told(), [{ ...common, title: 'users-v2 has moved', severity: 'low' }]);

    say('rollback', '--reason', 'the wrong week');
    await reaches('rolled_back');
    assert.partialDeepStrictEqual(await told(), [{ ...common, title: 'users-v2 was rolled back', severity: 'normal' }]);
  });
});
