// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as NightscoutJson from '@islet/ingest/NightscoutJson';
import type { Outcome } from '@islet/ingest/Outcome';
import * as Zone from '@islet/ingest/Zone';
import type { Context as Call, Hono } from 'hono';
import type { Paired } from '../DeviceKeys.js';
import * as Entries from '../Entries.js';
import * as EntriesQuery from '../EntriesQuery.js';
import { ENTRIES_BYTES, ENTRIES_ROWS } from '../limits.js';
import { malformed, RefusalError } from '../Refusal.js';
import { faultOf } from '../Validate.js';
import type { Context } from './Context.js';
import { bodyOf, pairedOf } from './request.js';

type Row = { reading: Reading } | { error: string };

/** Nightscout's API v1 for entries: what uploaders post and the person's own followers ask for. */
export function entries(app: Hono, context: Context): void {
  const { deviceKeys, ingest, closer, looks, stateOf, now } = context;

  const post = async (c: Call) => {
    const paired = pairedOf(c, deviceKeys, 'write');
    const rows = rowsOf(await bodyOf(c, ENTRIES_BYTES), zoneOf(paired));
    const readings = rows.flatMap((row) => ('reading' in row ? [row.reading] : []));
    if (rows.length > 0 && readings.length === 0) throw unusable(rows);
    const { account } = paired;
    closer.noticed(account);
    const taken = await ingest.take(account, stateOf(account), { readings, importId: null });
    closer.noticed(account);
    let next = 0;
    const answer = rows.map((row) =>
      'reading' in row ? Entries.of(taken[next++]!.id, row.reading) : { error: row.error },
    );
    return c.json(answer);
  };

  const get = (type: string | undefined, most: number) => async (c: Call) => {
    const { account, device } = pairedOf(c, deviceKeys, 'read');
    const query = EntriesQuery.parse(new URL(c.req.url).searchParams, now(), type);
    query.count = Math.min(query.count, most);
    const found = Entries.find(stateOf(account), account.offsets.get('glucose/raw') ?? 0, query);
    await looks.note(account.hex, device.id, now(), found.length);
    return c.json(found);
  };

  for (const suffix of ['', '.json']) {
    app.post(`/api/v1/entries${suffix}`, post);
    app.get(`/api/v1/entries${suffix}`, get(undefined, Number.POSITIVE_INFINITY));
    app.get(`/api/v1/entries/current${suffix}`, get('sgv', 1));
    for (const type of ['sgv', 'mbg'])
      app.get(`/api/v1/entries/${type}${suffix}`, get(type, Number.POSITIVE_INFINITY));
  }
}

function rowsOf(body: Uint8Array, zone: Zone.Zone): Row[] {
  const list = NightscoutJson.entries(NightscoutJson.parse(textOf(body)));
  if (!list) throw malformed('The body holds no entries.');
  if (list.length > ENTRIES_ROWS)
    throw new RefusalError(
      413,
      'GATEWAY_TOO_LARGE',
      `At most ${ENTRIES_ROWS} entries at once. Send it in parts.`,
    );
  return NightscoutJson.read(list, zone).outcomes.map(rowOf);
}

function rowOf(outcome: Outcome): Row {
  if (outcome.is === 'refused') return { error: outcome.reason };
  const reading = outcome.is === 'readings' ? outcome.readings[0] : undefined;
  if (!reading) return { error: 'time' };
  const fault = faultOf(reading);
  return fault ? { error: fault } : { reading };
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('The body is not UTF-8.');
  }
}

/** Nothing can be kept: the only answer to an upload that a client should not send again as it is. */
function unusable(rows: Row[]): RefusalError {
  const first = rows[0]!;
  const reason = 'error' in first ? first.error : 'shape';
  return new RefusalError(
    400,
    'GATEWAY_NO_USABLE_ENTRY',
    `None of the entries can be kept; entry 0 is wrong in its ${reason}. Correct them and send them again.`,
  );
}

const zones = new Map<string, Zone.Zone>();
const maxZones = 1_000;

/** The zone of the device's clock; otherwise where the person's days start, which is right but for summer time. */
function zoneOf({ account, device }: Paired): Zone.Zone {
  const minutes = account.offsets.get('glucose/raw') ?? 0;
  const hours = minutes / 60;
  // In these names, east is negative.
  const fixed = Number.isInteger(hours) && hours >= -12 && hours <= 14 && hours !== 0;
  const name = device.zone ?? (fixed ? `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}` : 'UTC');
  let zone = zones.get(name);
  if (!zone) {
    zone = Zone.of(name);
    if (zones.size >= maxZones) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}
