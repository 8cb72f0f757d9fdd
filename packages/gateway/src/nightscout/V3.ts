// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Devices from '@islet/core/Devices';
import type { Context as Call, Hono } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import { RefusalError } from '../Refusal.js';
import type * as Collection from './Collection.js';
import { look, type Nightscout, paramsOf, zoneOf } from './Context.js';
import * as Formats from './Formats.js';
import type { Fields } from './Json.js';
import * as Query from './Query.js';
import * as Reads from './Reads.js';
import { apiVersion, version } from './Status.js';
import * as V3Answer from './V3Answer.js';
import * as V3Search from './V3Search.js';
import * as V3Writes from './V3Writes.js';

/** The collections of API v3. */
const collections = ['devicestatus', 'entries', 'food', 'profile', 'settings', 'treatments'] as const;
type V3Collection = (typeof collections)[number];
const isCollection = (text: string): text is V3Collection =>
  (collections as readonly string[]).includes(text);

/** Nightscout's API v3, as AAPS, Juggluco and others speak it. */
export function v3(app: Hono, context: Nightscout): void {
  app.all('/api/v3/*', async (c, next) => {
    try {
      return (await route(context, c)) ?? (await next());
    } catch (error) {
      if (error instanceof V3Answer.V3Error) return V3Answer.refused(c, error);
      // What is here refused for good has v3's envelope; what is to be sent again keeps its own.
      if (error instanceof RefusalError && error.status < 429)
        return c.json({ status: error.status, message: error.message }, error.status);
      throw error;
    }
  });
}

async function route(context: Nightscout, c: Call): Promise<Response | undefined> {
  const parts = c.req.path.slice('/api/v3/'.length).split('/').map(decode);
  const last = Formats.split(parts.pop() ?? '');
  const [head = '', ...rest] = [...parts, last.name];
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  if (head === 'version' && rest.length === 0) return c.json({ status: 200, result: versionOf(context) });
  const who = await context.auth.find(c);
  if (!who) throw await denied(context, c);
  if (head === 'test' && method === 'GET') return c.json({ status: 200 });
  if (head === 'status' && rest.length === 0) return c.json({ status: 200, result: statusOf(context, who) });
  if (head === 'lastModified' && rest.length === 0) return lastModified(context, c, who);
  if (!isCollection(head)) throw V3Answer.notFound();
  if (rest.length === 0) {
    if (method === 'GET') return search(context, c, who, head, last.format);
    if (method === 'POST') return V3Writes.create(context, c, who, head);
    throw V3Answer.notFound();
  }
  if (rest[0] === 'history' && method === 'GET') return history(context, c, who, head, rest[1], last.format);
  // An identifier may itself have a point in it.
  const identifier =
    last.format && rest.length === 1 && !isRendered(last.format) ? `${rest[0]}.${last.format}` : rest[0]!;
  if (rest.length > 1) throw V3Answer.notFound();
  if (method === 'GET') return read(context, c, who, head, identifier, last.format);
  if (method === 'PUT') return V3Writes.update(context, c, who, head, identifier);
  if (method === 'PATCH') return V3Writes.patch(context, c, who, head, identifier);
  if (method === 'DELETE') return V3Writes.remove(context, c, who, head, identifier);
  throw V3Answer.notFound();
}

const isRendered = (format: Formats.Format): boolean => ['json', 'csv', 'xml'].includes(format);

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new V3Answer.BadRequestError('Bad or missing identifier field');
  }
}

/** A guess counts against its address, here as everywhere. */
async function denied({ auth }: Nightscout, c: Call): Promise<Error> {
  try {
    await auth.need(c);
  } catch (error) {
    if (error instanceof RefusalError && error.status === 429) return error;
  }
  return V3Answer.badToken();
}

const versionOf = ({ now }: Nightscout) => ({
  version,
  apiVersion,
  srvDate: now(),
  storage: { storage: 'islet', version: '1' },
});

function statusOf(context: Nightscout, { device }: Paired): object {
  const powers = Devices.mayWrite(device) ? (Devices.mayRead(device) ? 'crud' : 'cud') : 'r';
  return {
    ...versionOf(context),
    apiPermissions: Object.fromEntries(collections.map((one) => [one, powers])),
  };
}

async function lastModified(context: Nightscout, c: Call, who: Paired): Promise<Response> {
  const told: Fields = {};
  // A device that may not read is told of no change but that its own upload worked.
  if (Devices.mayRead(who.device)) {
    for (const collection of collections) {
      const at = Reads.modifiedOf(who, context.stateOf(who.account), collection);
      if (at > 0) told[collection] = at;
    }
    await look(context, who, 0);
  }
  return c.json({ status: 200, result: { srvDate: context.now(), collections: told } });
}

function needRead(who: Paired, collection: Collection.Collection): void {
  if (!Devices.mayRead(who.device)) throw V3Answer.missing(`api:${collection}:read`);
}

async function search(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: V3Collection,
  suffix: Formats.Format | undefined,
): Promise<Response> {
  needRead(who, collection);
  const { tests, limit, skip, sort, project } = V3Search.parse(paramsOf(c));
  const zone = zoneOf(who);
  const fields = collection === 'entries' ? ['date'] : ['created_at'];
  const range = Query.rangeOf(tests, zone, fields) ?? everything;
  const question = { tests: tests.filter(isRecordTest), range, count: Number.POSITIVE_INFINITY };
  const found = Reads.find(context.keys.local, who, context.stateOf(who.account), collection, question, zone)
    .map((shown) => ({ ...shown, fields: shapeOf(shown) }))
    .filter((shown) => Query.matches(tests, shown.fields, zone));
  const page = V3Search.sorted(found, sort).slice(skip, skip + limit);
  await look(context, who, page.length);
  context.auth.still(who);
  noteModified(c, page);
  return V3Answer.result(
    c,
    suffix,
    page.map((shown) => project(shown.fields)),
  );
}

const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
/** Tests of what only the answer has are made on the answer. */
const isRecordTest = (test: Query.Test): boolean =>
  test.is === 'field' &&
  !/^(identifier|srvModified|srvCreated|isValid|_id)/.test(test.field) &&
  test.operator !== '$ne' &&
  test.operator !== '$nin';

/** A record as API v3 shows it. */
export function shapeOf({ fields, srvModified, doc }: Reads.Shown): Fields {
  const { _id, ...rest } = fields;
  const identifier = rest.identifier ?? _id!;
  return { ...rest, identifier, srvModified, srvCreated: rest.srvCreated ?? doc().srvCreated };
}

function noteModified(c: Call, page: Reads.Shown[]): void {
  const newest = Math.max(0, ...page.map(({ srvModified }) => srvModified));
  if (newest === 0) return;
  c.header('Last-Modified', new Date(newest).toUTCString());
  c.header('ETag', `W/"${newest}"`);
}

async function history(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: V3Collection,
  since: string | undefined,
  suffix: Formats.Format | undefined,
): Promise<Response> {
  needRead(who, collection);
  const after = since === undefined ? Date.parse(c.req.header('last-modified') ?? '') : Number(since);
  if (!Number.isFinite(after) || after < 0)
    throw new V3Answer.BadRequestError('Bad or missing Last-Modified header/parameter');
  const { limit, project } = V3Search.parse(paramsOf(c));
  const all = Reads.since(context.keys.local, who, context.stateOf(who.account), collection, after);
  // Whatever changed in the same moment as the last one comes along: the next question asks for later ones.
  const edge = all[limit - 1]?.srvModified;
  const page = edge === undefined ? all : all.filter(({ srvModified }) => srvModified <= edge);
  await look(context, who, page.length);
  context.auth.still(who);
  noteModified(c, page);
  return V3Answer.result(
    c,
    suffix,
    page.map((shown) => project(shapeOf(shown))),
  );
}

async function read(
  context: Nightscout,
  c: Call,
  who: Paired,
  collection: V3Collection,
  identifier: string,
  suffix: Formats.Format | undefined,
): Promise<Response> {
  const doc = V3Writes.find(context, who, collection, identifier);
  const isBlind = !Devices.mayRead(who.device);
  if (!isBlind) await look(context, who, doc ? 1 : 0);
  if (!doc || (!isBlind && !Reads.maySee(who, doc))) throw V3Answer.notFound();
  if (!doc.isValid) throw V3Answer.gone();
  const shown = { ...V3Writes.shownOf(doc), ...(isBlind ? {} : { fields: Reads.shownTo(who, doc) }) };
  noteModified(c, [shown]);
  const since = Date.parse(c.req.header('if-modified-since') ?? '');
  if (doc.srvModified <= since + 999) return c.body(null, 304);
  const fields = shapeOf(shown);
  // Whoever named the record learns that it is here, and nothing that it says.
  if (isBlind) return c.json({ status: 200, result: Reads.named({ ...shown, fields }) });
  return V3Answer.result(c, suffix, V3Search.projection(c.req.query('fields') ?? null)(fields));
}
