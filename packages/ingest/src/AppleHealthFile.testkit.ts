// Copyright the Islet authors. AGPL-3.0-or-later.
// A made-up person's readings as Apple's Health app exports them.
import { mgdlPerMmol, toMgdl } from '@islet/core/Glucose';
import type { Reading } from '@islet/core/Reading';

export type Quirks = {
  unit?: 'mg/dL' | 'mmol/L';
  /** The offset of the phone on the day of the export, at which all times are written. */
  offset?: number;
  /** The app that wrote glucose. */
  app?: string;
  /** Whether the list of element names stands above, as in real exports. */
  doctype?: 'left-out';
};

const doctype = `<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT HealthData (ExportDate,Me,(Record|Workout)*)>
<!ATTLIST HealthData
  locale CDATA #REQUIRED
>
<!ENTITY trap "boom">
]>
`;

export function write(life: Reading[], quirks: Quirks = {}): string {
  const rows = life.map((r) => record(r, quirks)).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
${quirks.doctype === 'left-out' ? '' : doctype}<HealthData locale="en_GB">
 <ExportDate value="${time(Date.UTC(2026, 10, 23), quirks)}"/>
 <Me HKCharacteristicTypeIdentifierDateOfBirth="" HKCharacteristicTypeIdentifierBiologicalSex="HKBiologicalSexNotSet"/>
${rows}</HealthData>
`;
}

export function time(at: number, { offset = 60 }: Quirks): string {
  const local = new Date(at + offset * 60_000).toISOString();
  const size = Math.abs(offset);
  const zone = `${offset < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${String(size % 60).padStart(2, '0')}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone}`;
}

function record(r: Reading, quirks: Quirks): string {
  const end = 'durationMs' in r ? r.at + r.durationMs : r.at;
  const dates = `creationDate="${time(r.at, quirks)}" startDate="${time(r.at, quirks)}" endDate="${time(end, quirks)}"`;
  const quantity = (type: string, unit: string, value: number, app = 'Diary', inner = '') =>
    ` <Record type="HKQuantityTypeIdentifier${type}" sourceName="${app}" sourceVersion="1" device="&lt;&lt;HKDevice: 0x1&gt;, name:${app}&gt;" unit="${unit}" ${dates} value="${value}"${inner ? `>\n${inner} </Record>` : '/>'}\n`;
  switch (r.kind) {
    case 'glucose': {
      const mmol = quirks.unit === 'mmol/L';
      const mgdl = toMgdl(r.value, r.unit);
      const value = mmol ? mgdl / mgdlPerMmol : mgdl;
      return quantity(
        'BloodGlucose',
        mmol ? 'mmol&lt;180.1558800000541&gt;/L' : 'mg/dL',
        value,
        quirks.app ?? 'Dexcom G6',
      );
    }
    case 'insulin': {
      const reason = `  <MetadataEntry key="HKInsulinDeliveryReason" value="${r.type === 'long' ? 1 : 2}"/>\n`;
      return quantity('InsulinDelivery', 'IU', r.units, 'Diary', reason);
    }
    case 'carbs':
      return quantity('DietaryCarbohydrates', 'g', r.grams);
    case 'activity':
      return ` <Workout workoutActivityType="HKWorkoutActivityTypeRunning" duration="1" durationUnit="min" sourceName="Watch" ${dates}>
  <MetadataEntry key="HKTimeZone" value="Europe/Madrid"/>
  <WorkoutRoute sourceName="Watch"><Location latitude="0" longitude="0"/></WorkoutRoute>
 </Workout>\n`;
    default:
      return quantity('BodyMassIndex', 'count', 22.5);
  }
}
