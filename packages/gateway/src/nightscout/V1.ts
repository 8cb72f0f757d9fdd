// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Devices from '@islet/core/Devices';
import type { Context as Call, Hono } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import { ENTRIES_ANSWERED, ENTRIES_BYTES } from '../limits.js';
import { malformed, mayNot, type RefusalError } from '../Refusal.js';
import { bodyOf, secretsIn } from '../routes/request.js';
import * as Auth from './Auth.js';
import type * as Collection from './Collection.js';
import { look, type Nightscout, zoneOf } from './Context.js';
import * as EntryWrites from './EntryWrites.js';
import * as Formats from './Formats.js';
import { type Fields, isFields, type Json, parse } from './Json.js';
import * as Query from './Query.js';
import * as Reads from './Reads.js';
import * as Status from './Status.js';
import * as Uploads from './Uploads.js';
import * as V1Question from './V1Question.js';

const _dayMs = 86_400_000;

/** What each collection is called in paths. `settings` has no place in API v1. */
const paths: { [path: string]: Collection.Collection } = {
  entries: 'entries',
  treatments: 'treatments',
  devicestatus: 'devicestatus',
  profile: 'profile',
  profiles: 'profile',
  food: 'food',
  activity: 'activity',
};

/** Nightscout's API v1, under its own path and again under that of v2. */
export function v1(app: Hono, context: Nightscout): void {
  for (const base of ['/api/v1', '/api/v2']) {
    app.all(`${base}/*`, async (c, next) => {
      const parts = c.req.path
        .slice(base.length + 1)
        .replace(/\/+$/, '')
        .split('/')
        .map(decode);
      const last = Formats.split(parts.pop() ?? '');
      const answer = await route(context, c, [...parts, last.name], last.format);
      return answer ?? next();
    });
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed('The address is not percent-encoded text.');
  }
}

async function route(
  context: Nightscout,
  c: Call,
  parts: string[],
  suffix: Formats.Format | undefined,
): Promise<Response | undefined> {
  const [head = '', ...rest] = parts;
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  const format = Formats.formatOf(c, suffix);
  if (method === 'GET' && rest.length === 0) {
    if (head === 'status') return Status.status(context, c, format);
    if (head === 'verifyauth') return Status.verifyAuth(context, c);
    if (head === 'adminnotifies') return adminNotifies(context, c);
  }
  if (head === 'experiments' && rest[0] === 'test' && method === 'GET') {
    await context.auth.need(c);
    return c.json({ status: 'ok' });
  }
  if (head === 'count' && method === 'GET') return count(context, c, rest[0] ?? '');
  const collection = Object.hasOwn(paths, head) ? paths[head] : undefined;
  if (!collection) return undefined;
  if (method === 'GET') return read(context, c, collection, rest, format);
  if (method === 'POST' || method === 'PUT') return write(context, c, collection, rest);
  if (method === 'DELETE') return remove(context, c, collection, rest);
  return undefined;
}

async function read(
  context: Nightscout,
  c: Call,
  collection: Collection.Collection,
  rest: string[],
  format: Formats.Format,
): Promise<Response> {
  const who = await context.auth.need(c);
  const question = V1Question.parse(context, who, c, collection, rest);
  if (!Devices.mayRead(who.device)) {
    if (!Query.names(question.tests)) throw mayNot('read');
    return c.json(find(context, all(who), collection, question).map(Reads.named));
  }
  const found = find(context, who, collection, question);
  await look(context, who, found.length);
  context.auth.still(who);
  const single = collection === 'profile' && rest[0] === 'current';
  const modified = Math.max(0, ...found.map(({ srvModified }) => srvModified));
  if (modified > 0) c.header('Last-Modified', new Date(modified).toUTCString());
  const since = Date.parse(c.req.header('if-modified-since') ?? '');
  if (found.length > 0 && modified <= since + 999) return c.body(null, 304);
  if (single) return c.json(found[0]?.fields ?? null);
  return Formats.records(
    c,
    format,
    found.map(({ fields }) => fields),
  );
}

const find = (
  { keys, stateOf }: Nightscout,
  who: Paired,
  collection: Collection.Collection,
  question: Reads.Question,
): Reads.Shown[] => Reads.find(keys.local, who, stateOf(who.account), collection, question, zoneOf(who));

/** A device as if it might see everything: to find what it may change. */
const all = ({ account, device }: Paired): Paired => {
  const { streams: _, ...rest } = device;
  return { account, device: { ...rest, may: 'both' } };
};

/** A body, and who sent it: by header and address, or inside the body itself. */
async function received(context: Nightscout, c: Call): Promise<{ who: Paired; body: Json }> {
  const early = secretsIn(c).length > 0 ? await context.auth.need(c) : undefined;
  // Whoever has not said who they are yet may not send much.
  const body = parse(await bodyOf(c, early ? ENTRIES_BYTES : ENTRIES_BYTES / 10));
  const who = early ?? (await context.auth.need(c, body));
  context.auth.still(who);
  Auth.needWrite(who);
  return { who, body };
}

async function write(
  context: Nightscout,
  c: Call,
  collection: Collection.Collection,
  rest: string[],
): Promise<Response> {
  const { who, body } = await received(context, c);
  if (collection === 'entries') {
    if (rest[0] === 'preview') return c.json(EntryWrites.preview(who, body));
    return c.json(await EntryWrites.write(context, who, body));
  }
  if (collection === 'settings') throw malformed('Settings are kept through API v3.');
  const answers = await Uploads.write(context, who, collection, named(body, rest[0]));
  // One record put in its place is answered as one; everything posted is answered as a list.
  return c.json(c.req.method === 'PUT' && !Array.isArray(body) ? answers[0] : answers);
}

const named = (body: Json, id: string | undefined): Json =>
  id !== undefined && isFields(body) && body._id === undefined ? { ...body, _id: id } : body;

/** What a question that deletes may be about, for a device that may not read: answers would tell the rest. */
const blind = [
  ...Query.identityFields,
  'created_at',
  'date',
  'dateString',
  'sysTime',
  'eventType',
  'enteredBy',
  'type',
];

async function remove(
  context: Nightscout,
  c: Call,
  collection: Collection.Collection,
  rest: string[],
): Promise<Response> {
  const who = await context.auth.need(c);
  Auth.needWrite(who);
  const question = V1Question.parse(context, who, c, collection, rest);
  if (question.tests.length === 0) throw nothingNamed();
  if (!Devices.mayRead(who.device) && !Query.fieldsOf(question.tests).every((one) => blind.includes(one)))
    throw mayNot('read');
  const docs = find(context, all(who), collection, question).map(({ doc }) => doc());
  const deletedCount = await context.records.remove(who, docs);
  return c.json({ acknowledged: true, deletedCount, n: deletedCount, ok: 1 });
}

const nothingNamed = (): RefusalError => malformed('A deletion names what is to be deleted.');

async function count(context: Nightscout, c: Call, storage: string): Promise<Response> {
  const who = await context.auth.need(c);
  Auth.needRead(who);
  const collection = Object.hasOwn(paths, storage) ? paths[storage]! : undefined;
  if (!collection) throw malformed('There is no such collection.');
  const question = { ...V1Question.parse(context, who, c, collection, []), count: ENTRIES_ANSWERED };
  const found = find(context, who, collection, question).length;
  await look(context, who, found);
  return c.json([{ _id: null, count: found }]);
}

async function adminNotifies({ auth }: Nightscout, c: Call): Promise<Response> {
  const who = await auth.find(c);
  return c.json({
    status: 200,
    message: { notifies: [], notifyCount: 0, subject: who?.device.name ?? null } as Fields,
  });
}
