// path.mjs - one way through the portal: let in by the demo's link, a plan read, approved by the second person, started,
// watched, rolled back. Ends with TAP. Pictures are left in artefacts/.
import assert from 'node:assert/strict';
import { artefacts, faultsOf as faults, open, visit } from './browser.mjs';
import { Cases, Company, usersV2 } from './world.mjs';

const BYTES_MAX = 150_000; /* of the page's files as they are sent: a quarter of a second on a slow line */
const cases = new Cases();
const company = new Company();
let browser;

const badge = page => page.locator('.honk-status .honk-badge').textContent();

async function say(page, button, reason) {
  await page.getByRole('button', { name: button, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  if (reason) await dialog.getByRole('textbox').fill(reason);
  await page.screenshot({ path: `${artefacts}path-${button.toLowerCase()}.png` });
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

try {
  await cases.run('a company with services, and a server', () => company.begin());
  browser = await open();
  const token = company.token('ada');
  const { page, wrong } = await visit(browser, { url: `${company.url}/#enter=${token}` });

  await cases.run('a link lets one in, and no script can read what it let in by', async () => {
    await page.getByRole('heading', { name: 'Migrations' }).waitFor();
    assert.ok(!page.url().includes('honk_'), page.url());
    const seen = await page.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.outerHTML);
    assert.ok(!seen.includes(token) && !seen.includes('honk_'), 'the token is within reach of scripts');
  });

  await cases.run('the page is small, and a second visit brings no file again', async () => {
    await page.getByText('No migration was planned yet').waitFor();
    const files = () => page.evaluate(() => performance.getEntriesByType('resource').filter(one => one.name.includes('/assets/')).map(one => one.transferSize));
    assert.ok((await files()).reduce((sum, size) => sum + size, 0) < BYTES_MAX, `${await files()} bytes`);
    await page.goto('about:blank');
    await page.goto(company.url);
    await page.getByText('No migration was planned yet').waitFor();
    assert.ok((await files()).every(size => size === 0), `${await files()} bytes`);
  });

  await cases.run('a plan appears by itself', async () => {
    company.honk('apply', '-f', 'migrations/template.yaml', '--as', 'ada', ...usersV2);
    company.honk('plan', 'users-v2', '--as', 'ada');
    await page.getByRole('link', { name: 'users-v2' }).first().click();
    await page.getByText('point of no return').waitFor();
    assert.match(await badge(page), /Wants approval/);
  });

  await cases.run('its author may not approve it, and is told why', async () => {
    const button = page.getByRole('button', { name: 'Approve', exact: true });
    assert.equal(await button.getAttribute('aria-disabled'), 'true');
    await button.press('Enter');
    assert.match(await page.getByRole('dialog').textContent(), /approver/);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  await cases.run('a change of code is read side by side', async () => {
    await page.getByRole('button', { name: /^charts/ }).click();
    await page.locator('.honk-diff .honk-added').first().waitFor();
    assert.match(await page.locator('.honk-diff').first().textContent(), /users_v2/);
  });

  for (const dark of [false, true])
    await cases.run(`axe finds no serious fault in the plan, ${dark ? 'dark' : 'light'}`, async () => {
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
      assert.deepEqual(await faults(page), []);
      await page.screenshot({ path: `${artefacts}path-plan-${dark ? 'dark' : 'light'}.png`, fullPage: true });
    });

  await cases.run('the second person, one click away, approves it', async () => {
    await page.getByRole('group', { name: 'Go on as' }).getByRole('button', { name: 'Bo' }).click();
    await page.locator('.portal-who', { hasText: 'approver' }).waitFor();
    await say(page, 'Approve', 'read every line');
    await page.locator('.honk-status', { hasText: 'Approved' }).waitFor();
    await page.locator('.honk-yes', { hasText: 'read every line' }).waitFor();
  });

  await cases.run('its rows are throttled by whoever may, with a reason that stays in sight', async () => {
    await page.getByRole('button', { name: 'Throttle', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('no throttle, rows move as fast as they can').waitFor();
    await dialog.getByLabel('Rows a second').fill('200');
    await dialog.getByLabel(/^Why/).fill('the shop is open');
    assert.deepEqual(await faults(page), []);
    await page.screenshot({ path: `${artefacts}path-throttle.png` });
    await dialog.getByRole('button', { name: 'Throttle', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(JSON.parse(company.honk('throttle', 'users-v2', '--json')), { rows_per_second: 200 });
  });

  await cases.run('it is started, its progress moves, and it succeeds', async () => {
    await say(page, 'Start');
    await page.getByRole('tab', { name: 'Run' }).click();
    await page.getByText('Throttled: at most 200 rows a second').waitFor();
    await page.getByText(/Changed by Bo.*the shop is open/).waitFor();
    const seen = new Set();
    const meter = page.locator('.honk-far .honk-meter');
    for (const end = Date.now() + 40_000; Date.now() < end; ) {
      if ((await meter.count()) > 0) seen.add(await meter.getAttribute('aria-valuenow', { timeout: 1000 }).catch(() => null));
      if (/Succeeded/.test(await badge(page))) break;
      await page.waitForTimeout(100);
    }
    assert.match(await badge(page), /Succeeded/);
    assert.ok(seen.size > 2, `its progress stood still: ${[...seen]}`);
  });

  await cases.run('axe finds no serious fault in any screen, light and dark, on a telephone and on a wall', async () => {
    const rollout = JSON.parse(company.honk('rollout', 'list', '--all', '--json')).items[0].rollout_id;
    const screens = ['', 'migrations/users-v2/run', 'migrations/users-v2/rollouts', 'migrations/users-v2/consumers', 'migrations/users-v2/log', 'rollouts', `rollouts/${rollout}`];
    for (const at of [...screens, 'ledger', 'lineage', 'lineage/resource%3Adefault%2Fusers-v1', 'campaigns', 'consumers', 'migrations/no-such']) {
      await page.goto(`${company.url}/#/${at}`);
      await page.locator('.honk-skeleton').first().waitFor({ state: 'detached' });
      if (/consumers$/.test(at)) {
        await page.getByRole('button', { name: 'What became of them, in numbers' }).click();
        await page.locator('.honk-numbers').getByText('left to people').first().waitFor();
        await page.screenshot({ path: `${artefacts}path-numbers-${at.replaceAll('/', '-')}.png`, fullPage: true });
      }
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await faults(page), [], `${at}, ${colorScheme}`);
      }
    }
    const viewport = page.viewportSize();
    for (const [width, height] of [[360, 740], [3840, 2160]])
      for (const at of [...screens, 'ledger', 'consumers', 'migrations/users-v2']) {
        await page.setViewportSize({ width, height });
        await page.goto(`${company.url}/#/${at}`);
        await page.locator('.honk-skeleton').first().waitFor({ state: 'detached' });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${at} is ${wide} px wide on a screen of ${width}`);
        const tab = page.getByRole('tab', { selected: true });
        if ((await tab.count()) > 0) assert.ok((await tab.boundingBox()).x + (await tab.boundingBox()).width <= width, `the tab of ${at} is out of sight`);
      }
    await page.setViewportSize(viewport);
  });

  await cases.run('Rollback says what it will undo, wants a reason, and everything goes back', async () => {
    await page.goto(`${company.url}/#/migrations/users-v2`);
    await page.getByRole('button', { name: 'Rollback', exact: true }).click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.textContent(), /give the services back what they ran before[\s\S]*let writers/);
    assert.ok(await dialog.getByRole('button', { name: 'Rollback', exact: true }).isDisabled());
    await page.keyboard.press('Escape');
    await say(page, 'Rollback', 'the wrong week');
    await page.locator('.honk-status', { hasText: /Rolled back/ }).waitFor({ timeout: 40_000 });
    await page.screenshot({ path: `${artefacts}path-rolled-back.png`, fullPage: true });
    assert.equal(JSON.parse(company.honk('status', 'users-v2', '--json')).state, 'rolled_back');
  });

  await cases.run('whoever logs out is out, also after going back', async () => {
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Your token').waitFor();
    await page.reload();
    await page.getByLabel('Your token').waitFor();
    assert.deepEqual(await faults(page), []);
  });

  await cases.run('nothing was said to be wrong, and nothing was asked of another server', async () => assert.deepEqual(wrong, []));
} finally {
  await browser?.close();
  await company.end();
  cases.end();
}
