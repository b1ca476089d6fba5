import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/* What Backstage's packages expect of their bundler. One React: those of the links beside this workspace are not taken. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  define: {
    'process.env.NODE_ENV': JSON.stringify('production'),
    'process.env.APP_CONFIG': '[]',
    'process.env': '{}',
    global: 'globalThis',
  },
  resolve: { dedupe: ['react', 'react-dom', 'react-router', 'react-router-dom'] },
  build: { outDir: 'dist', assetsDir: 'static', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 20_000 },
  worker: { format: 'es' },
});
