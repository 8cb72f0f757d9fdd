// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Zone } from '@islet/ingest/Zone';
import { QUERY_TESTS } from '../limits.js';
import { malformed } from '../Refusal.js';
import { at, type Fields, type Json, numberOf } from './Json.js';
import * as Moment from './Moment.js';

// The questions of Nightscout's API: fields, operators and values, each from a list. Nothing of a question is ever run
// or passed on; whatever is not listed is refused, since ignoring it would answer more than was asked for.

/** One test of one member. `$or` and `$and` hold lists of tests. */
export type Test =
  | { is: 'field'; field: string; operator: Operator; value: string }
  | { is: 'any'; of: Test[][] };

export const operators = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$exists',
  '$in',
  '$nin',
  '$regex',
] as const;
export type Operator = (typeof operators)[number];
const isOperator = (text: string): text is Operator => (operators as readonly string[]).includes(text);

const field = /^[A-Za-z_][\w-]{0,63}(\.[\w-]{1,64}){0,5}$/;
const isField = (text: string): boolean =>
  field.test(text) && !/(^|\.)(__proto__|constructor|prototype|_islet)/.test(text);

/** Members that hold a moment. */
const moments =
  /^(date|dateString|sysTime|created_at|startDate|timestamp|timeStamp|mills|srvModified|srvCreated|eventTime)$/;
export const isMoment = (name: string): boolean => moments.test(name);

/** Reads `find[…]`, in the nesting that clients write. Throws 400. */
export function parse(params: Iterable<[string, string]>): Test[] {
  const tests: Test[] = [];
  const branches = new Map<string, Test[]>();
  let count = 0;
  for (const [name, value] of params) {
    if (!name.startsWith('find')) continue;
    if (++count > QUERY_TESTS) throw malformed(`The question has more than ${QUERY_TESTS} tests.`);
    const keys = keysOf(name);
    const [first = '', number = ''] = keys;
    if ((first === '$and' || first === '$or') && /^\d{1,2}$/.test(number)) {
      const test = testOf(keys.slice(2), value);
      if (first === '$and') tests.push(test);
      else branches.set(number, [...(branches.get(number) ?? []), test]);
    } else tests.push(testOf(keys, value));
  }
  if (branches.size > 0) tests.push({ is: 'any', of: [...branches.values()] });
  return tests;
}

function keysOf(name: string): string[] {
  const rest = name.slice('find'.length);
  const keys = [...rest.matchAll(/\[([^[\]]*)\]/g)].map((found) => found[1]!);
  if (keys.length === 0 || keys.map((key) => `[${key}]`).join('') !== rest) throw unknown();
  return keys;
}

function testOf(keys: string[], value: string): Test {
  const [name = '', operator = '$eq', ...more] = keys;
  // `find[eventType][$in][]=…` or `[0]`: one test each would mean all of them, so it is read as one list by commas.
  if (!isField(name) || !isOperator(operator) || more.some((key) => !/^\d{0,3}$/.test(key))) throw unknown();
  const regex = operator === '$eq' ? /^\/(.*)\/[a-z]*$/.exec(value)?.[1] : undefined;
  const test: Test =
    regex !== undefined
      ? { is: 'field', field: name, operator: '$regex', value: regex }
      : { is: 'field', field: name, operator, value };
  check(test);
  return test;
}

const unknown = () => malformed('The question uses a field or an operator that is not known here.');

function check(test: Test & { is: 'field' }): void {
  const { field, operator, value } = test;
  if (operator === '$regex') {
    if (!texts.test(field)) throw unknown();
    pattern(value);
  }
  const compares = operator === '$gt' || operator === '$gte' || operator === '$lt' || operator === '$lte';
  if (compares && numeric.test(field) && numberOf(value) === undefined)
    throw malformed('The question has a value that cannot be read.');
  if (compares && isMoment(field) && !plausible(value))
    throw malformed('The question has a value that cannot be read.');
}

/** Members that may be asked for by a pattern. */
const texts = /^(notes|eventType|enteredBy|device|app|reason|type)$/;
const numeric = /^(sgv|mbg|insulin|carbs|glucose|rssi|noise|filtered|unfiltered|duration|absolute|rate)$/;
/** A number, or what begins like a date. */
const plausible = (value: string): boolean =>
  numberOf(value) !== undefined || /^\d{4}(-\d{2})?/.test(value.trim());

/** How long a pattern may be, and how many of its parts may stretch: enough for people, too little to stall on. */
const maxPattern = 64;
const maxStretches = 2;

/** A pattern of plain characters, `.`, `.*`, `^`, `$` and `|`; of anything else the time it takes cannot be known. */
export function pattern(text: string): RegExp {
  const stretches = text.match(/\.\*/g)?.length ?? 0;
  if (text.length > maxPattern || stretches > maxStretches || /[\\()[\]{}+?]/.test(text.replaceAll('.*', '')))
    throw malformed('The question has a pattern that is not taken here.');
  const plain = text.replaceAll('.*', '\u0000').replaceAll('*', '\\*').replaceAll('\u0000', '[^\\n]*');
  return new RegExp(plain, 'i');
}

/** Whether a record passes all tests. */
export function matches(tests: Test[], fields: Fields, zone: Zone): boolean {
  return tests.every((test) =>
    test.is === 'any'
      ? test.of.some((branch) => matches(branch, fields, zone))
      : passes(test.operator, at(fields, test.field), test.value, isMoment(test.field) ? zone : undefined),
  );
}

/** Whether a member passes. With a zone, it is a moment, however either side is written. */
export function passes(operator: Operator, value: Json | undefined, wanted: string, zone?: Zone): boolean {
  switch (operator) {
    case '$exists':
      return (value !== undefined && value !== null) === (wanted !== 'false' && wanted !== '0');
    case '$ne':
      return !isEqual(value, wanted, zone);
    case '$eq':
      return isEqual(value, wanted, zone);
    case '$in':
      return wanted.split(/[,|]/).some((one) => isEqual(value, one, zone));
    case '$nin':
      return !wanted.split(/[,|]/).some((one) => isEqual(value, one, zone));
    case '$regex':
      return typeof value === 'string' && pattern(wanted).test(value.slice(0, 1000));
    default: {
      const order = compare(value, wanted, zone);
      if (order === undefined) return false;
      if (operator === '$gt') return order > 0;
      if (operator === '$gte') return order >= 0;
      return operator === '$lt' ? order < 0 : order <= 0;
    }
  }
}

function isEqual(value: Json | undefined, wanted: string, zone?: Zone): boolean {
  if (value === undefined || value === null) return wanted === 'null';
  if (typeof value === 'boolean') return String(value) === wanted;
  if (Array.isArray(value)) return value.some((one) => isEqual(one, wanted, zone));
  if (typeof value === 'object') return false;
  return String(value) === wanted || compare(value, wanted, zone) === 0;
}

function compare(value: Json | undefined, wanted: string, zone?: Zone): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  if (zone) {
    const mine = instant(value, zone);
    const theirs = instant(numberOf(wanted) ?? wanted, zone);
    return mine === undefined || theirs === undefined ? undefined : mine - theirs;
  }
  const [a, b] = [numberOf(value), numberOf(wanted)];
  if (a !== undefined && b !== undefined) return a - b;
  if (typeof value !== 'string') return undefined;
  return value < wanted ? -1 : value > wanted ? 1 : 0;
}

/** Numbers as they are, with their fractions; texts as moments. */
const instant = (value: string | number, zone: Zone): number | undefined =>
  typeof value === 'number' ? value : Moment.parse(value, zone)?.at;

export type Range = { from: number; to: number };

/** The span of time that the tests leave open, so that older days need not be looked at. Undefined where they name none. */
export function rangeOf(tests: Test[], zone: Zone, fields: readonly string[]): Range | undefined {
  let range: Range | undefined;
  for (const test of tests) {
    if (test.is === 'any') {
      // Whatever names a record or a time in every branch is not about the last days only.
      if (test.of.every((branch) => names(branch) || rangeOf(branch, zone, fields)))
        range ??= { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
      continue;
    }
    if (!fields.includes(test.field)) continue;
    range ??= { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    const at = instant(numberOf(test.value) ?? test.value, zone);
    if (at === undefined) continue;
    if (test.operator === '$gt' || test.operator === '$gte' || test.operator === '$eq')
      range.from = Math.max(range.from, at);
    if (test.operator === '$lt' || test.operator === '$lte' || test.operator === '$eq')
      range.to = Math.min(range.to, at);
  }
  if (!range && names(tests)) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  return range;
}

/** The members that name a record. */
export const identityFields: readonly string[] = ['_id', 'identifier', 'id', 'uuid', 'syncIdentifier'];

/** Whether the tests name a record by its identity. */
export const names = (tests: Test[]): boolean =>
  tests.some(
    (test) =>
      test.is === 'field' &&
      identityFields.includes(test.field) &&
      (test.operator === '$eq' || test.operator === '$in'),
  );

/** All members that are asked about. */
export const fieldsOf = (tests: Test[]): string[] =>
  tests.flatMap((test) => (test.is === 'any' ? test.of.flatMap(fieldsOf) : [test.field]));
