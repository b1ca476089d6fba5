// browser.mjs - Debian's chromium, and what a person does in it.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const artefacts = new URL('./artefacts/', import.meta.url).pathname;

export async function open() {
  const executablePath = places.find(path => path && existsSync(path));
  if (!executablePath) throw new Error('there is no chromium: `tools/install-deps browser` gets it');
  mkdirSync(artefacts, { recursive: true });
  return chromium.launch({ executablePath, args: flags });
}

/** A page that fails when anything is said to be wrong: a script's error, or something that the policy for content forbids. */
export async function visit(browser, { url, width = 1280, height = 860, dark = false }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const wrong = [];
  page.on('pageerror', error => wrong.push(String(error)));
  page.on('console', message => message.type() === 'error' && !/status of (401|403|404|409|503)|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/.test(message.text()) && wrong.push(message.text()));
  page.on('request', request => request.url().startsWith('http') && !request.url().startsWith(new URL(url).origin) && wrong.push(`a request outside: ${request.url()}`));
  await page.goto(url);
  return { page, context, wrong };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious faults of accessibility. Through the debugger: the page's own policy lets no script in, as it should. */
export async function faultsOf(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`);
}

/** By its name alone: what is said of one service may name another. */
export const rolloutOf = (page, service) => page.locator('.honk-rollout', { has: page.locator('strong').getByText(service, { exact: true }) });
