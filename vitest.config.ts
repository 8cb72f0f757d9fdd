import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Tests read the sources of every room, so a stale build can never make one pass. */
const alias = [
  { find: /^@islet\/sim\/(.*)$/, replacement: `${root}sim/src/$1.ts` },
  { find: /^@islet\/(\w+)\/(.*)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

export default defineConfig({
  resolve: { alias },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'sim/src/**/*.test.ts',
      'promises/**/*.test.ts',
      'bench/**/*.test.mjs',
      'packages/web/e2e/**/*.test.ts',
    ],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
