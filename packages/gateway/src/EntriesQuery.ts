// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Entry } from './Entries.js';
import { ENTRIES_ANSWERED, ENTRIES_DAYS, ENTRIES_DEFAULT } from './limits.js';
import { malformed } from './Refusal.js';

/** A question for entries: a window in time to look in, and tests that each entry must pass. */
export type Query = { count: number; from: number; to: number; tests: ((entry: Entry) => boolean)[] };

const operators = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'] as const;
type Operator = (typeof operators)[number];

/** The fields that can be asked for, with how a value is read. */
const fields = {
  date: { read: numberOf, of: (e: Entry) => e.date },
  dateString: { read: timeOf, of: (e: Entry) => e.date },
  sysTime: { read: timeOf, of: (e: Entry) => e.date },
  sgv: { read: numberOf, of: (e: Entry) => e.sgv },
  mbg: { read: numberOf, of: (e: Entry) => e.mbg },
  type: { read: (text: string) => text, of: (e: Entry) => e.type },
} as const;
type Field = keyof typeof fields;

const isField = (text: string): text is Field => Object.hasOwn(fields, text);
const isOperator = (text: string): text is Operator => (operators as readonly string[]).includes(text);

/** Reads `count` and `find[…]`. Only known fields and operators: anything else would answer more than was asked for. */
export function parse(params: URLSearchParams, now: number, type?: string): Query {
  const query: Query = {
    count: countOf(params.get('count')),
    from: Number.NEGATIVE_INFINITY,
    to: now * 2,
    tests: [],
  };
  let timed = false;
  for (const [name, text] of params) {
    if (!name.startsWith('find')) continue;
    const [, field = '', operator = '$eq'] = /^find\[(\w+)\](?:\[(\$\w+)\])?$/.exec(name) ?? [];
    if (!isField(field) || !isOperator(operator))
      throw malformed('The question uses a field or an operator that is not known here.');
    const { read, of } = fields[field];
    const wanted = read(text);
    if (wanted === undefined) throw malformed('The question has a value that cannot be read.');
    query.tests.push((entry) => compare(of(entry), operator, wanted));
    if (of === fields.date.of || field === 'dateString' || field === 'sysTime') {
      timed = true;
      narrow(query, operator, wanted as number);
    }
  }
  if (type !== undefined) query.tests.push((entry) => entry.type === type);
  if (!timed) {
    const from = now - ENTRIES_DAYS * 86_400_000;
    query.from = from;
    query.tests.push((entry) => entry.date >= from);
  }
  return query;
}

function narrow(query: Query, operator: Operator, at: number): void {
  if (operator === '$gt' || operator === '$gte' || operator === '$eq') query.from = Math.max(query.from, at);
  if (operator === '$lt' || operator === '$lte' || operator === '$eq') query.to = Math.min(query.to, at);
}

function compare(value: string | number | undefined, operator: Operator, wanted: string | number): boolean {
  if (operator === '$ne') return value !== wanted;
  if (value === undefined) return false;
  switch (operator) {
    case '$eq':
      return value === wanted;
    case '$gt':
      return value > wanted;
    case '$gte':
      return value >= wanted;
    case '$lt':
      return value < wanted;
    case '$lte':
      return value <= wanted;
  }
}

function countOf(text: string | null): number {
  const count = Number(text ?? ENTRIES_DEFAULT);
  if (!Number.isInteger(count) || count < 0) throw malformed('The count is not a whole number.');
  return Math.min(count || ENTRIES_DEFAULT, ENTRIES_ANSWERED);
}

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}

/** ISO 8601; a blank stands for a plus sign that was not escaped, and a zone may lack its colon. */
function timeOf(text: string): number | undefined {
  const mended = text.replace(' ', '+').replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const at = /^\d{4}-\d{2}/.test(mended) ? Date.parse(mended) : (numberOf(text) ?? Number.NaN);
  return Number.isNaN(at) ? undefined : at;
}
