// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Context } from 'hono';
import { BODIES_IN_FLIGHT_BYTES, BODY_MS, type Rates, REQUESTS_PER_ADDRESS } from './limits.js';
import { type RateLimit, rateLimit } from './RateLimit.js';
import { Refusal } from './Refusal.js';

export type Kind = keyof Rates;

/** Stands before the routes: nobody gets more than their share of time, memory or patience. */
export type Admission = {
  /** Runs a handler with the body read, or refuses with 408, 413, 429 or 503. */
  admit(
    c: Context,
    kind: Kind,
    maxBytes: number,
    handle: (body: Uint8Array) => Promise<Response>,
  ): Promise<Response>;
};

export function admission(rates: Rates, now: () => number): Admission {
  const limits = Object.fromEntries(
    Object.entries(rates).map(([kind, rate]) => [kind, rateLimit(rate, now)]),
  ) as { [K in Kind]: RateLimit };
  const underWay = new Map<string, number>();
  let bytesInFlight = 0;

  return {
    async admit(c, kind, maxBytes, handle) {
      const address = addressOf(c);
      const wait = limits[kind].take(address);
      if (wait > 0)
        throw new Refusal(429, 'HUB_TOO_MANY', 'Too many requests from this address. Slow down.', {
          retryAfter: wait,
        });
      const mine = underWay.get(address) ?? 0;
      if (mine >= REQUESTS_PER_ADDRESS)
        throw new Refusal(429, 'HUB_TOO_MANY', 'Too many requests at once from this address. Slow down.', {
          retryAfter: 1,
        });
      const declared = Number(c.req.header('content-length') ?? maxBytes);
      if (declared > maxBytes) throw tooLarge(maxBytes);
      const reserved = Number.isFinite(declared) ? declared : maxBytes;
      if (bytesInFlight + reserved > BODIES_IN_FLIGHT_BYTES)
        throw new Refusal(503, 'HUB_BUSY', 'The hub is busy. Try again in a moment.', { retryAfter: 1 });
      bytesInFlight += reserved;
      underWay.set(address, mine + 1);
      try {
        return await handle(await readBody(c.req.raw, maxBytes));
      } finally {
        bytesInFlight -= reserved;
        const left = underWay.get(address)! - 1;
        if (left === 0) underWay.delete(address);
        else underWay.set(address, left);
      }
    },
  };
}

/** The peer's address: whoever puts a proxy in front has the proxy limit its clients. */
function addressOf(c: Context): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? 'local';
}

async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  let slow = false;
  const timer = setTimeout(() => {
    slow = true;
    void reader.cancel().catch(() => undefined);
  }, BODY_MS);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (slow)
        throw new Refusal(
          408,
          'HUB_TOO_SLOW',
          'The body did not arrive in time. Send it again, or in parts.',
        );
      if (done) break;
      length += value.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
}

const tooLarge = (maxBytes: number): Refusal =>
  new Refusal(413, 'HUB_BODY_TOO_LARGE', `The body may have at most ${maxBytes} bytes. Send it in parts.`);
