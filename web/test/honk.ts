/* A real `honk serve` in a folder of its own: what the client is tested against. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = process.env.HONK ?? resolve(__dirname, '../../build/honk');
export const hasHonk = existsSync(program);

const config = `
stores: { shop: { driver: sqlite, path: shop.db } }
catalog: [ all.yaml ]
workers: 1
policy: { self_approval: false, soak: 0s }
roles: { approver: [ user:default/bo ], operator: [ user:default/ada, user:default/bo ], admin: [ local ] }
`;
const entities = `
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders-v1, annotations: { honk/dataset-url: "shop:orders_v1" } }
spec: { type: dataset, owner: sellers }
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders-v2, annotations: { honk/dataset-url: "shop:orders_v2" } }
spec: { type: dataset, owner: sellers }
---
apiVersion: honk/v1
kind: Migration
metadata: { name: orders, annotations: { honk/agent: honk-migration-agent } }
spec: { owner: sellers, source_dataset: orders-v1, target_dataset: orders-v2, migration_strategy: bulk-copy }
`;

export class HonkServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'honk-web-'));
  url = '';
  #process: ChildProcess | undefined;
  #port = '0';

  constructor() {
    writeFileSync(join(this.folder, 'honk.yaml'), config);
    writeFileSync(join(this.folder, 'all.yaml'), entities);
    execFileSync('sqlite3', [join(this.folder, 'shop.db'), "CREATE TABLE orders_v1 (id INTEGER PRIMARY KEY, what TEXT); INSERT INTO orders_v1 VALUES (1, 'a'), (2, 'b');"]);
  }

  async start(): Promise<void> {
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

export async function until<T>(look: () => T | Promise<T>, ms = 20_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen as NonNullable<T>;
    if (Date.now() > end) throw new Error(`it did not come: ${look}`);
    await new Promise(done => setTimeout(done, 20));
  }
}
