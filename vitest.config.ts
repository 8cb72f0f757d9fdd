import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Tests read the sources of every room, so a stale build can never make one pass. */
const alias = [
  { find: /^@islet\/sim\/(.*)$/, replacement: `${root}sim/src/$1.ts` },
  { find: /^@islet\/(\w+)\/(.*)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

/** Rooms whose tests leave nothing behind in their process: a third of their time was loading the same modules again. */
const shared = ['core', 'ingest', 'fhir', 'chain', 'client'].map(
  (room) => `packages/${room}/src/**/*.test.ts`,
);
shared.push('sim/src/**/*.test.ts', 'bench/**/*.test.mjs');

export default defineConfig({
  resolve: { alias },
  test: {
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'shared', include: shared, isolate: false } },
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['packages/*/{src,e2e}/**/*.test.ts', 'promises/**/*.test.ts'],
          exclude: shared,
        },
      },
    ],
  },
});
