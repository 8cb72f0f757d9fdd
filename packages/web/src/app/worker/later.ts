// Copyright the Islet authors. AGPL-3.0-or-later.
import * as circling from './circling.js';
import * as guarding from './guarding.js';
import * as helping from './helping.js';
import * as returning from './returning.js';
import * as signing from './signing.js';

export const calls = { ...circling, ...guarding, ...helping, ...returning, ...signing };
