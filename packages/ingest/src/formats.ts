// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Clarity from './Clarity.js';
import type { Format } from './Format.js';
import * as Libreview from './Libreview.js';
import * as NightscoutJson from './NightscoutJson.js';

/** All formats, in the order in which they are tried: those that can be told surest come first. */
export const formats: Format[] = [Clarity.format, Libreview.format, NightscoutJson.format];
