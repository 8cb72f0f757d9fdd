// Copyright the Islet authors. AGPL-3.0-or-later.
import { displayMgdl } from '@islet/core/Glucose';
import type { Reading } from '@islet/core/Reading';
import { from } from './Seeded.js';
import * as Wall from './Wall.js';

export type Quirks = {
  seed?: number | string;
  /** The zone of the phone. */
  zone: string;
  /** Who uploads: `xdrip` writes zones without a colon, `iaps` its own `_id` and nulls, `loop` times with decimals. */
  client?: 'xdrip' | 'iaps' | 'loop';
  /** Whether numbers are written as numbers or as texts. */
  numbers?: 'numbers' | 'texts';
};

/** One entry of the Nightscout API, ready for `JSON.stringify`. */
export type Entry = { [field: string]: string | number | boolean | null };

export type Written = {
  bytes: Uint8Array;
  entries: Entry[];
  glucose: { at: number; value: number; id: string | null }[];
};

/** Glucose readings as a Nightscout entries export: newest first, 39 and 401 for the sensor's words. */
export function write(readings: Reading[], quirks: Quirks): Written {
  const random = from(`${quirks.seed ?? 0}/nightscout`);
  const number = (value: number) => (quirks.numbers === 'texts' ? String(value) : value);
  const entries: Entry[] = [];
  const glucose: Written['glucose'] = [];
  for (const r of readings) {
    if (r.kind !== 'glucose') continue;
    const sgv = r.beyond === 'low' ? 39 : r.beyond === 'high' ? 401 : displayMgdl(r.value, r.unit);
    const iso = new Date(r.at).toISOString();
    const utcOffset = Wall.offsetMinutes(r.at, quirks.zone);
    const id = quirks.client === 'iaps' ? uuid(random) : null;
    glucose.push({ at: r.at, value: sgv, id });
    const base: Entry = { type: 'sgv', sgv: number(sgv), direction: 'Flat' };
    if (quirks.client === 'iaps') {
      entries.push({
        _id: id,
        ...base,
        date: r.at,
        dateString: iso,
        sysTime: iso,
        utcOffset: 0,
        noise: null,
      });
    } else if (quirks.client === 'loop') {
      const date = r.at + Math.floor(random.uniform() * 400) / 1000;
      entries.push({
        ...base,
        date: number(date),
        dateString: `${iso.slice(0, 19)}Z`,
        device: 'loop://iPhone',
      });
    } else {
      entries.push({
        ...base,
        device: 'xDrip-DexcomG5',
        date: number(r.at),
        dateString: zoned(r.at, utcOffset),
        sysTime: zoned(r.at, utcOffset),
        noise: 1,
      });
    }
  }
  entries.reverse();
  return { bytes: new TextEncoder().encode(JSON.stringify(entries)), entries, glucose };
}

function zoned(at: number, offset: number): string {
  const local = new Date(at + offset * 60_000).toISOString().slice(0, 23);
  const size = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${Wall.padded(Math.floor(size / 60))}${Wall.padded(size % 60)}`;
}

function uuid(random: { whole(low: number, high: number): number }): string {
  const hex = (length: number) => Array.from({ length }, () => random.whole(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`.toUpperCase();
}
