// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode } from '@islet/core/codec';
import * as Days from '@islet/core/Day';
import type { Kind, Reading } from '@islet/core/Reading';
import * as Readings from '@islet/core/Readings';
import * as Stream from '@islet/core/Stream';
import type { Hono } from 'hono';
import * as z from 'zod';
import type { Account } from '../Accounts.js';
import type { Taken } from '../Ingest.js';
import { READINGS_BYTES, SMALL_BODY_BYTES } from '../limits.js';
import { malformed, noKeys, RefusalError } from '../Refusal.js';
import { faultOf } from '../Validate.js';
import { withdraw } from '../Withdraw.js';
import type { Context } from './Context.js';
import { bodyOf, pairedOf } from './request.js';

/** Readings in Islet's own form, and the undoing of an import. */
export function readings(app: Hono, context: Context): void {
  const { deviceKeys, ingest, closer, stateOf, fair } = context;

  app.post('/v1/readings', async (c) => {
    const { account, device } = pairedOf(c, deviceKeys, 'write');
    if (account.runs.length === 0) throw noKeys(409);
    const { importId, list } = parse(await bodyOf(c, READINGS_BYTES));
    const fault = list.findIndex((r) => faultOf(r) !== undefined);
    if (fault >= 0) throw malformed(`Reading ${fault} has a time or a number that cannot be.`);
    closer.noticed(account);
    const taken = await fair(`${account.hex}/${device.id}`, list.length, () =>
      ingest.take(account, stateOf(account), { readings: list, importId: importId || null }),
    ).catch((error) => {
      // This client can have keys sent; it need not wait for them.
      throw error instanceof RefusalError && error.code === 'GATEWAY_NO_KEYS' ? noKeys(409) : error;
    });
    closer.noticed(account);
    return c.json(summarise(account, list, taken));
  });

  app.post('/v1/withdraw', async (c) => {
    const { account } = pairedOf(c, deviceKeys, 'write');
    const text = new TextDecoder().decode(await bodyOf(c, SMALL_BODY_BYTES));
    const asked = question.safeParse(jsonOf(text));
    if (!asked.success) throw malformed('The body names no import.');
    return c.json(
      await withdraw(
        { ...context.closing, now: context.now },
        account,
        stateOf(account),
        asked.data.importId,
      ),
    );
  });
}

const question = z.object({ importId: z.string().min(1).max(128) });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parse(body: Uint8Array): { importId: string; list: Reading[] } {
  const f = decode('islet/ingest', 1, body);
  const importId = f.text(128);
  const list = Readings.decodeRun(f.bytes());
  f.end();
  return { importId, list };
}

type Counted = { accepted: number; duplicates: number };

/** What became of the readings: in all, and by kind. `days` are the stream days that got something new. */
function summarise(account: Account, list: Reading[], taken: Taken) {
  const kinds: { [kind in Kind]?: Counted } = {};
  const days = new Set<string>();
  const all = { accepted: 0, duplicates: 0, late: 0 };
  taken.forEach(({ known, late }, i) => {
    const reading = list[i]!;
    const stream = Stream.ofKind(reading.kind);
    kinds[reading.kind] ??= { accepted: 0, duplicates: 0 };
    const what = known ? 'duplicates' : 'accepted';
    all[what]++;
    kinds[reading.kind]![what]++;
    if (late) all.late++;
    if (!known) days.add(`${stream}/${Days.of(reading.at, account.offsets.get(stream)!)}`);
  });
  return { ...all, days: days.size, kinds };
}
