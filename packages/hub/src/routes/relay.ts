// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { parseRelay, type Relay } from '@islet/core/wire/Relay';
import type { Hono } from 'hono';
import * as Backups from '../Backups.js';
import type { HubContext } from '../Hub.js';
import { RELAY_BYTES } from '../limits.js';
import { left } from '../Places.js';
import { Refusal } from '../Refusal.js';
import { relay } from '../Relaying.js';

/** `POST /v1/relay`: anyone's signed message, onto the chain. What it may do there is for the contracts to say. */
export function mount(app: Hono, hub: HubContext): void {
  app.post('/v1/relay', (c) =>
    hub.admission.admit(c, 'relay', RELAY_BYTES, async (body) => {
      const started = hub.now();
      const asked = parseRelay(body);
      try {
        requireHere(hub, asked);
        const answer = await relay(hub, asked);
        // What it changed binds the connections held here before anybody is told that it is done.
        if (asked.kind !== 'Request') await hub.follows.look();
        hub.events.relayed(asked.kind, hub.now() - started);
        if (asked.kind === 'Erase') hub.erasing.wake();
        await dropBackups(hub, asked);
        return c.json(answer);
      } catch (error) {
        if (error instanceof Refusal) hub.events.relayRefused(asked.kind, error.code);
        throw error;
      }
    }),
  );
}

/** What ends a signer or a key ends what its passkey would have brought back. */
const ends = {
  RemoveSigner: Message.removeSigner,
  ReplaceEncryptionKey: Message.replaceEncryptionKey,
  FinishRecovery: Message.approve,
} as const;

async function dropBackups(hub: HubContext, { kind, signed }: Relay): Promise<void> {
  if (!(kind in ends)) return;
  const { message } = parseSigned(ends[kind as keyof typeof ends], signed);
  // It is on chain, and that is what was asked for: what cannot be dropped now is when it is next asked for.
  await hub.follower
    .follow()
    .then(() => Backups.dropEnded(hub, message.account))
    .catch((error) => hub.events.unexpected(error));
}

/** Stops: a grant that stands on the chain and opens nothing, since its keys are where no reader asks for them. */
function requireHere({ places }: HubContext, { kind, signed }: Relay): void {
  if (kind === 'Grant' && places.hasLeft(parseSigned(Message.grant, signed).message.patient)) throw left();
}
