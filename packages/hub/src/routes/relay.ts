// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { parseRelay, type Relay } from '@islet/core/wire/Relay';
import type { Hono } from 'hono';
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
        return c.json(answer);
      } catch (error) {
        if (error instanceof Refusal) hub.events.relayRefused(asked.kind, error.code);
        throw error;
      }
    }),
  );
}

/** Stops: a grant that stands on the chain and opens nothing, since its keys are where no reader asks for them. */
function requireHere({ places }: HubContext, { kind, signed }: Relay): void {
  if (kind === 'Grant' && places.hasLeft(parseSigned(Message.grant, signed).message.patient)) throw left();
}
