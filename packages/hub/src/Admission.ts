// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Context } from 'hono';
import {
  BODIES_IN_FLIGHT_BYTES,
  BODIES_PER_ADDRESS_BYTES,
  BODY_MS,
  type Rates,
  REQUESTS_PER_ADDRESS,
} from './limits.js';
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
  /** Counts a client's answer as under way until the returned function is called: a slow reader costs memory too. */
  hold(c: Context): () => void;
};

export function admission(rates: Rates, now: () => number): Admission {
  const limits = Object.fromEntries(
    Object.entries(rates).map(([kind, rate]) => [kind, rateLimit(rate, now)]),
  ) as { [K in Kind]: RateLimit };
  const underWay = new Map<string, UnderWay>();
  let allBytes = 0;

  /** Only what has arrived counts: a promise of many bytes must not keep others out. */
  const counter = (mine: UnderWay): Counter => {
    let counted = 0;
    return {
      add(bytes) {
        if (allBytes + bytes > BODIES_IN_FLIGHT_BYTES || mine.bytes + bytes > BODIES_PER_ADDRESS_BYTES)
          throw new Refusal(503, 'HUB_BUSY', 'The hub is busy. Try again in a moment.', { retryAfter: 1 });
        counted += bytes;
        allBytes += bytes;
        mine.bytes += bytes;
      },
      release() {
        allBytes -= counted;
        mine.bytes -= counted;
      },
    };
  };

  function enter(address: string): UnderWay {
    const mine = underWay.get(address) ?? { requests: 0, bytes: 0 };
    if (mine.requests >= REQUESTS_PER_ADDRESS) throw tooMany(1);
    underWay.set(address, mine);
    mine.requests++;
    return mine;
  }

  function leave(address: string): void {
    const mine = underWay.get(address);
    if (mine && --mine.requests === 0) underWay.delete(address);
  }

  return {
    async admit(c, kind, maxBytes, handle) {
      const address = addressOf(c);
      const wait = limits[kind].take(address);
      if (wait > 0) throw tooMany(wait);
      const mine = enter(address);
      const count = counter(mine);
      try {
        if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
        return await handle(await readBody(c.req.raw, maxBytes, count.add));
      } finally {
        count.release();
        leave(address);
      }
    },

    hold(c) {
      const address = addressOf(c);
      enter(address);
      let held = true;
      return () => {
        if (held) leave(address);
        held = false;
      };
    },
  };
}

type UnderWay = { requests: number; bytes: number };
type Counter = { add(bytes: number): void; release(): void };

const tooMany = (retryAfter: number): Refusal =>
  new Refusal(429, 'HUB_TOO_MANY', 'Too many requests from this address. Slow down.', { retryAfter });

/** The peer's address: whoever puts a proxy in front has the proxy limit its clients. */
function addressOf(c: Context): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? 'local';
}

async function readBody(
  request: Request,
  maxBytes: number,
  count: (bytes: number) => void,
): Promise<Uint8Array> {
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
      count(value.length);
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
