// build-app.mjs - the app, as plugin-app-backend serves it: Vite's files, the page as a template, and which configuration may be seen.
// Built again only when something that it is made of changed.
import { loadConfigSchema } from '@backstage/config-loader';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const app = join(root, 'packages/app');
const dist = join(app, 'dist');
const sources = ['package-lock.json', 'packages/app', 'plugins', '../packages'];

const apart = /^(node_modules|dist|test)$|\.test\.tsx?$|\.md$/; /* no part of the app */

function* files(path) {
  if (statSync(path).isFile()) yield path;
  else for (const name of readdirSync(path).sort()) if (!apart.test(name)) yield* files(join(path, name));
}

const hash = createHash('sha256');
for (const path of sources) for (const file of files(join(root, path))) hash.update(readFileSync(file));
const wanted = hash.digest('hex');
const mark = join(dist, '.hash');

if (!existsSync(mark) || readFileSync(mark, 'utf8') !== wanted) {
  console.log('the app of Backstage is built; that takes a minute or two');
  await build({ configFile: join(app, 'vite.config.ts'), logLevel: 'error' });
  copyFileSync(join(dist, 'index.html'), join(dist, 'index.html.tmpl'));
  const schema = await loadConfigSchema({ dependencies: ['app'], packagePaths: [join(app, 'package.json')] });
  writeFileSync(join(dist, '.config-schema.json'), JSON.stringify(schema.serialize()));
  writeFileSync(mark, wanted);
}
