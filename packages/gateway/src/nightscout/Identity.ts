// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import { type Collection, serverFields } from './Collection.js';
import { canonical, type Fields, textOf } from './Json.js';

/** The names by which clients know their records, the surest first. A record may carry several. */
export const schemes = ['identifier', 'syncIdentifier', 'id', 'uuid', '_id', 'pump'] as const;
export type Scheme = (typeof schemes)[number];
export type Identities = Partial<Record<Scheme, string>>;

export const isObjectId = (text: string): boolean => /^[0-9a-f]{24}$/i.test(text);
const maxIdentity = 200;

/** The identities that a record carries. An `_id` that is no object id is an identifier (as Nightscout takes it). */
export function identitiesOf(fields: Fields): Identities {
  const found: Identities = {};
  for (const scheme of ['identifier', 'syncIdentifier', 'id', 'uuid', '_id'] as const) {
    const value = fields[scheme];
    const text = typeof value === 'number' ? String(value) : textOf(value);
    if (text === undefined) continue;
    if (scheme === '_id' && !isObjectId(text)) found.identifier ??= bounded(text);
    else found[scheme] = bounded(scheme === '_id' ? text.toLowerCase() : text);
  }
  // Old uploaders over the socket name their records by this.
  const { NSCLIENT_ID } = fields;
  if (typeof NSCLIENT_ID === 'number' || textOf(NSCLIENT_ID))
    found.id ??= bounded(`NSCLIENT_ID/${NSCLIENT_ID}`);
  const { pumpId, pumpType, pumpSerial } = fields;
  if (typeof pumpId === 'number' || textOf(pumpId)) {
    // One bolus with its carbs and its wizard may share a pump's number: what it is belongs to its name.
    const kind = textOf(fields.eventType) ?? textOf(fields.type) ?? '';
    found.pump = bounded(JSON.stringify([pumpId, pumpType ?? '', pumpSerial ?? '', kind]));
  }
  return found;
}

const bounded = (text: string): string =>
  text.length <= maxIdentity ? text : createHash('sha256').update(text).digest('hex');

/** Whether records are one by what they carry: the surest name that both carry decides. Undefined where they share none. */
export function isSame(a: Identities, b: Identities): boolean | undefined {
  for (const scheme of schemes)
    if (a[scheme] !== undefined && b[scheme] !== undefined) return a[scheme] === b[scheme];
  return undefined;
}

/**
 * What stands for a record that carries no identity: its time, its sort, and whatever a person would have twice if two
 * such records were taken for one.
 */
export function fallbackOf(collection: Collection, fields: Fields, at: number): string {
  if (collection === 'treatments') {
    const { eventType, insulin, carbs, glucose, enteredBy } = fields;
    return canonical([at, eventType ?? '', insulin ?? null, carbs ?? null, glucose ?? null, enteredBy ?? '']);
  }
  return canonical([at, digestOf(fields)]);
}

/** The content of a record, less what servers add. */
export function digestOf(fields: Fields): string {
  const kept: Fields = {};
  for (const [name, value] of Object.entries(fields)) if (!added.has(name)) kept[name] = value;
  if (fields.isValid === false) kept.isValid = false;
  return createHash('sha256').update(canonical(kept)).digest('base64url');
}

const added = new Set<string>([
  ...serverFields,
  '_id',
  'identifier',
  'utcOffset',
  'isValid',
  'sysTime',
  'date',
]);
