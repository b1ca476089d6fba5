// stage.mjs - a real Backstage with Honk's plugins, and the demo company's server behind it. Both end with it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Company, until } from '../../e2e/world.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
export const PORTAL = 'service:default/backstage';
const READY_MS = 300_000; // 17 s on an idle machine, 135 s on one with thirty things to do

const freePort = () =>
  new Promise(found => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

export class Stage {
  /** `entities`: files that Backstage's catalog holds beside what Honk knows. */
  constructor({ port, users = 400, isSick = false, entities = [] } = {}) {
    this.company = new Company({ users, isSick });
    this.port = port;
    this.entities = entities;
    this.token = randomBytes(24).toString('hex');
  }

  async begin() {
    await this.company.begin();
    this.port ??= await freePort();
    this.url = `http://localhost:${this.port}`;
    this.process = spawn(process.execPath, ['--import', 'tsx', 'packages/backend/src/index.ts', '--config', 'app-config.yaml'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_ENV: 'development',
        BACKSTAGE_PORT: String(this.port),
        HONK_URL: this.company.url,
        HONK_TOKEN: this.company.token(PORTAL),
        HONK_TEMPLATES: this.#catalogFolder(),
        HONK_REPORTS: this.#reportsFolder(),
        PATH: `${join(root, 'node_modules/.mkdocs/bin')}:${process.env.PATH}`,
        BACKSTAGE_TOKEN: this.token,
      },
    });
    this.said = '';
    for (const pipe of [this.process.stdout, this.process.stderr]) pipe.on('data', data => (this.said = (this.said + data).slice(-200_000)));
    await until(
      async () => {
        if (this.process.exitCode !== null) throw new Error(`Backstage ended:\n${this.said.slice(-4000)}`);
        return (await fetch(`${this.url}/.backstage/health/v1/readiness`).catch(() => undefined))?.ok;
      },
      'Backstage to be ready',
      READY_MS,
    );
  }

  /** The template, and what else is Backstage's own. */
  #catalogFolder() {
    const folder = join(this.company.base, 'backstage');
    mkdirSync(folder);
    for (const name of readdirSync(join(root, 'templates'))) copyFileSync(join(root, 'templates', name), join(folder, name));
    this.entities.forEach((text, i) => writeFileSync(join(folder, `own-${i}.yaml`), text));
    return join(folder, '*.yaml');
  }

  /** What stands for a repository: its docs come with the first report. */
  #reportsFolder() {
    const folder = join(this.company.base, 'reports');
    cpSync(join(root, 'reports'), folder, { recursive: true });
    return folder;
  }

  /** A call to Backstage as one of its people. */
  async call(person, path, init = {}) {
    const answer = await fetch(`${this.url}/api/auth/demo/refresh`, { headers: { 'x-demo-person': person, 'X-Requested-With': 'XMLHttpRequest' } });
    const { backstageIdentity } = await answer.json();
    return fetch(this.url + path, { ...init, headers: { Authorization: `Bearer ${backstageIdentity.token}`, ...init.headers } });
  }

  async end() {
    if (this.process && this.process.exitCode === null) {
      const ended = new Promise(done => this.process.once('exit', done));
      this.process.kill('SIGTERM');
      const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    await this.company.end();
  }
}
