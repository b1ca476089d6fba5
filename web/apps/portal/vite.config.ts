import { defineConfig } from 'vite';

// One page, small files, nothing inline: the server's policy for content allows only files of its own.
export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  esbuild: { jsx: 'automatic', legalComments: 'none' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2021',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { manualChunks: { react: ['react', 'react-dom'] } } },
  },
  worker: { format: 'es' },
  server: { proxy: {} },
});
