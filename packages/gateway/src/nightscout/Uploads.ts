// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Paired } from '../DeviceKeys.js';
import { inPieces } from '../FairLane.js';
import { PIECE_RECORDS, RECORDS_ROWS } from '../limits.js';
import { malformed, RefusalError } from '../Refusal.js';
import * as Collection from './Collection.js';
import { laneOf, type Nightscout, zoneOf } from './Context.js';
import { type Fields, isFields, type Json } from './Json.js';
import type { Write, Written } from './Records.js';
import * as Treatments from './Treatments.js';

/** The records of an API v1 upload, in the order sent; those that cannot be kept say why. */
export async function write(
  context: Nightscout,
  paired: Paired,
  collection: Exclude<Collection.Collection, 'entries'>,
  body: Json,
): Promise<Fields[]> {
  const list = Array.isArray(body) ? body : [body];
  if (list.length > RECORDS_ROWS)
    throw new RefusalError(
      413,
      'GATEWAY_TOO_LARGE',
      `At most ${RECORDS_ROWS} records at once. Send it in parts.`,
    );
  const rows = list.map((record) => rowOf(context, paired, collection, record));
  const writes = rows.flatMap((row) => ('writes' in row ? row.writes : []));
  const first = rows[0];
  if (first && writes.length === 0)
    throw malformed(
      `None of the records can be kept: record 0 is wrong in its ${'error' in first ? first.error : 'shape'}.`,
    );
  const written = await inPieces(context.fair, laneOf(paired), writes, PIECE_RECORDS, (piece) => {
    context.auth.still(paired);
    return context.records.write(paired, piece);
  });
  let next = 0;
  return rows.map((row) => {
    if ('error' in row) return { error: row.error };
    // A record that was split is answered by its first part, so that answers stand as records did.
    const done = written[next]!;
    next += row.writes.length;
    return answerOf(row.writes[0]!, done);
  });
}

type Row = { writes: Write[] } | { error: string };

function rowOf({ now }: Nightscout, paired: Paired, collection: Collection.Collection, record: Json): Row {
  if (!isFields(record)) return { error: 'shape' };
  const clock = { zone: zoneOf(paired), now: now() };
  const parts = collection === 'treatments' ? Treatments.split(record, clock.zone) : [record];
  const writes: Write[] = [];
  for (const part of parts) {
    const ready = Collection.ready(collection, part, clock);
    if (typeof ready === 'string') return { error: ready };
    writes.push({ ready, revives: true });
  }
  return { writes };
}

/** What the client sent, as it is kept, with the name it has here. */
function answerOf({ ready }: Write, done: Written): Fields {
  if (!('id' in done)) return { error: done.is };
  return { ...ready.fields, _id: done.id };
}
