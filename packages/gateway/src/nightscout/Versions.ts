// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import type { Document, Reading } from '@islet/core/Reading';
import type * as Collection from './Collection.js';
import * as Derived from './Derived.js';
import * as Documents from './Documents.js';
import type { Fields } from './Json.js';

// How the versions of a record follow each other.

/** What is left of a version that nobody here can open any more. */
export const lost: Omit<Documents.Doc, 'collection' | 'id' | 'at' | 'srvCreated'> = {
  offsetMinutes: 0,
  srvModified: 0,
  isValid: true,
  version: 'beyond',
  beyond: true,
  identities: {},
  fallback: null,
  digest: '',
  app: '',
  device: '',
  arrivedOn: 0,
  body: '{}',
};

export const versionAfter = (before: string, digest: string): string =>
  createHash('sha256').update(`${before}/${digest}`).digest('hex').slice(0, 24);

export const identifierFrom = (made: string, carried: string): string => {
  const hex = createHash('sha256').update(`${made}/${carried}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const names = ['identifier', 'syncIdentifier', 'id', 'uuid', 'pumpId', 'pumpType', 'pumpSerial'] as const;

/** The next version: what the client sent, under every name that the record has had. */
export function inPlaceOf(before: Documents.Doc, ready: Collection.Ready): Collection.Ready {
  const old = Documents.shown(before);
  const fields: Fields = { ...ready.fields };
  delete fields._id;
  for (const name of names)
    if (fields[name] === undefined && old[name] !== undefined) fields[name] = old[name]!;
  if (ready.timed) return { ...ready, fields };
  for (const name of ['created_at', 'utcOffset', 'startDate', 'date'])
    if (old[name] !== undefined) fields[name] = old[name]!;
  return { ...ready, fields, at: before.at, offsetMinutes: before.offsetMinutes };
}

export const reading = (
  ready: Collection.Ready,
  text: string,
  id: string,
  version: string,
): Document & Reading => ({
  kind: 'document',
  what: ready.collection,
  text,
  at: ready.at,
  offsetMinutes: ready.offsetMinutes,
  said: ready.said,
  source: { ...Derived.sourceOf(ready.fields), id: version ? `${id}#${version}` : id },
});
