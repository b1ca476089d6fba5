// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

it('the types are those of api/openapi.yaml', () => {
  const root = resolve(__dirname, '../../..');
  expect(() => execFileSync(process.execPath, ['tools/types.mjs', '--check'], { cwd: root, stdio: 'pipe' })).not.toThrow();
});
