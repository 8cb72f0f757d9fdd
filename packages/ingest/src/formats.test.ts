// Copyright the Islet authors. AGPL-3.0-or-later.
// Each file is known for what it is among all formats, in an archive too, and every row is accounted for.
import * as Person from '@islet/sim/Person';
import { gzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import * as AppleHealthFile from './AppleHealthFile.testkit.js';
import * as FhirFile from './FhirFile.testkit.js';
import { formats } from './formats.js';
import * as Import from './Import.js';
import * as Real from './real.testkit.js';
import * as TidepoolFile from './TidepoolFile.testkit.js';

const zone = 'Europe/Madrid';
const now = Date.UTC(2026, 10, 23);
const life = Person.days('formats', { firstAt: Date.UTC(2026, 9, 22, 22), days: 2, zone });
const utf8 = (text: string) => new TextEncoder().encode(text);

function read(bytes: Uint8Array) {
  const { format, summary } = Import.read(bytes, { zone, now });
  const { rows, produced, untimed, duplicates, refused } = summary;
  expect(rows).toBe(produced + untimed + duplicates + refused.length);
  return { format, ...summary };
}

const resources = FhirFile.write(life, zone);
const twins: [name: string, text: string, rows: number][] = [
  ['tidepool', JSON.stringify(TidepoolFile.write(life, zone)), TidepoolFile.write(life, zone).length],
  ['apple-health', AppleHealthFile.write(life), life.length + 2],
  ['fhir', JSON.stringify(FhirFile.bundle(resources)), resources.length],
  ['fhir', resources.map((r) => JSON.stringify(r)).join('\n'), resources.length],
  [
    'open-mhealth',
    '[{"blood_glucose":{"unit":"mg/dL","value":95},"effective_time_frame":{"date_time":"2026-02-05T07:25:00Z"}}]',
    1,
  ],
  ['sidiary', 'DAY;TIME;UDT_CGMS;BG_LEVEL;CH_GR;BOLUS;REMARK\n14.05.2026;19:20;115;;;;\n', 1],
  [
    'ipro2',
    'Clinic\n\nIndex\tTimestamp\tSensor Glucose (mg/dl)\tISIG Value\n1\t13-05-26 10:00:00\t110\t22\n',
    1,
  ],
  ['sibionics', 'Time\tSensor Reading(mg/dL)\n08-10-2026 14:05 GMT+8\t101\n', 1],
];

describe('among all formats', () => {
  test('each has a name of its own', () => {
    expect(new Set(formats.map((f) => f.name)).size).toBe(formats.length);
  });

  test.each(twins)('a %s file is known, and all its rows are counted', (name, text, rows) => {
    expect(read(utf8(text))).toMatchObject({ format: name, rows });
  });

  test('an Apple Health export is known in the archive that the phone makes', () => {
    const xml = utf8(AppleHealthFile.write(life));
    const archive = zipSync({ 'apple_health_export/export.xml': xml });
    expect(read(archive)).toMatchObject({ format: 'apple-health', rows: life.length + 2 });
    expect(read(gzipSync(xml))).toMatchObject({ format: 'apple-health', rows: life.length + 2 });
  });
});

/** Results of other programs, a table of our own simulator, and documents without content. */
const noExport = /_cleaned_expected\.csv$|\/empty-document\.json$|^simulated-lt1\/summary\.json$/;
const folders = [
  'apple-health',
  'azt1d',
  'dexcom-clarity',
  'glooko',
  'librelinkup',
  'libreview',
  'medtronic-carelink',
  'nightscout',
  'openmhealth',
  'simulated-lt1',
  'tidepool',
];

describe.skipIf(!Real.present)('every real file', () => {
  const files = Real.present ? folders.flatMap(Real.list) : [];
  test.each(files)('%s: each of its rows is accounted for', (file) => {
    const run = () => Import.read(Real.bytes(file), { zone, now });
    if (noExport.test(file)) {
      expect(run).toThrow(expect.objectContaining({ code: 'INGEST_UNRECOGNISED' }));
      return;
    }
    const { readings, summary } = run();
    const { rows, produced, untimed, duplicates, refusedRows } = summary;
    expect(rows).toBe(produced + untimed + duplicates + refusedRows);
    expect(rows).toBeGreaterThan(0);
    expect(Object.values(summary.readings).reduce((a, b) => a + b)).toBe(readings.length);
  });
});

describe.skipIf(!Real.present)('real files', () => {
  test.each([
    ['tidepool/device-Loop.json', 'tidepool', 10],
    ['tidepool/service-dexcomapi.json', 'tidepool', 3],
    ['tidepool/device-Omnipod.json', 'tidepool', 347],
    ['tidepool/tandem_ciq_tidepool_mgdl.json', 'tidepool', 1000],
    ['tidepool/tandem_ciq_fhir_result.json', 'fhir', 958],
    ['apple-health/export.xml', 'apple-health', 7],
    ['hl7-cgm-ig-1.0.0/Observation-cgmSensorReadingMassPerVolumeExample.json', 'fhir', 1],
    ['openmhealth/blood-glucose/4.0/shouldPass/with-everything.json', 'open-mhealth', 1],
    ['openmhealth/step-count/3.0/shouldPass/valid-step-count.json', 'open-mhealth', 1],
  ])('%s is known as %s', (name, format, rows) => {
    expect(read(Real.bytes(name))).toMatchObject({ format, rows });
  });
});
