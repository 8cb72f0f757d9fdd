// Copyright the Islet authors. AGPL-3.0-or-later.
import { QUERY_TESTS, V3_DEFAULT, V3_LIMIT } from '../limits.js';
import type { Fields, Json } from './Json.js';
import { at } from './Json.js';
import * as Query from './Query.js';
import { BadRequestError } from './V3Answer.js';

export type Search = {
  tests: Query.Test[];
  limit: number;
  skip: number;
  sort: { field: string; down: boolean } | undefined;
  project: (fields: Fields) => Fields;
};

const ignored = ['token', 'secret', 'now', 'permanent', 'rr', 'api_secret'];
const operators: { [name: string]: Query.Operator } = {
  eq: '$eq',
  ne: '$ne',
  gt: '$gt',
  gte: '$gte',
  lt: '$lt',
  lte: '$lte',
  in: '$in',
  nin: '$nin',
  re: '$regex',
};
const field = /^[A-Za-z_][\w-]{0,63}(\.[\w-]{1,64}){0,5}$/;

/** Reads `field$op=value` and what goes with it. Throws 400 in Nightscout's words. */
export function parse(params: URLSearchParams): Search {
  const tests: Query.Test[] = [];
  let sort: Search['sort'];
  for (const [name, value] of params) {
    if (ignored.includes(name) || name === 'limit' || name === 'skip' || name === 'fields') continue;
    if (name === 'sort' || name === 'sort$desc') {
      if (sort) throw new BadRequestError('Parameters sort and sort_desc cannot be combined');
      if (!field.test(value)) throw new BadRequestError('Parameter sort out of tolerance');
      sort = { field: value, down: name === 'sort$desc' };
      continue;
    }
    tests.push(testOf(name, value));
    if (tests.length > QUERY_TESTS) throw new BadRequestError('Too many filters');
  }
  return {
    tests,
    sort,
    limit: numberOf(params.get('limit'), V3_DEFAULT, 1, V3_LIMIT, 'limit'),
    skip: numberOf(params.get('skip'), 0, 0, Number.MAX_SAFE_INTEGER, 'skip'),
    project: projection(params.get('fields')),
  };
}

function testOf(name: string, text: string): Query.Test {
  const [own = '', op = 'eq', ...more] = name.split('$');
  const operator = Object.hasOwn(operators, op) ? operators[op] : undefined;
  if (!operator || more.length > 0)
    throw new BadRequestError(`Unsupported filter operator ${op.slice(0, 16)}`);
  if (!field.test(own) || /(^|\.)(__proto__|constructor|prototype|_islet)/.test(own))
    throw new BadRequestError('Unsupported filter field');
  const value = /^'.*'$/.test(text) ? text.slice(1, -1) : text;
  if (operator === '$regex')
    try {
      Query.pattern(value);
    } catch {
      throw new BadRequestError('Unsupported filter operator re');
    }
  // Lists are split by a bar here, by a comma in API v1.
  return { is: 'field', field: own, operator, value };
}

function numberOf(text: string | null, usual: number, least: number, most: number, name: string): number {
  if (text === null) return usual;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new BadRequestError(`Parameter ${name} out of tolerance`);
  return value;
}

export function projection(text: string | null): (fields: Fields) => Fields {
  if (text === null || text === '_all') return (fields) => fields;
  const names = text.split(',').slice(0, 64);
  return (fields) => {
    const kept: Fields = {};
    for (const name of names) if (Object.hasOwn(fields, name)) kept[name] = fields[name]!;
    return kept;
  };
}

/** In order of a member, where it has one, else as given. */
export function sorted<T extends { fields: Fields }>(rows: T[], sort: Search['sort']): T[] {
  if (!sort) return rows;
  const sign = sort.down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: orderOf(at(row.fields, sort.field), sort.field) }));
  keyed.sort((a, b) => sign * order(a.key, b.key));
  return keyed.map(({ row }) => row);
}

const orderOf = (value: Json | undefined, name: string): string | number | undefined =>
  typeof value === 'string' && Query.isMoment(name)
    ? Date.parse(value) || value
    : typeof value === 'string' || typeof value === 'number'
      ? value
      : undefined;

function order(a: string | number | undefined, b: string | number | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  if (typeof a === typeof b) return a < b ? -1 : 1;
  return typeof a === 'number' ? -1 : 1;
}
