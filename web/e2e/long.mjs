// long.mjs - what takes longer: ten thousand migrations, a server that dies meanwhile, a canary that fails. Ends with TAP.
import assert from 'node:assert/strict';
import { artefacts, open, visit } from './browser.mjs';
import { Cases, Company, until, usersV2 } from './world.mjs';

const MANY = 10_000;
const FRAME_MS = 100; /* a slower one is seen as a jerk; machines of continuous integration are slow */
const cases = new Cases();
const company = new Company({ isSick: true });
let browser;
const state = () => JSON.parse(company.honk('status', 'users-v2', '--json')).state;

try {
  await cases.run('a company with services, and a server', () => company.begin());
  browser = await open();
  const { page, wrong } = await visit(browser, { url: `${company.url}/#enter=${company.token('bo')}` });
  await page.getByRole('heading', { name: 'Migrations' }).waitFor();
  await cases.run('the page stands within a second', async () => {
    const times = [];
    for (let i = 0; i < 5; i++) {
      await page.goto('about:blank');
      const begin = Date.now();
      await page.goto(company.url);
      await page.getByText('No migration was planned yet').waitFor();
      times.push(Date.now() - begin);
    }
    assert.ok(Math.min(...times) < 1000, `${times} ms`);
  });

  company.honk('apply', '-f', 'migrations/template.yaml', '--as', 'ada', ...usersV2);
  company.honk('plan', 'users-v2', '--as', 'ada');

  await cases.run('a server that dies is noticed, and when it is there again nothing is missing', async () => {
    await page.getByRole('link', { name: 'users-v2' }).first().click();
    await page.getByText('point of no return').waitFor();
    await company.stop('SIGKILL');
    await page.locator('.honk-connection', { hasText: 'Disconnected' }).waitFor();
    await page.screenshot({ path: `${artefacts}long-disconnected.png` });
    await company.serve();
    company.honk('approve', 'users-v2', '--as', 'bo', JSON.parse(company.honk('status', 'users-v2', '--json')).digest.slice(7, 15));
    await page.locator('.honk-status .honk-badge', { hasText: 'Approved' }).waitFor({ timeout: 30_000 });
    await page.locator('.honk-connection', { hasText: 'Live' }).waitFor();
  });

  await cases.run('a canary that fails is shown where it failed, and its migration halts', async () => {
    company.fallIll();
    company.honk('start', 'users-v2', '--as', 'bo');
    await page.getByRole('tab', { name: /^Rollouts/ }).click();
    await page.locator('.honk-rollout', { hasText: 'profile' }).locator('.honk-badge', { hasText: 'Rolled back' }).waitFor({ timeout: 90_000 });
    await until(() => ['halted', 'rolling_back', 'rolled_back'].includes(state()), 'the migration to halt');
    await page.locator('.honk-rollout', { hasText: 'profile' }).click();
    await page.locator('.honk-verdict').waitFor();
    await page.screenshot({ path: `${artefacts}long-canary.png`, fullPage: true });
  });

  await cases.run('Rollback puts everything back, also after a canary failed and while the server dies once more', async () => {
    await page.goto(`${company.url}/#/migrations/users-v2/run`);
    await page.locator('.honk-status .honk-badge').waitFor();
    if (state() === 'halted') {
      await page.getByRole('button', { name: 'Rollback', exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox').fill('the canary failed');
      await dialog.getByRole('button', { name: 'Rollback', exact: true }).click();
    }
    await company.stop('SIGKILL');
    await company.serve();
    await page.locator('.honk-status .honk-badge', { hasText: 'Rolled back' }).waitFor({ timeout: 90_000 });
    assert.equal(state(), 'rolled_back');
  });

  await cases.run(`${MANY} migrations are listed, found and scrolled through without a jerk`, async () => {
    await company.stop();
    company.pretend(MANY);
    await company.serve();
    await page.goto(`${company.url}/#/ledger`);
    await page.goto(`${company.url}/#/`);
    await page.getByText(`${(MANY + 1).toLocaleString('en-US')} migrations`, { exact: true }).waitFor({ timeout: 60_000 });
    assert.ok((await page.locator('.honk-row').count()) < 80);
    const frames = await page.locator('.honk-rows-box').evaluate(
      box =>
        new Promise(done => {
          const times = [];
          let last = performance.now();
          const step = now => {
            times.push(now - last);
            last = now;
            box.scrollTop += 400;
            if (times.length < 120) requestAnimationFrame(step);
            else done(times);
          };
          requestAnimationFrame(step);
        }),
    );
    const slow = frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.9)];
    assert.ok(slow < FRAME_MS, `a frame of ten takes ${Math.round(slow)} ms`);
    await page.screenshot({ path: `${artefacts}long-many.png` });
    await page.getByRole('searchbox').fill('old-9999');
    await page.getByRole('link', { name: 'old-9999', exact: true }).waitFor();
    assert.equal(await page.locator('.honk-row').count(), 1);
  });

  await cases.run('nothing was said to be wrong, and nothing was asked of another server', async () => assert.deepEqual(wrong, []));
} finally {
  await browser?.close();
  await company.end();
  cases.end();
}
