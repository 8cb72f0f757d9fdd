// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as NightscoutJson from '@islet/ingest/NightscoutJson';
import type { Outcome } from '@islet/ingest/Outcome';
import type { Paired } from '../DeviceKeys.js';
import { inPieces } from '../FairLane.js';
import { ENTRIES_ROWS, PIECE_READINGS } from '../limits.js';
import { malformed, RefusalError } from '../Refusal.js';
import { faultOf } from '../Validate.js';
import { laneOf, type Nightscout, zoneOf } from './Context.js';
import * as Entries from './Entries.js';
import type { Json } from './Json.js';

type Row = { reading: Reading } | { error: string };

/** Takes uploaded entries; answers one line each, in their order, once all are durable. */
export async function write(
  { ingest, closer, stateOf, fair, auth }: Nightscout,
  paired: Paired,
  body: Json,
): Promise<object[]> {
  const rows = rowsOf(body, paired);
  const readings = rows.flatMap((row) => ('reading' in row ? [row.reading] : []));
  if (rows.length > 0 && readings.length === 0) throw unusable(rows);
  const { account } = paired;
  const taken = await inPieces(fair, laneOf(paired), readings, PIECE_READINGS, (piece) => {
    auth.still(paired);
    closer.noticed(account);
    return ingest.take(account, stateOf(account), { readings: piece, importId: null });
  });
  closer.noticed(account);
  let next = 0;
  return rows.map((row) =>
    'reading' in row ? Entries.of(taken[next++]!.id, row.reading) : { error: row.error },
  );
}

/** What would be taken, without taking it. */
export const preview = (paired: Paired, body: Json): object[] =>
  rowsOf(body, paired).map((row) => ('reading' in row ? Entries.of('', row.reading) : row));

function rowsOf(body: Json, paired: Paired): Row[] {
  const list = NightscoutJson.entries(body);
  if (!list) throw malformed('The body holds no entries.');
  if (list.length > ENTRIES_ROWS)
    throw new RefusalError(
      413,
      'GATEWAY_TOO_LARGE',
      `At most ${ENTRIES_ROWS} entries at once. Send it in parts.`,
    );
  return NightscoutJson.read(list, zoneOf(paired)).outcomes.map(rowOf);
}

function rowOf(outcome: Outcome): Row {
  if (outcome.is === 'refused') return { error: outcome.reason };
  const reading = outcome.is === 'readings' ? outcome.readings[0] : undefined;
  if (!reading) return { error: 'time' };
  const fault = faultOf(reading);
  return fault ? { error: fault } : { reading };
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
