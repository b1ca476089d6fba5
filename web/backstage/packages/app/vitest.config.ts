import { mergeConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import app from './vite.config';

/* The plugin's components in a Backstage of the tests' own. Its packages are written for a bundler, and so are bundled. */
export default mergeConfig(
  { ...app, define: { global: 'globalThis' } },
  defineConfig({
    test: {
      environment: 'jsdom',
      globals: true,
      include: ['test/*.test.tsx'],
      testTimeout: 30_000,
      reporters: process.env.HONK_TAP ? ['tap-flat'] : ['default'],
      css: false,
      server: { deps: { inline: [/@backstage\//, /@material-ui\//, /@mui\//, /material-ui-popup-state/] } },
    },
  }),
);
