// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Devices from '@islet/core/Devices';
import type { Context as Call } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import { ENTRIES_BYTES } from '../limits.js';
import { bodyOf } from '../routes/request.js';
import * as Collection from './Collection.js';
import { laneOf, type Nightscout, zoneOf } from './Context.js';
import * as Documents from './Documents.js';
import * as Entries from './Entries.js';
import { canonical, type Fields, isFields, parse } from './Json.js';
import * as Moment from './Moment.js';
import type { Shown } from './Reads.js';
import type { Write, Written } from './Records.js';
import * as Uuid from './Uuid.js';
import * as V3Answer from './V3Answer.js';

type Of = Collection.Collection;
const { BadRequestError } = V3Answer;

function need({ device }: Paired, collection: Of, what: 'create' | 'update' | 'delete'): void {
  if (!Devices.mayWrite(device)) throw V3Answer.missing(`api:${collection}:${what}`);
}

async function bodyIn(c: Call): Promise<Fields> {
  const body = parse(await bodyOf(c, ENTRIES_BYTES));
  if (!isFields(body) || Object.keys(body).length === 0)
    throw new BadRequestError('Bad or missing request body');
  return body;
}

export async function create(context: Nightscout, c: Call, who: Paired, collection: Of): Promise<Response> {
  need(who, collection, 'create');
  return keep(context, c, who, collection, await bodyIn(c));
}

async function keep(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: Of,
  body: Fields,
): Promise<Response> {
  const record = checked(context, who, body);
  const { identifier } = record;
  if (identifier !== undefined && (typeof identifier !== 'string' || identifier === ''))
    throw new BadRequestError('Bad or missing identifier field');
  const made = identifier === undefined ? Uuid.v5(nameOf(record)) : undefined;
  const done = await write(context, who, {
    ready: readyOf(context, who, collection, record),
    revives: false,
    ...(made ? { made } : {}),
  });
  if (!('id' in done))
    throw done.is === 'gone' ? V3Answer.gone() : new V3Answer.V3Error(413, 'The document is too large');
  c.header('Last-Modified', new Date(done.srvModified).toUTCString());
  const told = { identifier: done.identifier, lastModified: done.srvModified };
  if (done.is === 'created') {
    c.header('Location', `/api/v3/${collection}/${encodeURIComponent(done.identifier)}`);
    return c.json({ status: 201, ...told }, 201);
  }
  const asked = identifier ?? made;
  return c.json({
    status: 200,
    ...told,
    isDeduplication: true,
    ...(asked !== done.identifier ? { deduplicatedIdentifier: asked } : {}),
  });
}

/** A moment, an identifier's parts and an app, or a refusal in the words that clients match. */
function checked({ now }: Nightscout, who: Paired, body: Fields): Fields {
  const moment = Moment.parse(body.date, zoneOf(who));
  if (!moment || moment.at <= 946_684_800_000 || moment.at >= Date.UTC(2258, 0, 1))
    throw new BadRequestError('Bad or missing date field');
  const { utcOffset } = body;
  if (utcOffset !== undefined && utcOffset !== null && !isOffset(utcOffset))
    throw new BadRequestError('Bad or missing utcOffset field');
  if (typeof body.app !== 'string' || body.app.trim() === '')
    throw new BadRequestError('Bad or missing app field');
  const named = Moment.parse(body.created_at, zoneOf(who));
  return {
    ...body,
    date: moment.at,
    created_at: Moment.isoOf(named && Math.abs(named.at) < now() * 2 ? named.at : moment.at),
    ...(isOffset(utcOffset) ? {} : { utcOffset: moment.offset ?? 0 }),
  };
}

const isOffset = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= 1440;

/** What an identifier is made of where the client gave none: as every client of API v3 expects it. */
const nameOf = ({ device, date, eventType }: Fields): string =>
  `${device}_${date}${eventType ? `_${eventType}` : ''}`;

function readyOf({ now }: Nightscout, who: Paired, collection: Of, record: Fields): Collection.Ready {
  const { utcOffset, date } = record;
  const ready = Collection.ready(collection, record, { zone: zoneOf(who), now: now() });
  if (typeof ready === 'string')
    throw new BadRequestError(ready === 'time' ? 'Bad or missing date field' : 'Bad or missing request body');
  if (utcOffset !== undefined) ready.fields.utcOffset = utcOffset;
  if (date !== undefined) ready.fields.date = date;
  return ready;
}

const write = async (context: Nightscout, who: Paired, one: Write): Promise<Written> =>
  (
    await context.fair(laneOf(who), 1, () => {
      context.auth.still(who);
      return context.records.write(who, [one]);
    })
  )[0]!;

/** The record of that name, deleted ones too. An entry may be but a reading; it is then made a record of. */
export function find(
  context: Nightscout,
  who: Paired,
  collection: Of,
  identifier: string,
): Documents.Doc | undefined {
  const state = context.stateOf(who.account);
  const doc = Documents.ofIdentifier(state.documents, collection, identifier);
  if (doc || collection !== 'entries') return doc;
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  for (const some of Entries.list(context.keys.local, who.account, state, all))
    for (const { fields, doc } of some)
      if (fields._id === identifier.toLowerCase() || fields.identifier === identifier) return doc();
  return undefined;
}

export const shownOf = (doc: Documents.Doc): Shown => ({
  fields: Documents.shown(doc),
  at: doc.at,
  srvModified: doc.srvModified,
  doc: () => doc,
});

/** What a client cannot change of a record that is here. */
const immutable = [
  'identifier',
  'date',
  'utcOffset',
  'eventType',
  'device',
  'app',
  'srvCreated',
  'subject',
  'srvModified',
  'modifiedBy',
  'isValid',
] as const;

function checkChange(c: Call, who: Paired, doc: Documents.Doc, body: Fields): Fields {
  const stored = Documents.shown(doc);
  if (stored.isReadOnly === true) throw new V3Answer.V3Error(422, 'Trying to modify read-only document');
  const until = Date.parse(c.req.header('if-unmodified-since') ?? '');
  if (doc.srvModified > until + 999) throw V3Answer.preconditionFailed();
  const known: Fields = { ...stored, identifier: stored.identifier ?? doc.id };
  for (const name of immutable) {
    const wanted =
      name === 'date' && body.date !== undefined
        ? (Moment.parse(body.date, zoneOf(who))?.at ?? body.date)
        : body[name];
    if (wanted === undefined || known[name] === undefined) continue;
    if (canonical(wanted) !== canonical(known[name]!))
      throw new BadRequestError(`Field ${name} cannot be modified by the client`);
  }
  return stored;
}

export async function update(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: Of,
  identifier: string,
): Promise<Response> {
  need(who, collection, 'update');
  const body = await bodyIn(c);
  const doc = find(context, who, collection, identifier);
  if (!doc) return keep(context, c, who, collection, { ...body, identifier });
  if (!doc.isValid) throw V3Answer.gone();
  const record = checked(context, who, body);
  const stored = checkChange(c, who, doc, body);
  return replace(context, c, who, doc, { ...record, _id: doc.id, ...keptOf(stored) });
}

export async function patch(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: Of,
  identifier: string,
): Promise<Response> {
  need(who, collection, 'update');
  const body = await bodyIn(c);
  const doc = find(context, who, collection, identifier);
  if (!doc) throw V3Answer.notFound();
  if (!doc.isValid) throw V3Answer.gone();
  const stored = checkChange(c, who, doc, body);
  return replace(context, c, who, doc, { ...stored, ...body, _id: doc.id, ...keptOf(stored) });
}

/** A record keeps its name and its time, whatever the client leaves out. */
const keptOf = (stored: Fields): Fields => ({
  ...(stored.identifier !== undefined ? { identifier: stored.identifier } : {}),
  ...(stored.created_at !== undefined ? { created_at: stored.created_at } : {}),
});

async function replace(
  context: Nightscout,
  c: Call,
  who: Paired,
  doc: Documents.Doc,
  record: Fields,
): Promise<Response> {
  const done = await write(context, who, {
    ready: readyOf(context, who, doc.collection, record),
    revives: false,
    inPlaceOf: doc,
  });
  if (!('id' in done))
    throw done.is === 'gone' ? V3Answer.gone() : new V3Answer.V3Error(413, 'The document is too large');
  c.header('Last-Modified', new Date(done.srvModified).toUTCString());
  return c.json({ status: 200, identifier: done.identifier, lastModified: done.srvModified });
}

export async function remove(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: Of,
  identifier: string,
): Promise<Response> {
  need(who, collection, 'delete');
  const doc = find(context, who, collection, identifier);
  if (!doc) throw V3Answer.notFound();
  if (!doc.isValid) throw V3Answer.gone();
  checkChange(c, who, doc, {});
  await context.records.remove(who, [doc]);
  return c.json({ status: 200 });
}
