// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Context as Call } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import { secretsIn } from '../routes/request.js';
import * as Auth from './Auth.js';
import type { Nightscout } from './Context.js';
import * as Documents from './Documents.js';
import type { Format } from './Formats.js';
import { textOf } from './Json.js';

/** Clients compare it; we answer as this line of Nightscout does. */
export const version = '15.0.7';
export const apiVersion = '3.0.3-alpha';

/** The settings that clients look at. Units are the person's own where the caller may know their profile. */
export function statusOf(context: Nightscout, paired: Paired | undefined, token: object | null): object {
  const at = context.now();
  return {
    status: 'ok',
    name: 'islet',
    version,
    serverTime: new Date(at).toISOString(),
    serverTimeEpoch: at,
    apiEnabled: true,
    careportalEnabled: true,
    boluscalcEnabled: false,
    settings: {
      units: unitsOf(context, paired),
      timeFormat: 24,
      customTitle: 'Islet',
      theme: 'default',
      alarmUrgentHigh: false,
      alarmHigh: false,
      alarmLow: false,
      alarmUrgentLow: false,
      alarmTimeagoWarn: false,
      alarmTimeagoUrgent: false,
      showPlugins: 'delta direction iob cob upbat',
      thresholds: { bgHigh: 250, bgTargetTop: 180, bgTargetBottom: 70, bgLow: 54 },
      enable: ['careportal', 'iob', 'cob', 'delta', 'direction', 'upbat', 'devicestatus', 'profile'],
    },
    extendedSettings: {},
    authorized: token,
    runtimeState: 'loaded',
  };
}

export function unitsOf({ stateOf }: Nightscout, paired: Paired | undefined): 'mg/dl' | 'mmol' {
  if (!paired || !Auth.follows(paired, ['profile/raw'])) return 'mg/dl';
  let newest: Documents.Doc | undefined;
  for (const doc of Documents.list(stateOf(paired.account).documents, 'profile'))
    if (doc.isValid && (!newest || doc.at > newest.at)) newest = doc;
  const units = newest && textOf(Documents.stored(newest).units);
  return units && /mmol/i.test(units) ? 'mmol' : 'mg/dl';
}

/** What a caller holds, as Nightscout says it, with a token for the hours to come. */
export async function authorisedOf({ auth }: Nightscout, paired: Paired): Promise<object> {
  const { token, iat, exp } = await auth.jwt.issue(paired);
  return { token, sub: paired.device.name, permissionGroups: [Auth.permissionsOf(paired)], iat, exp };
}

export async function status(context: Nightscout, c: Call, format: Format): Promise<Response> {
  if (format === 'txt') return c.text('STATUS OK');
  if (format === 'html') return c.html('<h1>STATUS OK</h1>');
  // Who presents a key is told when it is wrong; who presents none is told what everybody may know.
  const paired = secretsIn(c).length > 0 ? await context.auth.need(c) : undefined;
  const told = statusOf(context, paired, paired ? await authorisedOf(context, paired) : null);
  if (format === 'js')
    return c.body(`this.serverSettings = ${JSON.stringify(told)};`, 200, {
      'Content-Type': 'application/javascript; charset=utf-8',
    });
  return c.json(told);
}

export async function verifyAuth({ auth }: Nightscout, c: Call): Promise<Response> {
  const paired = await auth.find(c);
  const canRead = paired !== undefined && paired.device.may !== 'write';
  const canWrite = paired !== undefined && paired.device.may !== 'read';
  return c.json({
    status: 200,
    message: {
      canRead,
      canWrite,
      isAdmin: false,
      message: paired ? 'OK' : 'UNAUTHORIZED',
      rolefound: paired ? 'FOUND' : 'NOTFOUND',
      permissions: paired ? 'ROLE' : 'DEFAULT',
    },
  });
}
