// Copyright the Islet authors. AGPL-3.0-or-later.
// A made-up person's readings in Tidepool's data model, with the quirks of its uploaders.
import { mgdlPerMmol, toMgdl } from '@islet/core/Glucose';
import type { Reading } from '@islet/core/Reading';
import * as Wall from '@islet/sim/Wall';

export type Quirks = {
  /** The API keeps five decimals of mmol/L; files of the uploader itself may be in mg/dL. */
  units?: 'mmol/L' | 'mg/dL';
  /** The device's clock was so many ms wrong. */
  clockWrongMs?: number;
  /** Records out of a phone's health store carry no device time. */
  deviceTime?: 'left-out';
  /** Wizards carry their bolus within. */
  wizards?: 'unjoined';
};

export type Row = { [name: string]: unknown };

export function write(life: Reading[], zone: string, quirks: Quirks = {}): Row[] {
  const rows: Row[] = [{ type: 'upload', uploadId: 'upid_1', deviceTags: ['cgm'], id: 'upload-1' }];
  for (const [i, reading] of life.entries()) rows.push(...row(reading, `r${i}`, zone, quirks));
  return rows;
}

function row(r: Reading, id: string, zone: string, quirks: Quirks): Row[] {
  const minutes = Wall.offsetMinutes(r.at, zone);
  const wrong = quirks.clockWrongMs ?? 0;
  const shown = new Date(r.at + minutes * 60_000 + wrong).toISOString().slice(0, 19);
  const clock =
    quirks.deviceTime === 'left-out'
      ? { origin: { name: 'com.apple.HealthKit', payload: { device: { name: 'CGMBLEKit' } } } }
      : {
          deviceTime: shown,
          timezoneOffset: minutes,
          conversionOffset: wrong,
          clockDriftOffset: 0,
          deviceId: 'dev-1',
        };
  const base = { id, time: new Date(r.at).toISOString(), uploadId: 'upid_1', ...clock };
  switch (r.kind) {
    case 'glucose': {
      const mgdl = toMgdl(r.value, r.unit);
      const units = quirks.units ?? 'mmol/L';
      const value = units === 'mg/dL' ? mgdl : Math.round((mgdl / mgdlPerMmol) * 1e5) / 1e5;
      const word = r.beyond && { annotations: [{ code: 'bg/out-of-range', value: r.beyond }] };
      return [{ ...base, type: r.method === 'meter' ? 'smbg' : 'cbg', units, value, ...word }];
    }
    case 'insulin': {
      const actingType = r.type === 'long' ? 'long' : 'rapid';
      return [
        {
          ...base,
          type: 'insulin',
          dose: { total: r.units, units: 'Units' },
          formulation: { simple: { actingType } },
        },
      ];
    }
    case 'carbs': {
      const bolus = { ...base, id: `${id}-bolus`, type: 'bolus', subType: 'normal', normal: r.grams / 10 };
      const wizard = { ...base, type: 'wizard', carbInput: r.grams, recommended: { net: r.grams / 10 } };
      if (quirks.wizards === 'unjoined') return [bolus, { ...wizard, bolus: { ...bolus, id: undefined } }];
      return [bolus, { ...wizard, bolus: `${id}-bolus` }];
    }
    case 'activity':
      return [
        { ...base, type: 'physicalActivity', duration: { units: 'minutes', value: r.durationMs / 60_000 } },
      ];
    default:
      return [{ ...base, type: 'deviceEvent', subType: 'alarm', alarmType: 'no_power' }];
  }
}
