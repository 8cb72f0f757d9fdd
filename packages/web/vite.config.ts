// Copyright the Islet authors. AGPL-3.0-or-later.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const packages = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  // The sources of every room, so that a stale build never gets into the app.
  resolve: { alias: [{ find: /^@islet\/(\w+)\/(.*)$/, replacement: `${packages}$1/src/$2.ts` }] },
  worker: { format: 'es' },
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    // Who needs what, for the budgets; taken out of what is served (scripts/app/Build.mjs).
    manifest: 'chunks.json',
    rolldownOptions: {
      input: {
        index: fileURLToPath(new URL('index.html', import.meta.url)),
        sw: fileURLToPath(new URL('src/sw/sw.ts', import.meta.url)),
      },
      // A service worker keeps its name: browsers look there for the next one.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
});
