// Copyright the Islet authors. AGPL-3.0-or-later.
// `npm run soak`: the suites of `npm test`, with more kills, more seeds and deeper fuzzing. Takes hours.
import { runAll } from './suites.mjs';

await runAll({ ISLET_SOAK: '1', FOUNDRY_PROFILE: 'soak' });
