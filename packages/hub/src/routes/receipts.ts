// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import { parseList } from '@islet/core/wire/Ask';
import { type Answer, askName, encodeReceipts } from '@islet/core/wire/Receipts';
import type { Hono } from 'hono';
import { IndexWrongError } from '../Archive.js';
import type { HubContext } from '../Hub.js';
import { RECEIPTS_ASKED, RECEIPTS_BYTES } from '../limits.js';
import * as Proofs from '../Proofs.js';
import { Refusal } from '../Refusal.js';

/** `POST /v1/receipts`: for whoever knows a segment's hash, which only its writer and its readers do. */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/receipts', (c) =>
    hub.admission.admit(c, 'receipts', RECEIPTS_BYTES, async (body) => {
      const hashes = parseList(askName, body);
      if (hashes.length > RECEIPTS_ASKED || hashes.some((hash) => hash.length !== 32))
        throw new Refusal(400, 'HUB_BAD_HASHES', `Ask for at most ${RECEIPTS_ASKED} hashes of 32 bytes.`);
      return c.body(encodeReceipts(await answer(hub, hashes)) as Uint8Array<ArrayBuffer>, 200, {
        'content-type': 'application/cbor',
      });
    }),
  );
}

async function answer(hub: HubContext, hashes: Uint8Array[]): Promise<Answer> {
  const { archive, batcher } = hub;
  const found = await archive.find.segments(hashes);
  const receipts = await Proofs.receipts(archive, hub.address, batcher.anchored, [...found.values()]).catch(
    (error) => {
      if (error instanceof IndexWrongError) hub.doubtIndex();
      throw error;
    },
  );
  return hashes.map((hash) => {
    const row = found.get(toHex(hash));
    return { hash, receipt: (row && receipts.get(row.seq)) ?? null };
  });
}
