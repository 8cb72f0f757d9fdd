// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Context as HttpContext } from 'hono';
import { bodiesInFlightBytes } from './limits.js';
import { Refusal } from './Refusal.js';

/** Reads what is sent to us, and keeps count of what all of it takes of our memory. */
export type Bodies = {
  /** Runs `handle` with the whole body. Throws `CUSTODIAN_TOO_LARGE` and `CUSTODIAN_BUSY`. */
  take<T>(c: HttpContext, maxBytes: number, handle: (body: Uint8Array) => Promise<T>): Promise<T>;
};

export function open(): Bodies {
  let inFlight = 0;
  return {
    async take(c, maxBytes, handle) {
      let mine = 0;
      try {
        if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge();
        const parts: Uint8Array[] = [];
        for await (const part of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
          if (mine + part.length > maxBytes) throw tooLarge();
          // Stops: many large requests at once, none of which is ever finished, filling our memory.
          if (inFlight + part.length > bodiesInFlightBytes) throw busy();
          mine += part.length;
          inFlight += part.length;
          parts.push(part);
        }
        return await handle(new Uint8Array(Buffer.concat(parts, mine)));
      } finally {
        inFlight -= mine;
      }
    },
  };
}

const tooLarge = (): Refusal =>
  new Refusal(413, 'CUSTODIAN_TOO_LARGE', 'The request is too large. Ask for fewer days at a time.');

const busy = (): Refusal =>
  new Refusal(503, 'CUSTODIAN_BUSY', 'The custodian is busy. Try again in a moment.');
