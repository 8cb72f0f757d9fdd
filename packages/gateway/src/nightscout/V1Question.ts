// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Context as Call } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import { ENTRIES_ANSWERED, ENTRIES_DAYS } from '../limits.js';
import { malformed } from '../Refusal.js';
import type * as Collection from './Collection.js';
import { type Nightscout, paramsOf, zoneOf } from './Context.js';
import * as Identity from './Identity.js';
import * as Query from './Query.js';
import type * as Reads from './Reads.js';

const dayMs = 86_400_000;

/** Records answered where the client does not say how many: alone, and to a question. */
const counts: { [C in Collection.Collection]: [number, number] } = {
  entries: [10, 10],
  treatments: [100, 1000],
  devicestatus: [10, 10],
  profile: [10, 10],
  food: [1000, 1000],
  activity: [10, 1000],
  settings: [10, 10],
};
/** Collections of which, by default, only the last days are looked at. */
const recent: readonly Collection.Collection[] = ['entries', 'treatments', 'devicestatus'];
const types = ['sgv', 'mbg', 'cal', 'etc'];

/** The part after a collection: a type, an id, a word of its own, or nothing. */
export function parse(
  { now }: Nightscout,
  who: Paired,
  c: Call,
  collection: Collection.Collection,
  rest: string[],
): Reads.Question {
  const params = paramsOf(c);
  const tests = Query.parse(params);
  const [spec = ''] = rest;
  let count = countOf(params.get('count'), counts[collection][tests.length > 0 ? 1 : 0]);
  if (collection === 'entries' && spec === 'current') {
    tests.push({ is: 'field', field: 'type', operator: '$eq', value: 'sgv' });
    count = 1;
  } else if (collection === 'entries' && types.includes(spec))
    tests.push({ is: 'field', field: 'type', operator: '$eq', value: spec });
  else if (collection === 'profile' && spec === 'current') count = 1;
  else if (collection === 'food' && (spec === 'regular' || spec === 'quickpicks'))
    tests.push({
      is: 'field',
      field: 'type',
      operator: '$eq',
      value: spec === 'regular' ? 'food' : 'quickpick',
    });
  else if (spec !== '' && spec !== '*') tests.push(idTest(spec));
  const zone = zoneOf(who);
  const open = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const range = Query.rangeOf(tests, zone, timesOf(collection));
  if (range) return { tests, range, count };
  const from = recent.includes(collection) ? now() - ENTRIES_DAYS * dayMs : Number.NEGATIVE_INFINITY;
  return { tests, range: { ...open, from }, count };
}

/** The members by which the time of a collection's records is asked for. */
const timesOf = (collection: Collection.Collection): string[] =>
  collection === 'entries'
    ? ['date', 'dateString', 'sysTime']
    : collection === 'profile'
      ? ['startDate']
      : ['created_at'];

function idTest(id: string): Query.Test {
  if (!/^[\w.:/-]{1,200}$/.test(id) || id.includes('*')) throw malformed('Invalid _id format.');
  const one = (field: string): Query.Test[] => [{ is: 'field', field, operator: '$eq', value: id }];
  const fields = Identity.isObjectId(id)
    ? ['_id', 'identifier']
    : ['identifier', 'uuid', 'id', 'syncIdentifier'];
  return { is: 'any', of: fields.map(one) };
}

function countOf(text: string | null, usual: number): number {
  if (text === null || text === '') return usual;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0) throw malformed('The count is not a whole number.');
  return Math.min(count || usual, ENTRIES_ANSWERED);
}
