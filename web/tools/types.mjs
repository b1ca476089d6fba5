// types.mjs [--check] - write the client's types from api/openapi.yaml; with --check only say whether they are current.
import { readFile, writeFile } from 'node:fs/promises';
import openapi, { astToString } from 'openapi-typescript';

const contract = new URL('../../api/openapi.yaml', import.meta.url);
const file = new URL('../packages/honk-client/src/schema.ts', import.meta.url);
const head = '/* Made from api/openapi.yaml by web/tools/types.mjs (npm run types): do not edit. */\n';
const text = head + astToString(await openapi(contract, { alphabetize: false }));

if (!process.argv.includes('--check')) {
  await writeFile(file, text);
} else if ((await readFile(file, 'utf8')) !== text) {
  console.error('web: the types in honk-client/src/schema.ts are older than api/openapi.yaml: run `npm run types` in web/');
  process.exitCode = 1;
}
