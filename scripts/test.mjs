// Copyright the Islet authors. AGPL-3.0-or-later.
// `npm test`: every test. Some 16 minutes on two cores, nearly all of it computing; ten is the aim.
import { runAll } from './suites.mjs';

await runAll();
