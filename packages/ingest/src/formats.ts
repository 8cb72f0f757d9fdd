// Copyright the Islet authors. AGPL-3.0-or-later.
import * as AppleHealth from './AppleHealth.js';
import * as Azt1d from './Azt1d.js';
import * as CareLinkConnect from './CareLinkConnect.js';
import * as CareLinkCsv from './CareLinkCsv.js';
import * as Clarity from './Clarity.js';
import * as DexcomApi from './DexcomApi.js';
import * as DexcomShare from './DexcomShare.js';
import * as Fhir from './Fhir.js';
import type { Format } from './Format.js';
import * as Glooko from './Glooko.js';
import * as Ipro2 from './Ipro2.js';
import * as LibreLinkUp from './LibreLinkUp.js';
import * as Libreview from './Libreview.js';
import * as Nightscout from './Nightscout.js';
import * as NightscoutCsv from './NightscoutCsv.js';
import * as NightscoutExporter from './NightscoutExporter.js';
import * as OpenMHealth from './OpenMHealth.js';
import * as Sibionics from './Sibionics.js';
import * as SiDiary from './SiDiary.js';
import * as Tidepool from './Tidepool.js';

/** All formats, in the order in which they are tried: those that can be told surest come first. */
export const formats: Format[] = [
  Clarity.format,
  Libreview.format,
  Ipro2.format,
  CareLinkCsv.format,
  Glooko.format,
  Azt1d.format,
  SiDiary.format,
  Sibionics.format,
  NightscoutExporter.format,
  NightscoutCsv.format,
  DexcomShare.format,
  DexcomApi.format,
  LibreLinkUp.format,
  CareLinkConnect.format,
  Tidepool.format,
  OpenMHealth.format,
  Fhir.format,
  AppleHealth.format,
  Nightscout.format,
];
