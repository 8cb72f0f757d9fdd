// Copyright the Islet authors. AGPL-3.0-or-later.
import { parseCarried } from '@islet/core/wire/Carried';
import * as Stated from '@islet/core/wire/Stated';
import type { Hono } from 'hono';
import * as Before from '../Before.js';
import * as Carrying from '../Carrying.js';
import type { HubContext } from '../Hub.js';
import { keep } from '../Keeping.js';
import { PAPER_BYTES, PUT_BYTES } from '../limits.js';
import { keepPaper } from '../Papers.js';
import { notNamed } from '../Places.js';
import { Refusal } from '../Refusal.js';
import { requireStated } from './hubs.js';

/**
 * `POST /v1/carry`: what an account takes along from another hub, with its Statement about it: sealed bytes with the
 * receipts that they have, and papers sealed to it. Taken only where the account names this hub.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/carry', (c) =>
    hub.admission.admit(c, 'put', PUT_BYTES, async (body) => {
      const started = hub.now();
      const document = Stated.parseDocument(body);
      await requireStated(hub, document, 'carried');
      const { account } = document.signed.message;
      // Stops: copies where the person does not know of them, and would not have them erased.
      if (!hub.places.isHere(account)) throw notNamed();
      const carried = parseCarried(document.bytes);
      const { parsed, receipts } = await Carrying.parse(hub.follower.state, account, carried);
      // First the receipts: what is kept must never be taken for younger than it is.
      await Before.keep(hub.archive, receipts);
      await keep(hub, parsed);
      await keepReasons(hub, account, carried.papers);
      hub.batcher.wake();
      const counts = {
        epochs: parsed.epochs.length,
        shares: parsed.shares.length,
        segments: parsed.segments.length,
        heads: parsed.heads.length,
      };
      hub.events.carried(counts, hub.now() - started);
      return c.json({ kept: counts });
    }),
  );
}

/** Reasons of emergencies, which the reader sealed to the account. Only the account can tell whether one is whole. */
async function keepReasons(
  { archive, follower }: HubContext,
  account: Uint8Array,
  papers: { about: Uint8Array; paper: Uint8Array }[],
): Promise<void> {
  for (const { about, paper } of papers) {
    if (!Carrying.isReason(follower.state, account, about) || paper.length > PAPER_BYTES)
      throw new Refusal(
        403,
        'HUB_NOT_THEIR_PAPER',
        `A paper is about no emergency of this account, or has more than ${PAPER_BYTES} bytes. It was not kept.`,
      );
    await keepPaper(archive, about, paper);
  }
}
