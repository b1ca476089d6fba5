// world.mjs - a small company with a real server: what the browser looks at.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const program = process.env.HONK ?? fileURLToPath(new URL('../../build/honk', import.meta.url));

/** The demo's company, prepared and served; its people one click apart. */
export class Company {
  /** `isSick`: services whose new revision begins well and then is not, once `fallIll()` was called. */
  constructor({ users = 400, isSick = false } = {}) {
    this.isSick = isSick;
    this.base = mkdtempSync(join(tmpdir(), 'honk-e2e-'));
    this.folder = join(this.base, 'demo');
    this.users = users;
    this.port = '0';
    this.env = { ...process.env };
  }

  async begin() {
    execFileSync(program, ['demo', '--prepare', '--dir', this.folder, '--rows', String(this.users)], { cwd: this.base, stdio: 'ignore' });
    if (this.isSick) this.#preparePython();
    await this.serve();
    const services = ['profile', 'sign-up'];
    for (const service of services) this.honk('rollout', 'start', service, '--reason', 'first start');
    for (const service of services) await until(() => JSON.parse(this.honk('rollout', 'list', '--all', '--json')).items?.some(row => row.service === service && row.state === 'healthy'), `${service} to run`);
  }

  async serve() {
    this.process = spawn(program, ['serve', '--port', this.port, '--log', 'json', '--people', 'user:default/ada,user:default/bo'], { cwd: this.folder, stdio: ['ignore', 'pipe', 'ignore'], env: this.env });
    this.url = await new Promise((found, failed) => {
      let said = '';
      this.process.stdout.on('data', data => {
        said += data;
        const match = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
        if (match) found(match[0]);
      });
      this.process.once('exit', status => failed(new Error(`honk serve ended with ${status}: ${said}`)));
    });
    this.port = new URL(this.url).port;
  }

  /**
   * A python3 before the real one: with the new dataset it answers four times, ever more slowly, and then everything with 503, like a service
   * that runs out of something. So it is ready, gets its share of the traffic, and is found out by its checks; by their number, not by a clock.
   */
  #preparePython() {
    const bin = join(this.base, 'bin');
    mkdirSync(bin);
    const real = execFileSync('sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).trim();
    writeFileSync(
      join(this.base, 'sick.py'),
      `import http.server, os, time
class Sick(http.server.BaseHTTPRequestHandler):
    answers = 0
    def do_GET(self):
        Sick.answers += 1
        time.sleep(0.02 * Sick.answers)
        if Sick.answers > 4:
            return self.send_error(503, 'sick')
        self.send_response(200)
        self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), Sick).serve_forever()
`,
    );
    writeFileSync(join(bin, 'python3'), `#!/bin/sh\ncase "$USERS" in *users_v2*) [ -f ${this.base}/ill ] && exec ${real} ${this.base}/sick.py ;; esac\nexec ${real} "$@"\n`, { mode: 0o755 });
    this.env.PATH = `${bin}:${process.env.PATH}`;
  }

  /** From the next start on, each service waits for a person's word after its first new instance. The server must not run. */
  putGates() {
    const settings = join(this.folder, 'honk.yaml');
    const text = readFileSync(settings, 'utf8');
    const gated = text.replace('steps: [ 1, "100%" ]', 'steps: [ { to: 1, gate: "look at the canary" }, "100%" ]');
    if (gated === text) throw new Error('honk.yaml has other steps by now');
    writeFileSync(settings, gated);
  }

  fallIll() {
    writeFileSync(join(this.base, 'ill'), '');
  }

  /** As many migrations as that, all over: rows, not work. The server must not run. */
  pretend(count) {
    const state = join(this.folder, '.honk', 'state.db');
    const columns = execFileSync('sqlite3', [state, "SELECT group_concat(name) FROM pragma_table_info('plan')"], { encoding: 'utf8' }).trim().split(',');
    const values = columns.map(name => ({ n: '(SELECT max(n) FROM plan) + i', id: "'m-0' || printf('%018d', i)", state: "'cancelled'", migration: "'component:default/old-' || i", ended_ms: 'created_ms + 1000' })[name] ?? name);
    execFileSync('sqlite3', [state, `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${count}) INSERT INTO plan (${columns}) SELECT ${values} FROM c, (SELECT * FROM plan WHERE kind = 'migration' LIMIT 1)`]);
  }

  honk(...words) {
    return execFileSync(program, words, { cwd: this.folder, encoding: 'utf8' });
  }

  token(name) {
    return this.honk('login', '--new', name).trim().split('\n')[0];
  }

  async stop(signal = 'SIGTERM') {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(done => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  /** Services belong to nobody's process tree: those of this folder are ended by their ids. */
  async end() {
    await this.stop();
    for (const id of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
      if (this.#isOurs(id)) {
        try {
          process.kill(Number(id), 'SIGKILL');
        } catch {
          /* it ended by itself */
        }
      }
    rmSync(this.base, { recursive: true, force: true });
  }

  #isOurs(id) {
    try {
      return readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(`DATABASE=${this.folder}/listening.db`);
    } catch {
      return false;
    }
  }
}

/** What Ada asks for. */
export const usersV2 = ['name=users-v2', 'owner=identity', 'source_dataset=users-v1', 'target_dataset=users-v2', 'mapping_file=mappings/users.yaml', 'fleet_group=listening'].flatMap(word => ['--set', word]);

/** Ask until it is so. */
export async function until(look, what, ms = 60_000) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise(done => setTimeout(done, 50))) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Cases in the words of TAP. Stops at the first that fails: each stands on those before. */
export class Cases {
  #count = 0;
  failed = false;

  async run(name, what) {
    this.#count += 1;
    if (this.failed) return void console.log(`ok ${this.#count} - ${name} # SKIP after a failure`);
    const begin = Date.now();
    try {
      await what();
      console.log(`ok ${this.#count} - ${name} # ${Date.now() - begin} ms`);
    } catch (error) {
      this.failed = true;
      console.log(`not ok ${this.#count} - ${name}`);
      console.log(String(error?.stack ?? error).replace(/^/gm, '# '));
    }
  }

  end() {
    console.log(`1..${this.#count}`);
    process.exitCode = this.failed ? 1 : 0;
  }
}
