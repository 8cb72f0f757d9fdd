// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import type { Context as Call, Hono } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import { LIVE_MS } from '../limits.js';
import { malformed, RefusalError, unauthorised } from '../Refusal.js';
import { secretsIn } from '../routes/request.js';
import * as Auth from './Auth.js';
import { look, type Nightscout, paramsOf } from './Context.js';
import * as Formats from './Formats.js';
import type { Fields } from './Json.js';
import { numberOf } from './Json.js';
import * as Live from './Live.js';
import * as Properties from './Properties.js';
import { authorisedOf } from './Status.js';

/** What API v2 has beyond v1: tokens, who is paired, computed values. */
export function v2(app: Hono, context: Nightscout): void {
  const base = '/api/v2';

  app.get(`${base}/authorization/request/:token`, async (c) => {
    const who = await context.auth.ofSecrets([c.req.param('token')]);
    // Counts as a failed login of this address.
    if (!who) {
      await context.auth.need(c);
      throw unauthorised();
    }
    return c.json(await authorisedOf(context, who));
  });

  app.get(`${base}/authorization/subjects`, async (c) => c.json([subjectOf(await context.auth.need(c), c)]));
  app.get(`${base}/authorization/roles`, async (c) => {
    await context.auth.need(c);
    return c.json(roles);
  });
  app.get(`${base}/authorization/permissions`, async (c) =>
    c.json(Auth.permissionsOf(await context.auth.need(c))),
  );
  for (const path of ['subjects', 'subjects/:id', 'roles', 'roles/:id'])
    app.on(['POST', 'PUT', 'DELETE'], `${base}/authorization/${path}`, async (c) => {
      await context.auth.need(c);
      throw byWallet();
    });

  for (const path of ['properties', 'properties.json', 'properties/:names'])
    app.get(`${base}/${path}`, async (c) => {
      const who = await reader(context, c);
      const all = Properties.of(context, who);
      await look(context, who, all.bgnow ? 1 : 0);
      return c.json(named(all, c.req.param('names')));
    });

  for (const path of ['ddata', 'ddata.json', 'ddata/at', 'ddata/at/:at'])
    app.get(`${base}/${path}`, async (c) => {
      const who = await reader(context, c);
      const at = numberOf(c.req.param('at')) ?? context.now();
      const found = Live.of(context, who, at - LIVE_MS);
      await look(context, who, found.sgvs.length);
      return c.json(found);
    });

  for (const path of ['summary', 'summary.json'])
    app.get(`${base}/${path}`, async (c) => {
      const who = await reader(context, c);
      const hours = Math.min(48, Math.max(1, numberOf(paramsOf(c).get('hours') ?? undefined) ?? 6));
      const found = summary(context, who, hours * 3_600_000);
      await look(context, who, found.sgvs.length);
      return c.json(found);
    });

  app.post(`${base}/notifications/loop`, async (c) => {
    await context.auth.need(c);
    return c.text(
      'This server sends no commands to a phone: it could read what it sends. Use the app’s own remote control.',
      403,
    );
  });
}

async function reader({ auth }: Nightscout, c: Call): Promise<Paired> {
  const who = await auth.need(c);
  Auth.needRead(who);
  return who;
}

function named(all: Fields, names: string | undefined): Fields {
  if (names === undefined) return all;
  const list = Formats.split(names).name.split(',').slice(0, 32);
  if (list.some((one) => !/^\w{1,32}$/.test(one))) throw malformed('A property’s name is letters.');
  return Object.fromEntries(list.flatMap((one) => (Object.hasOwn(all, one) ? [[one, all[one]!]] : [])));
}

/**
 * The caller itself, and nobody else who is paired. Its token is the key that it came with, under its own name: so an
 * app that looks for a token finds one that works, and learns nothing that it did not have.
 */
function subjectOf({ account, device }: Paired, c: Call): Fields {
  const presented = secretsIn(c).find((secret) => !secret.includes('.'));
  const tail = presented?.slice(presented.lastIndexOf('-') + 1);
  const short = device.name.toLowerCase().replace(/\W/g, '').slice(0, 10) || 'device';
  return {
    _id: createHash('sha256').update(`${account.hex}/${device.id}`).digest('hex').slice(0, 24),
    name: device.name,
    roles: [device.may === 'write' ? 'uploader' : 'readable'],
    notes: '',
    ...(tail ? { accessToken: `${short}-${tail}` } : {}),
  };
}

const roles = [
  { name: 'readable', permissions: ['*:*:read'] },
  { name: 'uploader', permissions: ['api:*:create', 'api:*:update', 'api:*:delete'] },
];

function summary(context: Nightscout, who: Paired, span: number) {
  const from = context.now() - span;
  const { sgvs, treatments, profiles } = Live.of(context, who, from);
  const isBasal = ({ eventType }: Fields) => /^temp basal/i.test(String(eventType));
  const isTarget = ({ eventType }: Fields) => /^temporary target/i.test(String(eventType));
  return {
    sgvs: sgvs.map(({ mgdl, mills }) => ({ sgv: mgdl!, mills: mills! })),
    treatments: {
      tempBasals: treatments.filter(isBasal),
      treatments: treatments.filter((one) => !isBasal(one) && !isTarget(one)),
      targets: treatments.filter(isTarget),
    },
    profile: profiles[0] ?? null,
    state: Properties.of(context, who),
  };
}

const byWallet = (): RefusalError =>
  new RefusalError(
    403,
    'GATEWAY_PAIRED_BY_WALLET',
    'Who may read or write here is decided in the wallet alone. Pair the device there, and give the app its key.',
  );
