// Copyright the Islet authors. AGPL-3.0-or-later.
// `npm test`: every test, in under ten minutes on two cores.
import { runAll } from './suites.mjs';

await runAll();
