// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Paired } from '../DeviceKeys.js';
import { ENTRIES_ANSWERED } from '../limits.js';
import type { Collection } from './Collection.js';
import { type Nightscout, zoneOf } from './Context.js';
import { type Fields, numberOf, textOf } from './Json.js';
import * as Reads from './Reads.js';

/** The records of the last days in the shape that Nightscout gives its own pages. */
export type Live = {
  sgvs: Fields[];
  mbgs: Fields[];
  cals: Fields[];
  treatments: Fields[];
  profiles: Fields[];
  devicestatus: Fields[];
  food: Fields[];
  activity: Fields[];
  lastUpdated: number;
};

export function find(
  { keys, stateOf }: Nightscout,
  who: Paired,
  collection: Collection,
  from: number,
  count = ENTRIES_ANSWERED,
): Fields[] {
  const range = { from, to: Number.POSITIVE_INFINITY };
  const question = { tests: [], range, count };
  return Reads.find(keys.local, who, stateOf(who.account), collection, question, zoneOf(who)).map(
    ({ fields }) => fields,
  );
}

/** Everything since a moment, oldest first. */
export function of(context: Nightscout, who: Paired, from: number): Live {
  const all = (collection: Collection, since = from) => find(context, who, collection, since).reverse();
  const entries = all('entries');
  return {
    ...entriesOf(entries),
    treatments: all('treatments').map(timed),
    profiles: find(context, who, 'profile', Number.NEGATIVE_INFINITY, 10),
    devicestatus: all('devicestatus').map(timed),
    food: [],
    activity: all('activity').map(timed),
    lastUpdated: context.now(),
  };
}

export function entriesOf(entries: Fields[]): Pick<Live, 'sgvs' | 'mbgs' | 'cals'> {
  return {
    sgvs: entries.filter(({ type }) => type === 'sgv').map(sgvOf),
    mbgs: entries
      .filter(({ type }) => type === 'mbg')
      .map((e) => ({ _id: e._id!, mgdl: e.mbg!, mills: e.date!, device: e.device ?? '', type: 'mbg' })),
    cals: entries
      .filter(({ type }) => type === 'cal')
      .map((e) => ({
        mills: e.date!,
        scale: e.scale ?? 1,
        intercept: e.intercept ?? 0,
        slope: e.slope ?? 0,
        type: 'cal',
      })),
  };
}

export const sgvOf = (e: Fields): Fields => ({
  _id: e._id!,
  mgdl: e.sgv ?? 0,
  mills: e.date!,
  device: e.device ?? '',
  direction: e.direction ?? 'NONE',
  filtered: e.filtered ?? 0,
  unfiltered: e.unfiltered ?? 0,
  noise: e.noise ?? 1,
  rssi: e.rssi ?? 100,
  type: 'sgv',
});

/** With its time in ms, as Nightscout's pages have it. */
export const timed = (fields: Fields): Fields => {
  const said = textOf(fields.created_at);
  const mills = said ? Date.parse(said) : numberOf(fields.date);
  return { ...fields, mills: mills ?? 0 };
};
