// Copyright the Islet authors. AGPL-3.0-or-later.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Document, Reading } from '@islet/core/Reading';
import * as Dedup from '../Dedup.js';
import * as Collection from './Collection.js';
import * as Identity from './Identity.js';
import { type Fields, isFields } from './Json.js';

// What the window holds of documents, by the names that clients know them by: made from the window's readings as they
// are committed or read back at start, in memory only.

/** The newest version of one record. */
export type Doc = {
  collection: Collection.Collection;
  /** 24 hexadecimal digits. */
  id: string;
  at: number;
  offsetMinutes: number;
  /** UTC ms by the gateway; no two of an account share one. */
  srvModified: number;
  srvCreated: number;
  isValid: boolean;
  /** Names the version: the next one is chained to it. Empty for a first one. */
  version: string;
  identities: Identity.Identities;
  fallback: string | null;
  digest: string;
  app: string;
  device: string;
  arrivedOn: number;
  body: string | Uint8Array;
  /** Follows a version that had left the window: its readings stand as they were, so this one makes none. */
  beyond: boolean;
  /** The readings it stands for, where they are not to be had from the record. */
  covers?: Reading[];
  /** Their ids, once asked for. */
  ids?: Dedup.Id[];
};

export type Documents = {
  byId: Map<string, Doc>;
  byName: Map<string, Doc>;
  /** When each collection was last changed. */
  modified: Map<Collection.Collection, number>;
  /** The newest `srvModified` given. */
  last: number;
  /** When an entry last came, as its commit says. */
  entriesAt: number;
};

export const empty = (): Documents => ({
  byId: new Map(),
  byName: new Map(),
  modified: new Map(),
  last: 0,
  entriesAt: 0,
});

const keyOf = (collection: string, id: string): string => `${collection}/${id}`;
const nameOf = (collection: string, scheme: string, value: string): string =>
  `${collection}/${scheme}/${value}`;

/** Long texts are kept packed: an hour of predictions is a tenth then. */
const packFrom = 1024;

/** What a document reading says; undefined for one that no Nightscout record is. */
export function parse(
  reading: Document,
  id: Dedup.Id,
  committedAt: number,
  arrivedOn: number,
): Doc | undefined {
  if (!Collection.isCollection(reading.what)) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(reading.text);
  } catch {
    return undefined;
  }
  if (!isFields(fields)) return undefined;
  const own = typeof fields._id === 'string' && Identity.isObjectId(fields._id) ? fields._id : undefined;
  const { srvModified, srvCreated, _islet } = fields;
  const identities = Identity.identitiesOf(fields);
  const carried =
    isFields(_islet) && Array.isArray(_islet.carries) ? _islet.carries : Object.keys(identities);
  return {
    collection: reading.what,
    id: own?.toLowerCase() ?? Dedup.toObjectId(id),
    at: reading.at,
    offsetMinutes: reading.offsetMinutes,
    srvModified: typeof srvModified === 'number' ? srvModified : committedAt,
    srvCreated: typeof srvCreated === 'number' ? srvCreated : committedAt,
    isValid: fields.isValid !== false,
    beyond: isFields(_islet) && _islet.beyond === true,
    version: isFields(_islet) && typeof _islet.version === 'string' ? _islet.version : '',
    identities,
    fallback: carried.length === 0 ? Identity.fallbackOf(reading.what, fields, reading.at) : null,
    digest: Identity.digestOf(fields),
    app: reading.source.app,
    device: reading.source.device,
    arrivedOn,
    body: reading.text.length < packFrom ? reading.text : deflateRawSync(reading.text),
  };
}

/** Takes in a version, where it is newer than the one known. */
export function add(documents: Documents, doc: Doc): void {
  documents.last = Math.max(documents.last, doc.srvModified);
  documents.modified.set(
    doc.collection,
    Math.max(documents.modified.get(doc.collection) ?? 0, doc.srvModified),
  );
  const before = documents.byId.get(keyOf(doc.collection, doc.id));
  if (before && before.srvModified > doc.srvModified) return;
  if (before) forget(documents, before);
  documents.byId.set(keyOf(doc.collection, doc.id), doc);
  for (const name of namesOf(doc)) documents.byName.set(name, doc);
}

function forget(documents: Documents, doc: Doc): void {
  documents.byId.delete(keyOf(doc.collection, doc.id));
  for (const name of namesOf(doc)) if (documents.byName.get(name) === doc) documents.byName.delete(name);
}

function namesOf({ collection, identities, fallback }: Doc): string[] {
  const names = Object.entries(identities).map(([scheme, value]) => nameOf(collection, scheme, value));
  return fallback === null ? names : [...names, nameOf(collection, 'time', fallback)];
}

/** Forgets what arrived before a day. */
export function expire(documents: Documents, firstArrivalDay: number): void {
  for (const doc of documents.byId.values()) if (doc.arrivedOn < firstArrivalDay) forget(documents, doc);
}

export const ofId = (documents: Documents, collection: Collection.Collection, id: string): Doc | undefined =>
  documents.byId.get(keyOf(collection, id.toLowerCase()));

/** The record that one carrying these identities is a version of, if there is one. */
export function find(
  documents: Documents,
  collection: Collection.Collection,
  identities: Identity.Identities,
  fallback: string | null,
): Doc | undefined {
  for (const scheme of Identity.schemes) {
    const value = identities[scheme];
    if (value === undefined) continue;
    const doc =
      scheme === '_id'
        ? ofId(documents, collection, value)
        : documents.byName.get(nameOf(collection, scheme, value));
    // A pump's number names a record only where nothing surer says otherwise.
    if (doc && Identity.isSame(identities, doc.identities) !== false) return doc;
  }
  if (fallback === null) return undefined;
  return documents.byName.get(nameOf(collection, 'time', fallback));
}

/** By `identifier`, or by `_id` where a record has none. */
export const ofIdentifier = (
  documents: Documents,
  collection: Collection.Collection,
  identifier: string,
): Doc | undefined =>
  documents.byName.get(nameOf(collection, 'identifier', identifier)) ??
  ofId(documents, collection, identifier);

export function* list(documents: Documents, collection: Collection.Collection): Iterable<Doc> {
  for (const doc of documents.byId.values()) if (doc.collection === collection) yield doc;
}

/** The record of a version, with everything that the server says of it. */
export function stored({ body }: Doc): Fields {
  const text = typeof body === 'string' ? body : inflateRawSync(body).toString('utf8');
  return JSON.parse(text) as Fields;
}

/** The record as clients are to see it. */
export function shown(doc: Doc): Fields {
  const { _islet, ...fields } = stored(doc);
  return { ...fields, _id: doc.id };
}
