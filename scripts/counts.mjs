// Copyright the Islet authors. AGPL-3.0-or-later.
// How many tests passed, failed and were skipped, read from what vitest and forge report.
import { existsSync, readFileSync } from 'node:fs';

/** Counts of a vitest JSON report. A run that failed without a failed test (a file that does not load) is one failure. */
export function ofVitest(file, succeeded) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const broken = report.testResults.filter(
    (result) =>
      result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return blame(
    {
      passed: report.numPassedTests,
      failed: report.numFailedTests + broken,
      skipped: report.numPendingTests + report.numTodoTests,
    },
    succeeded,
  );
}

/** Counts of what `forge test` printed; its last line sums up all suites. */
export function ofForge(printed, succeeded) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are control characters
  const plain = printed.replace(/\u001b\[[0-9;]*m/g, '');
  const found = /Ran \d+ test suites?.*: (\d+) tests? passed, (\d+) failed, (\d+) skipped/.exec(plain);
  if (!found) return { passed: 0, failed: 1, skipped: 0 };
  return blame({ passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3]) }, succeeded);
}

/** A step that has no tests of its own counts only when it fails. */
export const ofStep = (succeeded) => blame({ passed: 0, failed: 0, skipped: 0 }, succeeded);

export const sum = (parts) => ({
  passed: parts.reduce((total, part) => total + part.passed, 0),
  failed: parts.reduce((total, part) => total + part.failed, 0),
  skipped: parts.reduce((total, part) => total + part.skipped, 0),
});

export const line = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;

function blame(counts, succeeded) {
  return succeeded || counts.failed ? counts : { ...counts, failed: 1 };
}
