// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as NightscoutJson from '@islet/ingest/NightscoutJson';
import type { Zone } from '@islet/ingest/Zone';
import * as ZoneOf from '@islet/ingest/Zone';
import { faultOf } from '../Validate.js';
import type * as Collection from './Collection.js';
import * as Documents from './Documents.js';
import * as Identity from './Identity.js';
import { type Fields, textOf } from './Json.js';
import * as Treatments from './Treatments.js';

// The readings that a version of a record stands for. Made from the record alone, so that the next version finds again
// what this one had made.

const maxName = 128;

/** Where a record says it comes from. */
export const sourceOf = (fields: Fields): { app: string; device: string } => ({
  app: (textOf(fields.app) ?? textOf(fields.enteredBy) ?? textOf(fields.device) ?? 'nightscout').slice(
    0,
    maxName,
  ),
  device: (textOf(fields.device) ?? textOf(fields.pumpSerial) ?? '').slice(0, maxName),
});

export function of(record: Collection.Ready, id: string, version: string): Reading[] {
  const { collection, fields } = record;
  if (collection === 'entries') return entry(record, version);
  const identities = Identity.identitiesOf(fields);
  const scheme = Identity.schemes.find((one) => identities[one] !== undefined);
  const name = (scheme && identities[scheme]) ?? id;
  return Treatments.readingsOf(record, sourceOf(fields), version ? `${name}#${version}` : name);
}

/** Those of a version that is kept. */
export function ofDoc(doc: Documents.Doc): Reading[] {
  if (doc.covers) return doc.covers;
  if (doc.beyond) return [];
  const { collection, at, offsetMinutes, id, version } = doc;
  const { _islet, ...fields } = Documents.stored(doc);
  return of({ collection, fields, at, offsetMinutes, said: '', timed: true }, id, version);
}

let utc: Zone | undefined;

function entry({ fields, said, offsetMinutes }: Collection.Ready, version: string): Reading[] {
  if (fields.isValid === false) return [];
  utc ??= ZoneOf.of('UTC');
  const outcome = NightscoutJson.read([fields], utc).outcomes[0];
  const reading = outcome?.is === 'readings' ? outcome.readings[0] : undefined;
  if (!reading) return [];
  const { source } = reading;
  const named = version ? { ...source, id: `${source.id ?? ''}#${version}` } : source;
  const made = { ...reading, offsetMinutes, said: said || reading.said, source: named };
  return faultOf(made) === undefined ? [made] : [];
}
