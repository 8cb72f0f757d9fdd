// Copyright the Islet authors. AGPL-3.0-or-later.
import { mgdlPerMmol } from '@islet/core/Glucose';
import type { Paired } from '../DeviceKeys.js';
import { LIVE_MS } from '../limits.js';
import type { Nightscout } from './Context.js';
import { at, type Fields, type Json, numberOf, textOf } from './Json.js';
import * as Live from './Live.js';
import { unitsOf } from './Status.js';

const minute = 60_000;

/** What Nightscout computes of the newest records. Of what is not known, or not for this device, there is nothing. */
export function of(context: Nightscout, who: Paired): Fields {
  const now = context.now();
  const units = unitsOf(context, who);
  const sgvs = Live.find(context, who, 'entries', now - 30 * minute)
    .filter(({ type, sgv }) => type === 'sgv' && (numberOf(sgv) ?? 0) > 12)
    .map(Live.sgvOf);
  const statuses = Live.find(context, who, 'devicestatus', now - LIVE_MS, 50);
  const found: Fields = { dbsize: { display: '0%', status: 'current', totalDataSize: 0, dataPercentage: 0 } };
  const bgnow = bgNow(sgvs, units);
  if (bgnow) found.bgnow = bgnow;
  const delta = deltaOf(sgvs, units);
  if (delta) found.delta = delta;
  const direction = textOf(sgvs[0]?.direction);
  if (direction)
    found.direction = {
      value: direction,
      display: arrows[direction] ?? '-',
      label: arrows[direction] ?? '-',
    };
  const iob = newest(statuses, ['loop.iob.iob', 'openaps.iob.iob', 'openaps.iob.0.iob', 'pump.iob.bolusiob']);
  if (iob)
    found.iob = {
      iob: iob.value,
      display: iob.value.toFixed(2),
      displayLine: `IOB: ${iob.value.toFixed(2)}U`,
      mills: iob.mills,
    };
  const cob = newest(statuses, ['loop.cob.cob', 'openaps.suggested.COB', 'openaps.enacted.COB']);
  if (cob)
    found.cob = {
      cob: cob.value,
      display: Math.round(cob.value),
      displayLine: `COB: ${Math.round(cob.value)}g`,
      mills: cob.mills,
    };
  const battery = newest(statuses, ['uploader.battery', 'uploaderBattery']);
  if (battery)
    found.upbat = {
      display: `${Math.round(battery.value)}%`,
      level: levelOf(battery.value),
      mills: battery.mills,
    };
  const reservoir = newest(statuses, ['pump.reservoir']);
  if (reservoir)
    found.pump = {
      data: { reservoir: { value: reservoir.value, display: `${reservoir.value.toFixed(1)}U` } },
    };
  return found;
}

const levelOf = (value: number): number => (value >= 95 ? 100 : value >= 55 ? 75 : value >= 30 ? 50 : 25);

const arrows: { [direction: string]: string } = {
  DoubleUp: '⇈',
  SingleUp: '↑',
  FortyFiveUp: '↗',
  Flat: '→',
  FortyFiveDown: '↘',
  SingleDown: '↓',
  DoubleDown: '⇊',
};

export const scaled = (mgdl: number, units: 'mg/dl' | 'mmol'): number =>
  units === 'mmol' ? Math.round((mgdl / mgdlPerMmol) * 10) / 10 : Math.round(mgdl);

/** The newest status that has a number in one of these places. */
export function newest(statuses: Fields[], paths: string[]): { value: number; mills: number } | undefined {
  for (const status of statuses)
    for (const path of paths) {
      const value = numberOf(at(status, path));
      if (value !== undefined) return { value, mills: Number(Live.timed(status).mills) };
    }
  return undefined;
}

function bgNow(sgvs: Fields[], units: 'mg/dl' | 'mmol'): Json | undefined {
  const [first] = sgvs;
  if (!first) return undefined;
  const mgdl = Number(first.mgdl);
  return {
    mean: mgdl,
    last: mgdl,
    mills: first.mills!,
    index: 0,
    fromMills: Number(first.mills) - 5 * minute,
    toMills: Number(first.mills),
    errors: [],
    sgvs: [{ ...first, scaled: scaled(mgdl, units) }],
  };
}

/** The change to the value some five minutes before, as if it were five minutes exactly. */
export function deltaOf(sgvs: Fields[], units: 'mg/dl' | 'mmol'): Fields | undefined {
  const [first] = sgvs;
  if (!first) return undefined;
  const here = Number(first.mills);
  const before = sgvs.find(
    ({ mills }) => here - Number(mills) >= 4 * minute && here - Number(mills) <= 16 * minute,
  );
  if (!before) return undefined;
  const elapsedMins = (here - Number(before.mills)) / minute;
  const absolute = Number(first.mgdl) - Number(before.mgdl);
  const interpolated = elapsedMins > 9;
  const mgdl = Math.round(interpolated ? (absolute / elapsedMins) * 5 : absolute);
  const change = scaled(mgdl, units);
  return {
    absolute,
    elapsedMins,
    interpolated,
    mean5MinsAgo: Number(first.mgdl) - mgdl,
    mgdl,
    scaled: change,
    display: `${change >= 0 ? '+' : ''}${change}`,
    previous: before,
    times: { recent: here, previous: before.mills! },
  };
}
