// pack.mjs [FOLDER] - the plugins as packages that can be published: built, with types, README and a package.json of their own, as .tgz in
// FOLDER (packed). Backends are CommonJS, as Backstage's are; the frontend brings honk-client, honk-views and their styles with it.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = resolve(process.argv[2] ?? join(root, 'packed'));
const work = mkdtempSync(join(tmpdir(), 'honk-pack-'));
const bundled = ['honk-client', 'honk-views']; // published with whoever uses them

/** Of all plugins at once; each then takes its own. */
function types() {
  const out = join(work, 'types');
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rootDir', root, '--outDir', out];
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.pack.json'), ...options], { stdio: 'inherit' });
  return out;
}

async function bundle(folder, place, isFrontend) {
  await build({
    entryPoints: [join(folder, 'src/index.ts')],
    outfile: join(place, isFrontend ? 'dist/index.esm.js' : 'dist/index.cjs.js'),
    bundle: true,
    format: isFrontend ? 'esm' : 'cjs',
    platform: isFrontend ? 'browser' : 'node',
    target: 'es2022',
    jsx: 'automatic',
    sourcemap: true,
    logLevel: 'warning',
    plugins: [{ name: 'apart', setup: one => one.onResolve({ filter: /^[^.]/ }, apart) }],
  });
}

/** The graph is laid out beside the page, by a file of its own that whoever bundles the app has to find. */
async function bundleWorker(place) {
  const views = join(root, '../packages/honk-views/src/lineage');
  const output = join(place, 'dist/index.esm.js');
  await build({ entryPoints: [join(views, 'layout.worker.ts')], outfile: join(place, 'dist/layout.worker.js'), bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' });
  const text = readFileSync(output, 'utf8');
  if (!text.includes('./layout.worker.ts')) throw new Error('honk-views has its worker elsewhere: tools/pack.mjs has to follow');
  writeFileSync(output, text.replaceAll('./layout.worker.ts', './layout.worker.js'));
}

/** Packages stay packages; but for those that are bundled, whose own React is whoever's uses them. */
const apart = ({ path, kind }) => {
  const isOurs = kind === 'entry-point' || path.startsWith('/') || bundled.some(name => path === name || path.startsWith(`${name}/`));
  return isOurs ? undefined : { path, external: true };
};

function manifest(from, isFrontend) {
  const { devDependencies: _dev, private: _private, ...kept } = from;
  const main = isFrontend ? 'dist/index.esm.js' : 'dist/index.cjs.js';
  const style = isFrontend ? { './styles.css': './dist/index.esm.css' } : {};
  return {
    ...kept,
    ...(isFrontend ? { type: 'module' } : {}),
    main,
    types: 'dist/index.d.ts',
    exports: { '.': { types: './dist/index.d.ts', default: `./${main}` }, ...style, './package.json': './package.json' },
  };
}

mkdirSync(target, { recursive: true });
const declarations = types();
for (const name of readdirSync(join(root, 'plugins'))) {
  const folder = join(root, 'plugins', name);
  const place = join(work, name);
  const from = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const isFrontend = from.backstage.role === 'frontend-plugin';
  await bundle(folder, place, isFrontend);
  if (isFrontend) await bundleWorker(place);
  cpSync(join(declarations, 'plugins', name, 'src'), join(place, 'dist'), { recursive: true });
  for (const file of ['README.md', 'config.d.ts']) if (existsSync(join(folder, file))) cpSync(join(folder, file), join(place, file));
  writeFileSync(join(place, 'package.json'), `${JSON.stringify(manifest(from, isFrontend), null, 2)}\n`);
  execFileSync('npm', ['pack', '--pack-destination', target, '--loglevel=error'], { cwd: place, stdio: 'inherit' });
}
rmSync(work, { recursive: true });
