// Copyright the Islet authors. AGPL-3.0-or-later.
import * as CareLinkConnect from './CareLinkConnect.js';
import * as Clarity from './Clarity.js';
import * as DexcomApi from './DexcomApi.js';
import * as DexcomShare from './DexcomShare.js';
import type { Format } from './Format.js';
import * as LibreLinkUp from './LibreLinkUp.js';
import * as Libreview from './Libreview.js';
import * as Nightscout from './Nightscout.js';

/** All formats, in the order in which they are tried: those that can be told surest come first. */
export const formats: Format[] = [
  Clarity.format,
  Libreview.format,
  DexcomShare.format,
  DexcomApi.format,
  LibreLinkUp.format,
  CareLinkConnect.format,
  Nightscout.format,
];
