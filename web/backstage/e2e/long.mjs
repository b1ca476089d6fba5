// long.mjs - what takes longer in Backstage: none, one and ten thousand migrations in light and dark, a canary that fails and is taken back by
// the button, a stream that is dropped while things happen. Ends with TAP; pictures are left in web/e2e/artefacts/.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { open, rolloutOf } from '../../e2e/browser.mjs';
import { Cases, until, usersV2 } from '../../e2e/world.mjs';
import { enter, faults, picture, say, status } from './people.mjs';
import { Stage } from './stage.mjs';

const MANY = 10_000;
const cases = new Cases();
const stage = new Stage({ isSick: true });
const { company } = stage;
let browser;
const state = () => JSON.parse(company.honk('status', 'users-v2', '--json')).state;
const rows = () => execFileSync('sqlite3', [join(company.folder, 'listening.db'), '.dump users_v1', '.dump users_v2'], { encoding: 'utf8' });
const services = () => JSON.parse(company.honk('rollout', 'list', '--all', '--json')).items;

try {
  await cases.run('a Backstage whose company has a service that will fail', () => stage.begin());
  browser = await open();
  const before = rows();
  const people = { light: await enter(browser, stage, 'Bo'), dark: await enter(browser, stage, 'Bo', { dark: true }) };
  const bo = people.light;

  /** One screen, in both lights. */
  async function look(at, ready, name) {
    for (const [light, page] of Object.entries(people)) {
      await page.goto(stage.url + at);
      await ready(page);
      assert.deepEqual(await faults(page), [], `${at}, ${light}`);
      await picture(page, `${name}-${light}`);
    }
  }

  await cases.run('without a migration each screen says so, in light and dark', async () => {
    await look('/honk', page => page.getByText('No migration was planned yet').waitFor(), 'none');
    await look('/honk/consumers', page => page.getByText('Nothing moves').waitFor(), 'none-consumers');
  });

  company.honk('apply', '-f', 'migrations/template.yaml', '--as', 'ada', ...usersV2);
  company.honk('plan', 'users-v2', '--as', 'ada');

  await cases.run('with one, its plan, consumers and lineage are readable in light and dark', async () => {
    await look('/honk', page => page.getByRole('link', { name: 'users-v2' }).first().waitFor(), 'one');
    await look('/honk/migrations/users-v2', page => page.getByText('point of no return').waitFor(), 'one-plan');
    await look('/honk/consumers', page => page.getByText('waits until somebody approves its plan').first().waitFor(), 'one-consumers');
    await look('/honk/lineage/resource%3Adefault%2Fusers-v1', page => page.locator('.honk-node').first().waitFor(), 'one-lineage');
  });

  await cases.run('a stream that was dropped goes on after the last event, and nothing that happened meanwhile is missing', async () => {
    await bo.goto(`${stage.url}/honk/ledger`);
    await bo.locator('.honk-event').first().waitFor();
    await bo.locator('.honk-connection', { hasText: 'Live' }).waitFor();
    const asked = bo.waitForRequest(request => new URL(request.url()).pathname === '/api/honk/events' && request.headers()['last-event-id'] !== undefined, { timeout: 60_000 });
    const last = JSON.parse(company.honk('logs', '--json', '--last', '1').trim().split('\n').at(-1)).seq;
    const headers = { Authorization: `Bearer ${company.token('bo')}`, 'Content-Type': 'application/json' };
    await company.stop('SIGKILL');
    await company.serve();
    for (const count of [3, 4, 5]) await fetch(`${company.url}/limits`, { method: 'PUT', headers, body: JSON.stringify({ resource: 'group:meanwhile', count }) });
    assert.ok(Number((await asked).headers()['last-event-id']) >= last - 1, 'it begins where it was');
    await bo.locator('.honk-connection', { hasText: 'Live' }).waitFor({ timeout: 60_000 });
    await until(async () => (await bo.locator('.honk-event', { hasText: 'group:meanwhile' }).count()) === 3, 'all three changes in the ledger');
  });

  await cases.run('a canary that fails halts its migration, and shows where and by which check', async () => {
    await bo.goto(`${stage.url}/honk/migrations/users-v2`);
    await say(bo, 'Approve', 'read it');
    await status(bo).filter({ hasText: 'Approved' }).waitFor();
    company.fallIll();
    await say(bo, 'Start');
    await until(() => state() === 'halted', 'the migration to halt', 120_000);
    await status(bo).filter({ hasText: 'Halted' }).waitFor();
    await bo.getByRole('tab', { name: /^Rollouts/ }).click();
    await rolloutOf(bo, 'profile').locator('.honk-badge', { hasText: /Rolled back/ }).waitFor();
    await rolloutOf(bo, 'profile').click();
    await bo.locator('.honk-verdict', { hasText: 'fail' }).waitFor();
    await bo.getByRole('img', { name: /^[1-9]\d* of \d+ checks failed$/ }).waitFor();
    await bo.getByRole('img', { name: 'new instances that passed: 0 at last' }).waitFor();
    assert.deepEqual(await faults(bo), []);
    await picture(bo, 'canary');
  });

  await cases.run('Rollback from the button says what it undoes and how long that takes, and puts back rows and services', async () => {
    await bo.goto(`${stage.url}/honk/migrations/users-v2`);
    await bo.getByRole('button', { name: 'Rollback', exact: true }).click();
    const dialog = bo.getByRole('dialog');
    await dialog.getByText(/The data takes about .*The services take about/).waitFor();
    assert.match(await dialog.textContent(), /This is undone, in this order/);
    await picture(bo, 'rollback-dialog');
    await bo.keyboard.press('Escape');
    await say(bo, 'Rollback', 'the canary failed');
    await status(bo).filter({ hasText: /Rolled back/ }).waitFor({ timeout: 90_000 });
    assert.equal(rows(), before);
    assert.ok(!services().some(row => row.migration && row.state === 'healthy'), 'no service keeps what the migration gave it');
    await picture(bo, 'canary-back');
  });

  await cases.run(`${MANY} migrations are listed, and one is found, in light and dark`, async () => {
    await company.stop();
    company.pretend(MANY);
    await company.serve();
    await look('/honk', page => page.getByText(`${(MANY + 1).toLocaleString('en-US')} migrations`, { exact: true }).waitFor({ timeout: 60_000 }), 'many');
    assert.ok((await bo.locator('.honk-row').count()) < 80);
    await bo.getByRole('searchbox', { name: /migration/i }).fill('old-9999');
    await bo.getByRole('link', { name: 'old-9999', exact: true }).waitFor();
    assert.equal(await bo.locator('.honk-row').count(), 1);
  });
} finally {
  await browser?.close();
  await stage.end();
  cases.end();
}
