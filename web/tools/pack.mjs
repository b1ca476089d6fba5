// pack.mjs DIST OUT.c - the portal's files as tables of C, each plain and as gzip and brotli make it.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [dist, out] = process.argv.slice(2);

function array(name, bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 40) rows.push('    ' + [...bytes.subarray(at, at + 40)].join(','));
  return `static const unsigned char ${name}[] = {\n${rows.join(',\n')}};\n`;
}

function pack(folder, file, index) {
  const type = types[extname(file)];
  if (type === undefined) throw new Error(`pack: '${file}' has an ending that the portal does not serve`);
  const plain = readFileSync(join(folder, file));
  const etag = createHash('sha256').update(plain).digest('hex').slice(0, 32);
  const codings = {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    brotli: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  };
  const kept = Object.entries(codings).filter(([coding, bytes]) => coding === 'plain' || bytes.length < plain.length);
  const arrays = kept.map(([coding, bytes]) => array(`${coding}_${index}`, bytes)).join('');
  const members = kept.map(([coding, bytes]) => `        .${coding} = {${coding}_${index}, ${bytes.length}},\n`).join('');
  return {
    arrays,
    row: `    {\n        .name = "${file}",\n        .type = "${type}",\n        .etag = "\\"${etag}\\"",\n${members}    },\n`,
  };
}

const folders = [
  [dist, ['index.html']],
  [join(dist, 'assets'), readdirSync(join(dist, 'assets')).sort()],
];
const packed = folders.flatMap(([folder, files]) => files.map(file => [folder, file])).map(([folder, file], index) => pack(folder, file, index));
writeFileSync(
  out,
  `/* Made by web/tools/pack.mjs. */\n#include "server/portal.h"\n\n${packed.map(p => p.arrays).join('\n')}\nconst PortalFile portal_files[] = {\n${packed
    .map(p => p.row)
    .join('')}    {.name = NULL},\n};\n`,
);
