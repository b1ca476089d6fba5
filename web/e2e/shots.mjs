// shots.mjs URL TOKEN [PREFIX] - a picture of every screen, in light and dark, from 360 px to 4K, to be looked at.
import { artefacts, open, visit } from './browser.mjs';

const [url, token, prefix = ''] = process.argv.slice(2);
const only = process.env.ONLY?.split(',');
const sizes = [
  ['wide', 1440, 900],
  ['phone', 360, 740],
  ['4k', 3840, 2160],
];
const screens = {
  overview: '#/',
  plan: '#/migrations/users-v2',
  run: '#/migrations/users-v2/run',
  consumers: '#/migrations/users-v2/consumers',
  'rollouts-of': '#/migrations/users-v2/rollouts',
  rollouts: '#/rollouts',
  'all-consumers': '#/consumers',
  lineage: '#/lineage/resource%3Adefault%2Fusers-v1',
  datasets: '#/lineage',
  ledger: '#/ledger',
  campaigns: '#/campaigns',
};
const browser = await open();
for (const [size, width, height] of sizes)
  for (const dark of [false, true]) {
    const { page, wrong } = await visit(browser, { url: `${url}/#enter=${token}`, width, height, dark });
    await page.waitForSelector('.portal');
    for (const [name, at] of Object.entries(screens)) {
      if (only && !only.includes(name)) continue;
      await page.goto(`${url}/${at}`);
      await page.waitForTimeout(700);
      await page.screenshot({ path: `${artefacts}${prefix}${name}-${size}-${dark ? 'dark' : 'light'}.png`, fullPage: !['overview', 'lineage', 'ledger'].includes(name) });
    }
    if (wrong.length > 0) console.log(size, wrong);
  }
await browser.close();
