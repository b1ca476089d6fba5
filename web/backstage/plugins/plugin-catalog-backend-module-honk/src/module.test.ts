import { mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { checkMigration } from 'backstage-plugin-honk-common';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { policyOf, startBackstage } from '../../../test-support/backend';
import { Honk, until } from '../../../test-support/honk';

const ADA = 'user:default/ada';
const json = { 'Content-Type': 'application/json' };
const migration = (spec: unknown, name = 'a-move') => ({ apiVersion: 'honk/v1', kind: 'Migration', metadata: { name }, spec });

describe('a migration', () => {
  it('says what it lacks, in a sentence each', () => {
    const good = { owner: 'identity', source_dataset: 'users-v1', target_dataset: 'users-v2' };
    assert.deepEqual(checkMigration(migration(good)), []);
    assert.deepEqual(checkMigration(migration({ owner: 'x', dependsOn: ['component:default/a', 'component:default/b'] })), []);
    for (const [spec, words] of [
      [undefined, /needs a 'spec'/],
      [[], /needs a 'spec'/],
      [{ ...good, owner: undefined }, /'spec.owner' is missing/],
      [{ ...good, target_dataset: undefined }, /expected 'spec.source_dataset' and/],
      [{ ...good, mapping_file: 3 }, /'spec.mapping_file' is no text/],
      [{ owner: 'x', dependsOn: 'users-v1' }, /is no list of refs/],
      [{ owner: 'x', dependsOn: ['one'] }, /expected 'spec.source_dataset' and/],
    ] as const)
      assert.match(checkMigration(migration(spec)).join('; '), words);
  });
});

describe('the catalog', () => {
  let honk: Honk;
  let backstage: Awaited<ReturnType<typeof startBackstage>>;

  before(async () => {
    honk = await new Honk().start();
    honk.honk('apply', '-f', 'migrations/streams.yaml');
    honk.honk(
      ...['apply', '-f', 'migrations/template.yaml', '--set', 'name=users-v2-move', '--set', 'owner=identity', '--set', 'source_dataset=users-v1'],
      ...['--set', 'target_dataset=users-v2', '--set', 'mapping_file=mappings/users.yaml', '--set', 'fleet_group=listening'],
    );
    honk.honk('plan', 'users-v2-move');
    const file = join(honk.folder, 'streams-move.json');
    writeFileSync(file, JSON.stringify(migration({ owner: 'playback', source_dataset: 'streams-v1', target_dataset: 'streams-v2' }, 'streams-move')));
    honk.honk('apply', '-f', file);
    backstage = await startBackstage(honk, [
      import('@backstage/plugin-catalog-backend'),
      import('../../plugin-honk-backend/src'),
      import('./index'),
      mockServices.scheduler.factory({ includeInitialDelayedTasksOnStartup: true }),
      mockServices.database.factory(),
      policyOf({}),
    ]);
  });
  after(async () => {
    await backstage?.stop();
    await honk?.remove();
  });

  const entity = async (kind: string, name: string): Promise<Entity | undefined> => {
    const answer = await backstage.call(ADA, `/api/catalog/entities/by-name/${kind}/default/${name}`);
    return answer.ok ? ((await answer.json()) as Entity) : undefined;
  };
  const related = (one: Entity | undefined, type: string) => (one?.relations ?? []).filter(relation => relation.type === type).map(relation => relation.targetRef).sort();

  it('gets datasets, consumers and migrations from Honk', async () => {
    const users = await until(async () => {
      const one = await entity('resource', 'users-v1');
      return one && related(one, 'dependencyOf').length > 5 ? one : undefined;
    });
    assert.equal(users.metadata.annotations?.['honk/dataset-url'], 'listening:users_v1');
    assert.equal(users.metadata.annotations?.['backstage.io/managed-by-location'], 'honk:resource:default/users-v1');
    const move = await until(() => entity('component', 'users-v2-move'));
    assert.deepEqual(related(move, 'ownedBy'), ['group:default/identity']);
  });

  it('knows who reads a dataset also where only the code tells it', async () => {
    const one = await until(async () => {
      const found = await entity('component', 'fraud-watch');
      return related(found, 'dependsOn').length > 0 ? found : undefined;
    });
    assert.deepEqual(related(one, 'dependsOn'), ['resource:default/users-v1']);
  });

  it('holds nothing that changes while a migration runs', async () => {
    const text = JSON.stringify(await entity('component', 'users-v2-move'));
    assert.doesNotMatch(text, /planned|approved|running|digest|m-01/);
  });

  const check = async (one: object) => {
    const answer = await backstage.call(ADA, '/api/catalog/validate-entity', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ location: 'url:https://listening.example/x.yaml', entity: one }),
    });
    return { status: answer.status, text: await answer.text() };
  };

  it('takes the kind Migration, and says what is wrong with one', async () => {
    const good = await check(migration({ owner: 'identity', source_dataset: 'users-v1', target_dataset: 'users-v2' }));
    assert.equal(good.status, 200, good.text);
    const bad = await check(migration({ owner: 'identity', source_dataset: 'users-v1' }));
    assert.equal(bad.status, 400);
    assert.match(bad.text, /migration 'a-move': expected 'spec.source_dataset' and 'spec.target_dataset'/);
    assert.equal((await check({ ...migration({}), apiVersion: 'honk/v9' })).status, 400);
  });

  it('relates a migration to its owner and both datasets', async () => {
    const move = await until(() => entity('migration', 'streams-move'));
    assert.deepEqual(related(move, 'ownedBy'), ['group:default/playback']);
    assert.deepEqual(related(move, 'dependsOn'), ['resource:default/streams-v1', 'resource:default/streams-v2']);
  });
});
