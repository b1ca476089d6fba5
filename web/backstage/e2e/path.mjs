// path.mjs - one way through Backstage: a person fills in the form, the plan appears, a second person approves it (its author cannot),
// it runs while Honk's server starts anew, and Rollback puts everything back. Ends with TAP; pictures are left in web/e2e/artefacts/.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from '../../e2e/browser.mjs';
import { Cases, program, until } from '../../e2e/world.mjs';
import { enter, faults, pick, picture, say, status } from './people.mjs';
import { Stage } from './stage.mjs';

const own = `apiVersion: honk/v1
kind: Migration
metadata: { name: cities, description: Known to Backstage alone }
spec: { owner: platform, source_dataset: cities-v1, target_dataset: cities-v2, migration_strategy: bulk-copy }
`;
const cases = new Cases();
const stage = new Stage({ entities: [own] });
let browser;

const rows = () => execFileSync('sqlite3', [join(stage.company.folder, 'listening.db'), '.dump users_v1', '.dump users_v2'], { encoding: 'utf8' });
const branches = () => execFileSync('git', ['-C', join(stage.company.folder, 'repositories/charts'), 'branch', '--list', 'honk/*'], { encoding: 'utf8' });

try {
  await cases.run('a Backstage with the demo company behind it', () => stage.begin());
  browser = await open();
  const before = rows();
  const ada = await enter(browser, stage, 'Ada');
  const bo = await enter(browser, stage, 'Bo');
  let address;

  await cases.run('the demo’s entities are in its catalog, with a tab and a card of Honk', async () => {
    await until(async () => (await stage.call('ada', '/api/catalog/entities/by-name/resource/default/users-v1')).ok, 'users-v1 in the catalog');
    await ada.goto(`${stage.url}/catalog/default/resource/users-v1`);
    await ada.getByText('No migration concerns it.').waitFor();
    await ada.goto(`${stage.url}/catalog/default/resource/users-v1/honk`);
    await ada.getByText('13 entities').waitFor();
    assert.deepEqual(await faults(ada), []);
    await picture(ada, 'dataset');
  });

  await cases.run('Ada fills in the form, and the plan appears', async () => {
    await ada.goto(`${stage.url}/create/templates/default/migrate-dataset`);
    await ada.getByLabel('Name').first().fill('users-move');
    await pick(ada, 'From', 'users-v1');
    await pick(ada, 'To', 'users-v2');
    await picture(ada, 'form');
    await ada.getByRole('button', { name: 'Next' }).click();
    await pick(ada, 'Owner', 'identity');
    await ada.getByRole('button', { name: 'Review' }).click();
    await ada.getByRole('button', { name: 'Create' }).click();
    await ada.getByRole('link', { name: 'Read the plan' }).or(ada.getByRole('button', { name: 'Read the plan' })).first().click();
    await status(ada).filter({ hasText: 'Wants approval' }).waitFor();
    await ada.getByText('point of no return').waitFor();
    address = new URL(ada.url()).pathname;
    assert.match(address, /^\/honk\/migrations\/m-/);
    assert.deepEqual(await faults(ada), []);
    await picture(ada, 'plan');
  });

  await cases.run('its author may not approve it, neither by the button nor past it, and a guest is told which permission is missing', async () => {
    const button = ada.getByRole('button', { name: 'Approve', exact: true });
    assert.equal(await button.getAttribute('aria-disabled'), 'true');
    const { id, digest } = await (await stage.call('ada', `/api${address}`)).json();
    const answer = await stage.call('ada', `/api/honk/migrations/${id}/approve`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ digest }) });
    assert.equal(answer.status, 403);
    const onlooker = await enter(browser, stage, 'Guest');
    await onlooker.goto(stage.url + address);
    await onlooker.getByRole('button', { name: 'Approve', exact: true }).press('Enter');
    assert.match(await onlooker.getByRole('dialog').textContent(), /your Backstage permissions do not allow it: 'honk.migration.approve'/);
    await picture(onlooker, 'guest');
    await onlooker.context().close();
    const guest = await stage.call('guest', `/api/honk/migrations/${id}/rollback`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' });
    assert.match(await guest.text(), /honk.migration.rollback/);
  });

  await cases.run('Bo is told that a plan wants approval', async () => {
    await bo.goto(`${stage.url}/notifications`);
    await bo.getByText('users-move wants approval').first().waitFor({ timeout: 40_000 });
    await picture(bo, 'notification');
  });

  await cases.run('Bo approves it, and is the one whom Honk recorded', async () => {
    await bo.goto(stage.url + address);
    await say(bo, 'Approve', 'read every line');
    await status(bo).filter({ hasText: 'Approved' }).waitFor();
    const { approvals } = await (await stage.call('bo', `/api${address}`)).json();
    assert.ok(Object.values(approvals[0]).includes('user:default/bo'), JSON.stringify(approvals));
  });

  await cases.run('Bo throttles it, and a guest reads why he may not', async () => {
    await bo.getByRole('button', { name: 'Throttle', exact: true }).click();
    const dialog = bo.getByRole('dialog');
    await dialog.getByLabel('Rows a second').fill('400');
    await dialog.getByLabel(/^Why/).fill('the shop is open');
    await picture(bo, 'throttle');
    await dialog.getByRole('button', { name: 'Throttle', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    const guest = await (await stage.call('guest', `/api${address}`)).json();
    assert.deepEqual(guest.throttle, { rows_per_second: 400 });
    assert.match(guest.allowed_actions.throttle.why, /honk.migration.operate/);
    assert.match(guest.allowed_actions.plan.why, /honk.migration.create/);
  });

  await cases.run('it runs, also while Honk’s server starts anew, and both see it', async () => {
    await say(bo, 'Start');
    await stage.company.stop();
    await stage.company.serve();
    await status(bo).filter({ hasText: 'Succeeded' }).waitFor({ timeout: 90_000 });
    await status(ada).filter({ hasText: 'Succeeded' }).waitFor({ timeout: 30_000 });
    assert.notEqual(rows(), before);
    assert.match(branches(), /honk\/users-move/);
    await bo.getByRole('tab', { name: 'Run' }).click();
    await bo.locator('.honk-skeleton').first().waitFor({ state: 'detached' });
    assert.deepEqual(await faults(bo), []);
    await picture(bo, 'run');
  });

  await cases.run('Rollback puts everything back', async () => {
    await bo.goto(stage.url + address);
    await say(bo, 'Rollback', 'the wrong week');
    await status(bo).filter({ hasText: /Rolled back/ }).waitFor({ timeout: 90_000 });
    assert.equal(rows(), before);
    assert.equal(branches(), '');
    await picture(bo, 'rolled-back');
  });

  await cases.run('what became of it is a page of TechDocs, made by a template', async () => {
    await bo.goto(`${stage.url}/create/templates/default/report-migration`);
    await bo.getByLabel('Migration').first().fill('users-move');
    await bo.getByRole('button', { name: 'Review' }).click();
    await bo.getByRole('button', { name: 'Create' }).click();
    await bo.getByRole('link', { name: 'Read the report' }).or(bo.getByRole('button', { name: 'Read the report' })).first().click();
    // Its pages are made by mkdocs when somebody reads them for the first time.
    await bo.getByRole('heading', { name: 'users-move' }).waitFor({ timeout: 90_000 });
    await bo.getByRole('cell', { name: 'the wrong week' }).first().waitFor();
    await bo.getByRole('cell', { name: 'transform-data' }).first().waitFor();
    await picture(bo, 'report');
  });

  await cases.run('the migration became an entity, which says nothing of how it stands', async () => {
    const entity = await until(async () => {
      const answer = await stage.call('ada', '/api/catalog/entities/by-name/migration/default/users-move');
      return answer.ok && answer.json();
    }, 'users-move in the catalog');
    assert.doesNotMatch(JSON.stringify(entity), /rolled_back|digest/);
    await ada.goto(`${stage.url}/catalog/default/migration/users-move/honk`);
    await status(ada).filter({ hasText: /Rolled back/ }).waitFor();
    await picture(ada, 'entity');
  });

  await cases.run('no token of Honk’s is within reach of a script', async () => {
    const seen = await ada.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.outerHTML);
    assert.doesNotMatch(seen, /honk_[0-9a-f]{40}/);
  });

  await cases.run('another Honk takes Backstage’s own migration from it, and leaves alone what is Honk’s', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'honk-import-'));
    writeFileSync(join(folder, 'honk.yaml'), `catalog: { files: [], backstage: { url: "${stage.url}", token: "${stage.token}", every: 1s } }\nworkers: 0\n`);
    const other = spawn(program, ['serve', '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      let said = '';
      other.stdout.on('data', data => (said += data));
      const [url] = await until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(said), 'the other Honk');
      const token = execFileSync(program, ['login', '--new', 'eve'], { cwd: folder, encoding: 'utf8' }).trim().split('\n')[0];
      const refs = async () => (await (await fetch(`${url}/entities`, { headers: { Authorization: `Bearer ${token}` } })).json()).items.map(one => one.ref);
      await until(async () => (await refs()).includes('migration:default/cities'), 'cities in the other Honk');
      assert.deepEqual((await refs()).sort(), ['component:default/migration-reports', 'migration:default/cities'], 'what is Backstage’s own, and no more');
    } finally {
      const ended = new Promise(done => other.once('exit', done));
      other.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  });
} finally {
  await browser?.close();
  await stage.end();
  cases.end();
}
