// people.mjs - what people do in Backstage, in chromium.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { artefacts } from '../../e2e/browser.mjs';

const axe = readFileSync(createRequire(new URL('../packages/app/package.json', import.meta.url)).resolve('axe-core/axe.min.js'), 'utf8');

/** Inside of what is ours: Backstage's own frame is Backstage's business. */
export async function faults(page, within = '.honk') {
  await page.evaluate(axe);
  const found = await page.evaluate(where => globalThis.axe.run(where, { resultTypes: ['violations'] }), within);
  return found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`);
}

export async function enter(browser, stage, name, { dark = false } = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(stage.url);
  await page.getByRole('button', { name: `Enter as ${name}` }).click();
  await page.getByRole('link', { name: 'Honk' }).first().waitFor();
  await page.mouse.move(900, 880); // Backstage's sidebar opens over the page while the pointer is on it
  return page;
}

export const picture = (page, name) => page.screenshot({ path: `${artefacts}backstage-${name}.png`, fullPage: true });
export const status = page => page.locator('.honk-status');

export async function say(page, button, reason) {
  await page.getByRole('button', { name: button, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  if (reason) await dialog.getByRole('textbox').fill(reason);
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

export async function pick(page, label, option) {
  const input = page.locator('input').and(page.getByLabel(new RegExp(`^${label}\\b`))).first();
  await input.click();
  await input.fill(option);
  await page.getByRole('option', { name: new RegExp(`\\b${option}\\b`) }).first().click();
}

