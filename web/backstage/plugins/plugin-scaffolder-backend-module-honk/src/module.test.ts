import { coreServices, createBackendModule } from '@backstage/backend-plugin-api';
import { mockCredentials } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { createTemplateAction, scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { createMockActionContext } from '@backstage/plugin-scaffolder-node-test-utils';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { policyOf, startBackstage } from '../../../test-support/backend';
import { Honk, until } from '../../../test-support/honk';
import { createMigrateDatasetAction } from './migrate';
import { createReportAction } from './report';

const ADA = 'user:default/ada';
const BO = 'user:default/bo';
const EVE = 'user:default/eve';

const template = (name: string, steps: object[], output: object) => ({
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: { name, annotations: { 'backstage.io/managed-by-location': 'url:https://listening.example/template.yaml' } },
  spec: { type: 'honk', parameters: {}, steps, output },
});
const step = (id: string, action: string, input: object) => ({ id, name: id, action, input });
const wanted = {
  name: '${{ parameters.name }}',
  owner: 'identity',
  source_dataset: 'users-v1',
  target_dataset: 'users-v2',
  migration_strategy: 'schema-transform',
  mapping_file: 'mappings/users.yaml',
  fleet_group: 'listening',
};
const templates = [
  template(
    'move',
    [step('migrate', 'honk:migrate-dataset', { migration: wanted }), step('plan', 'honk:plan', { migrationId: '${{ steps.migrate.output.migrationId }}' })],
    { id: '${{ steps.migrate.output.migrationId }}', url: '${{ steps.migrate.output.url }}', digest: '${{ steps.plan.output.digest }}', state: '${{ steps.plan.output.state }}' },
  ),
  template('again', [step('plan', 'honk:plan', { migrationId: '${{ parameters.id }}', again: true })], { id: '${{ steps.plan.output.migrationId }}' }),
  template('approve', [step('approve', 'honk:approve', { migrationId: '${{ parameters.id }}', digest: '${{ parameters.digest }}', reason: 'read' })], {
    state: '${{ steps.approve.output.state }}',
  }),
  ...['honk:migrate-dataset', 'tutorial:migrate-dataset'].map(action =>
    template(action.replace(':', '-'), [step('migrate', action, { entityRef: '${{ parameters.ref }}', source: 'streams-v1', target: 'streams-v2' })], {
      id: '${{ steps.migrate.output.migrationId }}',
    }),
  ),
];

/* The tutorial's own action. Corrected: `await` before `response.json()`, the schema and discovery of today. */
const tutorial = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'tutorial',
  register(env) {
    env.registerInit({
      deps: { actions: scaffolderActionsExtensionPoint, discovery: coreServices.discovery },
      async init({ actions, discovery }) {
        const migrateDatasetAction = createTemplateAction({
          id: 'tutorial:migrate-dataset',
          schema: {
            input: { entityRef: z => z.string(), source: z => z.string(), target: z => z.string() },
            output: { migrationId: z => z.string() },
          },
          async handler(ctx) {
            const { entityRef, source, target } = ctx.input;
            const honkUrl = await discovery.getBaseUrl('honk');
            const response = await fetch(`${honkUrl}/agents/migrate`, {
              method: 'POST',
              body: JSON.stringify({ entityRef, source, target }),
            });
            ctx.output('migrationId', ((await response.json()) as { id: string }).id);
          },
        });
        actions.addActions(migrateDatasetAction);
      },
    });
  },
});

describe('actions of templates', () => {
  let honk: Honk;
  let backstage: Awaited<ReturnType<typeof startBackstage>>;

  before(async () => {
    honk = await new Honk().start();
    backstage = await startBackstage(
      honk,
      [
        import('@backstage/plugin-scaffolder-backend'),
        import('../../plugin-honk-backend/src'),
        import('./index'),
        tutorial,
        catalogServiceMock.factory({ entities: [...templates, ...[ADA, BO, EVE].map(userEntity)] as never }),
        policyOf({ [EVE]: ['honk.migration.create'] }),
      ],
      { anonymousAuthor: ADA },
    );
    honk.honk('apply', '-f', 'migrations/streams.yaml');
  });
  after(async () => {
    await backstage?.stop();
    await honk?.remove();
  });

  const json = { 'Content-Type': 'application/json' };
  async function begin(who: string, name: string, values: object): Promise<string> {
    const answer = await backstage.call(who, '/api/scaffolder/v2/tasks', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ templateRef: `template:default/${name}`, values }),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return ((await answer.json()) as { id: string }).id;
  }
  async function end(who: string, task: string): Promise<{ output: any; error: any; log: string }> {
    return until(async () => {
      const events = (await (await backstage.call(who, `/api/scaffolder/v2/tasks/${task}/events?after=0`)).json()) as any[];
      const completion = events.find(event => event.type === 'completion');
      return completion && { output: completion.body.output, error: completion.body.error, log: events.map(event => event.body.message).join('\n') };
    });
  }
  const run = async (who: string, name: string, values: object) => end(who, await begin(who, name, values));
  const services = () => ({
    auth: { getPluginRequestToken: async () => ({ token: mockCredentials.user.token(ADA) }) } as never,
    discovery: { getBaseUrl: async () => `${backstage.address}/api/honk` } as never,
  });
  const migration = async (id: string) => (await (await backstage.call(ADA, `/api/honk/migrations/${id}`)).json()) as any;

  it('plan a migration that a form describes, as the one who fills it in', async () => {
    const { output, error, log } = await run(ADA, 'move', { name: 'users-move' });
    assert.equal(error, undefined, log);
    assert.equal(output.state, 'planned');
    assert.equal(output.url, `/honk/migrations/${output.id}`);
    const now = await migration(output.id);
    assert.deepEqual([now.migration, now.author, now.digest], ['migration:default/users-move', ADA, output.digest]);
  });

  it('let a second person approve exactly that plan, and refuse its author', async () => {
    const { output } = await run(ADA, 'move', { name: 'users-second' });
    const own = await run(ADA, 'approve', output);
    assert.match(own.error.message, /needs the role approver; you are 'user:default\/ada'/);
    const wrong = await run(BO, 'approve', { ...output, digest: '0123456789abcdef' });
    assert.match(wrong.error.message, /cannot approve/);
    const { output: approved, error, log } = await run(BO, 'approve', output);
    assert.equal(error, undefined, log);
    assert.equal(approved.state, 'approved');
    assert.ok(Object.values((await migration(output.id)).approvals[0]).includes(BO));
  });

  it('take the inputs of the tutorial, and give its output', async () => {
    const { output, error, log } = await run(ADA, 'honk-migrate-dataset', { ref: 'component:default/streams-v2' });
    assert.equal(error, undefined, log);
    assert.equal((await migration(output.id)).migration, 'component:default/streams-v2');
  });

  it('leave room for the action as the tutorial prints it', async () => {
    const { output, error, log } = await run(ADA, 'tutorial-migrate-dataset', { ref: 'component:default/streams-v2' });
    assert.equal(error, undefined, log);
    assert.equal((await migration(output.id)).author, ADA);
  });

  it('make a new plan when asked to', async () => {
    const first = await run(ADA, 'move', { name: 'users-twice' });
    const second = await run(ADA, 'again', { id: first.output.id });
    assert.notEqual(second.output.id, first.output.id);
    assert.equal((await migration(second.output.id)).migration, 'migration:default/users-twice');
  });

  it('stop where Backstage denies the permission, or the migration is unknown', async () => {
    assert.match((await run(EVE, 'move', { name: 'users-eve' })).error.message, /'honk.migration.create' is denied to 'user:default\/eve'/);
    assert.match((await run(ADA, 'honk-migrate-dataset', { ref: 'component:default/no-such' })).error.message, /no-such/);
  });

  it('do nothing in a dry run, but say what would be wrong', async () => {
    const dry = async (name: string, values: object) => {
      const answer = await backstage.call(ADA, '/api/scaffolder/v2/dry-run', {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ template: templates.find(one => one.metadata.name === name), values, directoryContents: [] }),
      });
      return { status: answer.status, body: (await answer.json()) as any };
    };
    const before = honk.honk('status', '--all', '--json');
    const good = await dry('move', { name: 'users-dry' });
    assert.equal(good.status, 200, JSON.stringify(good.body));
    assert.equal(good.body.output.id, 'dry-run');
    assert.equal(honk.honk('status', '--all', '--json'), before);
    assert.equal((await backstage.call(ADA, '/api/honk/entities/migration/default/users-dry')).status, 404);
    const bad = await dry('honk-migrate-dataset', { ref: 'component:default/no-such' });
    assert.match(JSON.stringify(bad.body), /no-such/);
  });

  it('write a report for TechDocs, in which text of others is text', async () => {
    const { output } = await run(ADA, 'honk-migrate-dataset', { ref: 'component:default/streams-v2' });
    await until(async () => (await migration(output.id)).state === 'planned');
    await backstage.call(BO, `/api/honk/migrations/${output.id}/reject`, { method: 'POST', headers: json, body: JSON.stringify({ reason: 'no | <b>not</b> `now`' }) });
    const context = createMockActionContext({ input: { migrationId: output.id as string } });
    let path = '';
    context.output = ((name: string, value: string) => name === 'path' && (path = value)) as never;
    await createReportAction(services()).handler(context as never);
    const text = readFileSync(join(context.workspacePath, path), 'utf8');
    assert.match(text, /^# streams-v2\n/);
    assert.match(text, /\| Bo \| Rejected \| no &#124; &#60;b&#62;not&#60;\/b&#62; \\`now\\` \|/);
    assert.match(text, /\| transform-data \| Not applied \|/);
    assert.match(text, /\| Stands \| Rejected: /);
    assert.match(text, /\| royalties \| \d+ for a person/);
    assert.doesNotMatch(text, /needs\\?_person|user:default|component:default/, 'people do not speak in identifiers');
    const settings = parse(readFileSync(join(context.workspacePath, 'mkdocs.yml'), 'utf8')) as object;
    assert.deepEqual(settings, { site_name: 'Migrations', plugins: ['techdocs-core'], theme: { name: 'material', font: false } });
    assert.match(readFileSync(join(context.workspacePath, 'docs/index.md'), 'utf8'), /^# Migrations\n/, 'TechDocs opens it first');
    await render(context.workspacePath, path);
  });

  /** As TechDocs' generator does it, where that is installed (pip install mkdocs-techdocs-core). */
  async function render(workspace: string, page: string): Promise<void> {
    const mkdocs = spawn('mkdocs', ['build', '--strict', '--quiet', '-d', join(workspace, 'site')], { cwd: workspace, stdio: 'ignore' });
    const status = await new Promise(done => mkdocs.once('exit', done).once('error', () => done('not installed')));
    if (status === 'not installed') return;
    assert.equal(status, 0);
    const html = readFileSync(join(workspace, 'site', page.replace(/^docs\//, '').replace(/\.md$/, '/index.html')), 'utf8');
    assert.match(html, />no &#124; &#60;b&#62;not&#60;\/b&#62; `now`<\/td>/);
    assert.match(html, /<td>transform-data<\/td>/);
  }

  it('do it once, however often a task is begun again', async () => {
    const context = () =>
      createMockActionContext({
        input: { migration: { name: 'users-once', owner: 'identity', source_dataset: 'users-v1', target_dataset: 'users-v2', migration_strategy: 'bulk-copy' } },
        task: { id: 'task-7' },
      });
    const ids: unknown[] = [];
    for (let tries = 0; tries < 2; tries++) {
      const one = context();
      one.output = ((name: string, value: unknown) => name === 'migrationId' && ids.push(value)) as never;
      await createMigrateDatasetAction(services()).handler(one as never);
    }
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1], 'the key of the task finds the answer of the first time');
  });
});

function userEntity(ref: string) {
  return { apiVersion: 'backstage.io/v1alpha1', kind: 'User', metadata: { name: ref.split('/')[1]! }, spec: { memberOf: [] } };
}
