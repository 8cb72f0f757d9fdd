// Copyright the Islet authors. AGPL-3.0-or-later.
import { BaseSequencer } from 'vitest/node';

/** What takes a minute or more, the longest first. A clean clone has no times of its own, and would begin some of these last. */
const longest = [
  'custodian/src/walk',
  'e2e/consent',
  'e2e/guardians',
  'promises/erasure',
  'promises/move',
  'e2e/app',
  'promises/presets',
  'e2e/passkey',
  'promises/bad-input',
  'promises/recovery',
  'promises/losses',
  'promises/kills',
  'promises/files',
  'promises/time',
];

/** Begins with the longest, so that none runs on alone at the end. */
export class Longest extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId }) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
