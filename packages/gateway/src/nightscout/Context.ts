// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Zone } from '@islet/ingest/Zone';
import * as ZoneOf from '@islet/ingest/Zone';
import type { Context as Call } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import type { Context } from '../routes/Context.js';
import type { Auth } from './Auth.js';
import type { Records } from './Records.js';

/** What Nightscout's routes work with. */
export type Nightscout = Context & { auth: Auth; records: Records };

const zones = new Map<string, Zone>();
const maxZones = 1_000;

/** The zone of the device's clock; otherwise where the person's days start, which is right but for summer time. */
export function zoneOf({ account, device }: Paired): Zone {
  const minutes = account.offsets.get('glucose/raw') ?? 0;
  const hours = minutes / 60;
  // In these names, east is negative.
  const fixed = Number.isInteger(hours) && hours >= -12 && hours <= 14 && hours !== 0;
  const name = device.zone ?? (fixed ? `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}` : 'UTC');
  let zone = zones.get(name);
  if (!zone) {
    zone = ZoneOf.of(name);
    if (zones.size >= maxZones) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}

/** Notes a look before it is answered. Throws what the log throws: without its line there is no answer. */
export const look = ({ looks, now }: Nightscout, { account, device }: Paired, count: number): Promise<void> =>
  looks.note(account.hex, device.id, now(), count);

/** Names a device's queue. */
export const laneOf = ({ account, device }: Paired): string => `${account.hex}/${device.id}`;

/** The members of a question, as written; a plus sign that was not escaped stands for a blank, as forms have it. */
export const paramsOf = (c: Call): URLSearchParams => new URL(c.req.url).searchParams;
