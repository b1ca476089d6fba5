/* A real `honk serve` on the demo company, small and in a folder of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = process.env.HONK ?? fileURLToPath(new URL('../../../build/honk', import.meta.url));

export class Honk {
  static {
    if (!existsSync(program)) throw new Error(`there is no ${program}: make build, or set HONK`);
  }

  readonly folder = mkdtempSync(join(tmpdir(), 'honk-backstage-'));
  url = '';
  #process: ChildProcess | undefined;
  #port = '0';

  /** With so many listeners. */
  constructor(rows = 200) {
    execFileSync(program, ['demo', '--prepare', '--fresh', '--dir', this.folder, '--rows', String(rows)], { stdio: 'ignore' });
  }

  async start(): Promise<this> {
    const child = spawn(program, ['serve', '--port', this.#port, '--log', 'json'], { cwd: this.folder, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#process = child;
    this.url = await new Promise<string>((found, failed) => {
      let said = '';
      child.stdout!.on('data', (data: Buffer) => {
        said += data.toString();
        const match = /http:\/\/[0-9.:]+/.exec(said);
        if (match) found(match[0]);
      });
      child.once('exit', status => failed(new Error(`honk serve ended with ${status}: ${said}`)));
    });
    this.#port = new URL(this.url).port;
    return this;
  }

  honk(...words: string[]): string {
    return execFileSync(program, words, { cwd: this.folder, encoding: 'utf8' });
  }

  token(name: string): string {
    return this.honk('login', '--new', name).trim().split('\n')[0]!;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise(done => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function until<T>(look: () => T | Promise<T>, ms = 60_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen as NonNullable<T>;
    if (Date.now() > end) throw new Error(`it did not come: ${look}`);
    await new Promise(done => setTimeout(done, 50));
  }
}
