// Copyright the Islet authors. AGPL-3.0-or-later.

import { ofKind, type Stream } from '@islet/core/Stream';
import type { Zone } from '@islet/ingest/Zone';
import type { Paired } from '../DeviceKeys.js';
import type { AccountState } from '../State.js';
import * as Auth from './Auth.js';
import type { Collection } from './Collection.js';
import * as Derived from './Derived.js';
import * as Documents from './Documents.js';
import * as Entries from './Entries.js';
import type { Fields } from './Json.js';
import * as Query from './Query.js';

/** A record as it is answered, with what the server knows of it. */
export type Shown = { fields: Fields; at: number; srvModified: number; doc: () => Documents.Doc };

export type Question = { tests: Query.Test[]; range: Query.Range; count: number };

/** The streams that a record speaks of. Whoever may not follow all of them does not see it. */
export function streamsOf(doc: Documents.Doc): Stream[] {
  switch (doc.collection) {
    case 'entries':
      return ['glucose/raw'];
    case 'profile':
      return ['profile/raw'];
    case 'activity':
      return ['activity/raw'];
    case 'treatments': {
      const kinds = Derived.ofDoc(doc).map((reading) => ofKind(reading.kind));
      if (kinds.length === 0) return ['document/raw'];
      // A sensor's value that stands beside a bolus is no reading of its own, but glucose all the same.
      return Documents.stored(doc).glucose === undefined ? kinds : [...kinds, 'glucose/raw'];
    }
    default:
      return ['document/raw'];
  }
}

export const maySee = (who: Paired, doc: Documents.Doc): boolean =>
  who.device.streams === undefined || Auth.follows(who, streamsOf(doc));

/** What of a treatment stands for its readings; the rest is for devices that follow whole documents. */
const measured =
  /^(_id|identifier|eventType|created_at|date|utcOffset|insulin|carbs|duration|absolute|rate|percent|glucose|glucoseType|units|notes|isValid|srvCreated|srvModified)$/;

/** A record as a device may see it. */
export function shownTo(who: Paired, doc: Documents.Doc): Fields {
  const fields = Documents.shown(doc);
  if (doc.collection !== 'treatments' || Auth.follows(who, ['document/raw'])) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => measured.test(name)));
}

/** The newest valid records of a collection that pass, newest first. */
export function find(
  localKey: Uint8Array,
  who: Paired,
  state: AccountState,
  collection: Collection,
  { tests, range, count }: Question,
  zone: Zone,
): Shown[] {
  if (collection === 'entries') return entries(localKey, who, state, { tests, range, count }, zone);
  const docs = [...Documents.list(state.documents, collection)]
    .filter((doc) => doc.isValid && doc.at >= range.from && doc.at <= range.to)
    .sort((a, b) => b.at - a.at || b.srvModified - a.srvModified);
  const found: Shown[] = [];
  for (const doc of docs) {
    if (found.length >= count) break;
    if (!maySee(who, doc)) continue;
    const fields = shownTo(who, doc);
    if (Query.matches(tests, fields, zone))
      found.push({ fields, at: doc.at, srvModified: doc.srvModified, doc: () => doc });
  }
  return found;
}

function entries(
  localKey: Uint8Array,
  who: Paired,
  state: AccountState,
  { tests, range, count }: Question,
  zone: Zone,
): Shown[] {
  const matching = (some: Entries.Found[]): Shown[] =>
    some
      .filter(
        ({ fields, stream }) =>
          isNear(fields, range) &&
          Auth.follows(who, [stream]) &&
          Query.matches(tests, byAnyName(fields), zone),
      )
      .map(({ fields, srvModified, doc }) => ({ fields, at: Number(fields.date), srvModified, doc }));
  const newest = (some: Shown[]): Shown[] => some.sort((a, b) => b.at - a.at).slice(0, count);
  let anywhere: Shown[] | undefined;
  const found: Shown[] = [];
  for (const some of Entries.list(localKey, who.account, state, range)) {
    if (!anywhere) anywhere = matching(some);
    // Days follow each other in time: once there are enough, older ones have none of the newest.
    else if (found.length < count) found.push(...matching(some));
    else break;
  }
  return newest([...(anywhere ?? []), ...found]);
}

/** An entry's name is kept once, whatever its client called it. */
const byAnyName = (fields: Fields): Fields =>
  fields.identifier === undefined
    ? fields
    : { ...fields, id: fields.identifier, uuid: fields.identifier, syncIdentifier: fields.identifier };

const isNear = (fields: Fields, { from, to }: Query.Range): boolean =>
  Number(fields.date) >= from && Number(fields.date) <= to;

/** Everything of a collection that changed after a moment, deleted records too, in the order of changes. */
export function since(
  localKey: Uint8Array,
  who: Paired,
  state: AccountState,
  collection: Collection,
  after: number,
): Shown[] {
  const docs = [...Documents.list(state.documents, collection)]
    .filter((doc) => doc.srvModified > after && maySee(who, doc))
    .map(
      (doc): Shown => ({
        fields: shownTo(who, doc),
        at: doc.at,
        srvModified: doc.srvModified,
        doc: () => doc,
      }),
    );
  if (collection === 'entries') {
    const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    const known = new Set(docs.map(({ fields }) => fields._id));
    for (const some of Entries.list(localKey, who.account, state, all, after))
      for (const { fields, srvModified, stream, doc } of some)
        if (srvModified > after && !known.has(fields._id!) && Auth.follows(who, [stream]))
          docs.push({ fields, at: Number(fields.date), srvModified, doc });
  }
  return docs.sort((a, b) => a.srvModified - b.srvModified);
}

/** When a collection was last changed, in what a device may see of it. */
export function modifiedOf(who: Paired, { documents }: AccountState, collection: Collection): number {
  const entriesAt = collection === 'entries' && Auth.follows(who, ['glucose/raw']) ? documents.entriesAt : 0;
  if (who.device.streams === undefined) return Math.max(documents.modified.get(collection) ?? 0, entriesAt);
  let newest = entriesAt;
  for (const doc of Documents.list(documents, collection))
    if (doc.srvModified > newest && maySee(who, doc)) newest = doc.srvModified;
  return newest;
}

/** What a device that only writes is told of a record whose name it knows: that it is here, and nothing that it says. */
export function named({ fields }: Shown): Fields {
  const kept: Fields = {};
  for (const name of [...Query.identityFields, 'created_at', 'srvCreated', 'srvModified', 'isValid'])
    if (fields[name] !== undefined) kept[name] = fields[name]!;
  return kept;
}
