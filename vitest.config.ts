import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { Longest } from './scripts/Longest.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Tests read the sources of every room, so a stale build can never make one pass. */
const alias = [
  { find: /^@islet\/sim\/(.*)$/, replacement: `${root}sim/src/$1.ts` },
  { find: /^@islet\/(\w+)\/(.*)$/, replacement: `${root}packages/$1/src/$2.ts` },
];

/** Tests that start processes, kill them, wait for real time, or take a minute: `npm test` runs them, the gate does not. */
const slow = [
  'packages/*/src/**/kill.test.ts',
  'packages/*/src/**/process.test.ts',
  'packages/*/src/**/[cC]rash*.test.ts',
  'packages/*/src/**/*Faults.test.ts',
  'packages/*/src/**/forgery.test.ts',
  'packages/*/src/**/walk.test.ts',
  'packages/cli/src/**/*.test.ts',
  'packages/web/e2e/**/*.test.ts',
  'promises/**/*.test.ts',
];

export default defineConfig({
  resolve: { alias },
  test: {
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // One more than two cores: tests that start processes of their own wait for them half of the time.
    maxWorkers: 3,
    sequence: { sequencer: Longest },
    // A test leaves nothing behind in its process: a third of the time was loading the same modules again.
    isolate: false,
    projects: [
      { extends: true, test: { name: 'slow', include: slow } },
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['packages/*/src/**/*.test.ts', 'sim/src/**/*.test.ts', 'bench/**/*.test.mjs'],
          exclude: slow,
        },
      },
    ],
  },
});
