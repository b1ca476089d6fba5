// screens.mjs - every screen when it loads, when reading fails, when there is nothing and when the server is gone, from a telephone to a
// wall, in light and dark; and what else people press: a campaign, Promote, the export of the ledger. Ends with TAP; pictures are left in
// artefacts/.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artefacts, faultsOf, open, rolloutOf, visit } from './browser.mjs';
import { Cases, Company, until, usersV2 } from './world.mjs';

const SIZES = [[360, 740], [1280, 860], [3840, 2160]];
const cases = new Cases();
const company = new Company();
let browser;

/** Of what is asked for on a screen, what is answered all the same: else a tab would not be seen behind its migration. */
const itself = /^\/migrations\/[^/]+$/;
const screens = {
  overview: { at: '' },
  migration: { at: 'migrations/users-v2' },
  plan: { at: 'migrations/users-v2', but: itself },
  run: { at: 'migrations/users-v2/run', but: itself },
  'rollouts-of': { at: 'migrations/users-v2/rollouts', but: itself },
  'consumers-of': { at: 'migrations/users-v2/consumers', but: itself },
  'ledger-of': { at: 'migrations/users-v2/log', but: itself },
  rollouts: { at: 'rollouts' },
  rollout: { at: 'rollouts/ROLLOUT' },
  consumers: { at: 'consumers' },
  datasets: { at: 'lineage' },
  lineage: { at: 'lineage/resource%3Adefault%2Fusers-v1', but: /^\/(entities|migrations)$/ },
  ledger: { at: 'ledger' },
  campaigns: { at: 'campaigns' },
  campaign: { at: 'campaigns/spring' },
};

/** What a person reads where there is nothing; answers are those of a server that has nothing. */
const nothing = {
  overview: 'No migration was planned yet',
  'rollouts-of': 'It rolls no service out',
  'consumers-of': 'Nobody reads or writes it',
  'ledger-of': 'Nothing has happened yet',
  rollouts: 'No service was rolled out yet',
  consumers: 'Nothing moves',
  datasets: 'No dataset is registered',
  ledger: 'Nothing has happened yet',
  campaigns: 'No campaign has begun',
};
const noConsumers = { done: 0, person: 0, open: 0, over: 0, owners: [], burndown: [] };

const problem = { type: 'urn:honk:problem:internal', title: 'internal', status: 500, code: 'internal', then: 'retry', detail: 'the disk is full', hint: 'make room, and try again' };
const isRead = request => request.resourceType() === 'fetch' && request.method() === 'GET' && !/event-stream/.test(request.headers().accept ?? '') && !/^\/(whoami|assets)/.test(new URL(request.url()).pathname);

/** Of all that is read meanwhile this becomes. */
async function answering(page, but, answer) {
  await page.route('**/*', route => {
    const path = new URL(route.request().url()).pathname;
    return isRead(route.request()) && !but?.test(path) ? answer(route, path) : route.continue();
  });
}

/** One screen as it is: nothing wider than it, nothing that axe finds, and a picture of each size in both lights. */
async function look(page, name) {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of width > 2000 ? ['light'] : ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${name} is ${wide} px wide on a screen of ${width}`);
      if (width === 1280) assert.deepEqual(await faultsOf(page), [], `${name}, ${colorScheme}`);
      await page.screenshot({ path: `${artefacts}screens-${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize({ width: 1280, height: 860 });
}

async function say(page, button, reason) {
  await page.getByRole('button', { name: button, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  if (reason) await dialog.getByRole('textbox').fill(reason);
  await page.screenshot({ path: `${artefacts}screens-say-${button.toLowerCase()}.png` });
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

const status = page => page.locator('.honk-status .honk-badge').first();

try {
  await cases.run('a company with services, whose rollouts wait for a word, and a campaign', async () => {
    await company.begin();
    await company.stop();
    company.putGates();
    await company.serve();
    company.honk('apply', '-f', 'migrations/template.yaml', '--as', 'ada', ...usersV2);
    const campaign = { apiVersion: 'honk/v1', kind: 'Campaign', metadata: { name: 'spring' }, spec: { owner: 'identity', migrations: ['users-v2'] } };
    writeFileSync(join(company.folder, 'spring.yaml'), JSON.stringify(campaign));
    company.honk('apply', '-f', 'spring.yaml', '--as', 'ada');
    company.honk('plan', 'spring', '--as', 'ada');
    screens.rollout.at = `rollouts/${JSON.parse(company.honk('rollout', 'list', '--all', '--json')).items[0].rollout_id}`;
  });
  browser = await open();
  const { page, wrong } = await visit(browser, { url: `${company.url}/#enter=${company.token('bo')}` });
  await page.getByRole('heading', { name: 'Migrations' }).waitFor();

  /** Not by a new page: who is let in stays in. */
  const turnTo = async at => {
    await page.evaluate(to => (location.hash = `#/${to}`), at);
  };

  await cases.run('a campaign is read by class of change, approved by its digest, and started', async () => {
    await turnTo('campaigns');
    await rolloutOf(page, 'spring').click();
    await page.locator('.honk-classes-list .honk-change').first().click();
    await page.getByRole('link', { name: 'the whole plan of users-v2' }).waitFor();
    await look(page, 'campaign');
    await say(page, 'Approve', 'read the class');
    await page.locator('.honk-next', { hasText: 'waits until somebody starts it' }).waitFor();
    await say(page, 'Start');
    await page.getByText('Moving now').waitFor({ timeout: 60_000 });
    await look(page, 'campaign-moving');
  });

  await cases.run('a rollout that waits at a gate says so, and goes on by Promote', async () => {
    await turnTo('rollouts');
    const waits = rolloutOf(page, 'profile').filter({ has: page.locator('.honk-badge', { hasText: 'Paused' }) });
    await waits.first().waitFor({ timeout: 90_000 });
    await waits.first().click();
    await page.getByText(/look at the canary/).first().waitFor();
    await look(page, 'rollout-gate');
    await say(page, 'Promote', 'the canary sings');
    await page.locator('.honk-moves', { hasText: 'the canary sings' }).waitFor();
    await status(page).filter({ hasText: 'Healthy' }).waitFor({ timeout: 60_000 });
    await look(page, 'rollout-healthy');
  });

  await cases.run('the next service waits, too, and its campaign ends when that was let go on', async () => {
    await turnTo('rollouts');
    const waits = rolloutOf(page, 'sign-up').filter({ has: page.locator('.honk-badge', { hasText: 'Paused' }) });
    await waits.first().waitFor({ timeout: 90_000 });
    await waits.first().click();
    await say(page, 'Promote');
    await turnTo('campaigns/spring');
    await status(page).filter({ hasText: 'Succeeded' }).waitFor({ timeout: 60_000 });
    await look(page, 'campaign-succeeded');
  });

  await cases.run('the ledger is filtered, and what is shown is what is exported', async () => {
    await turnTo('ledger');
    await page.locator('.honk-event').first().waitFor();
    await page.getByRole('button', { name: 'People' }).click();
    await page.getByRole('searchbox').fill('the canary sings');
    await until(async () => (await page.locator('.honk-event').count()) > 0 && (await page.locator('.honk-event', { hasText: 'the canary sings' }).count()) === (await page.locator('.honk-event').count()), 'the filter');
    await look(page, 'ledger-filtered');
    const kept = async name => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
      return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
    };
    const csv = await kept('CSV');
    const ndjson = await kept('NDJSON');
    assert.equal(csv.name, 'honk-events.csv');
    const events = ndjson.text.trim().split('\n').map(line => JSON.parse(line));
    assert.equal(events.length, await page.locator('.honk-event').count());
    assert.ok(events.every(event => event.actor === 'user:default/bo' && event.reason === 'the canary sings'), ndjson.text);
    assert.equal(csv.text.trim().split('\r\n').length, events.length + 1);
    assert.match(csv.text, /^"seq","time",/);
    await page.locator('.honk-event').first().click();
    await page.getByRole('heading', { name: /^Event \d+$/ }).waitFor();
    await look(page, 'ledger-event');
  });

  await cases.run('a campaign goes back as one, by Rollback, and everything is as it was', async () => {
    await turnTo('campaigns/spring');
    await say(page, 'Rollback', 'the wrong season');
    await status(page).filter({ hasText: /Rolled back/ }).waitFor({ timeout: 90_000 });
    assert.equal(JSON.parse(company.honk('status', 'users-v2', '--json')).state, 'rolled_back');
    await look(page, 'campaign-back');
  });

  await cases.run('every screen says that it loads', async () => {
    for (const [name, { at, but }] of Object.entries(screens)) {
      await turnTo('campaigns/none-of-this-name');
      await page.locator('[role=alert]').waitFor();
      await answering(page, but, () => undefined);
      await turnTo(at);
      await page.locator('.honk-skeleton').first().waitFor();
      await look(page, `loading-${name}`);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  });

  await cases.run('every screen says why it cannot be read, and is read again by a button', async () => {
    for (const [name, { at, but }] of Object.entries(screens)) {
      await turnTo('campaigns/none-of-this-name');
      await page.getByText('none-of-this-name').first().waitFor();
      await answering(page, but, route => route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) }));
      await turnTo(at);
      const alert = page.locator('[role=alert]', { hasText: 'the disk is full' });
      await alert.first().waitFor();
      await look(page, `failing-${name}`);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      while ((await alert.count()) > 0) {
        const before = await alert.count();
        await alert.first().getByRole('button', { name: 'Try again' }).click();
        await until(async () => (await alert.count()) < before, `${name} to be read`);
      }
      await page.locator('.honk-skeleton').first().waitFor({ state: 'detached' });
    }
  });

  await cases.run('every list that has nothing says so, and what brings something', async () => {
    for (const [name, words] of Object.entries(nothing)) {
      const { at } = screens[name];
      await turnTo('campaigns/none-of-this-name');
      await page.getByText('none-of-this-name').first().waitFor();
      await answering(page, /^\/migrations\/[^/]+(\/plan)?$/, (route, path) => route.fulfill({ json: path === '/consumers/summary' ? noConsumers : { items: [], next: null, seq: 0 } }));
      await turnTo(at);
      await page.getByText(words).first().waitFor();
      await look(page, `empty-${name}`);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
  });

  await cases.run('every screen says that the server is gone, keeps what it showed, and is read anew when it is back', async () => {
    await turnTo('migrations/users-v2');
    await page.getByText('point of no return').waitFor();
    await company.stop('SIGKILL');
    await page.locator('.honk-connection', { hasText: 'Disconnected' }).waitFor();
    assert.ok(await page.getByText('point of no return').isVisible());
    await look(page, 'gone-plan');
    for (const [name, { at }] of Object.entries(screens).filter(([, { but }]) => but !== itself)) {
      await turnTo(at);
      await page.getByText('The server does not answer').first().waitFor();
      await look(page, `gone-${name}`);
    }
    await company.serve();
    await page.locator('.honk-connection', { hasText: 'Live' }).waitFor({ timeout: 60_000 });
    await page.getByText('The server does not answer').first().waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'spring' }).waitFor();
  });

  await cases.run('nothing was said to be wrong, and nothing was asked of another server', async () => assert.deepEqual(wrong.filter(text => !/status of 500/.test(text)), []));
} finally {
  await browser?.close();
  await company.end();
  cases.end();
}
