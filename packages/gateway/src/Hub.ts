// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode } from '@islet/core/codec';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { encodeList } from '@islet/core/wire/Ask';
import { encodePut, type Put } from '@islet/core/wire/Put';
import { answerOf } from './answer.js';
import { PUT_TIMEOUT_MS, RECEIPTS_ANSWER_BYTES, SMALL_BODY_BYTES } from './limits.js';

/** What a gateway asks of its hub. */
export interface Hub {
  /** Resolves when the hub has made all of it durable. Throws `HubRefusedError`, `HubUnreachableError`. */
  put(put: Put): Promise<void>;
  /** The order of an erasure as the hub keeps it; undefined where it knows none, or is away. */
  erasure(id: string): Promise<Uint8Array | undefined>;
  /** The receipts of those segments that are anchored, by segment hash in hexadecimal. Nothing of it is believed. */
  receipts(hashes: Uint8Array[]): Promise<Map<string, Uint8Array>>;
}

export function connect(url: string, doFetch: typeof fetch): Hub {
  async function post(path: string, body: Uint8Array, limit: number): Promise<Uint8Array> {
    let response: Response;
    let answer: Uint8Array;
    try {
      response = await doFetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/cbor' },
        body: Buffer.from(body),
        signal: AbortSignal.timeout(PUT_TIMEOUT_MS),
        redirect: 'error',
      });
      answer = await answerOf(response, limit);
    } catch (cause) {
      throw new HubUnreachableError('was not reached', { cause });
    }
    if (response.ok) return answer;
    if (response.status >= 500 || response.status === 408 || response.status === 429)
      throw new HubUnreachableError(`answered HTTP ${response.status}`);
    throw new HubRefusedError(response.status, codeIn(answer));
  }

  return {
    async put(put) {
      await post('/v1/put', encodePut(put), SMALL_BODY_BYTES);
    },
    async erasure(id) {
      try {
        const response = await doFetch(`${url}/v1/erasures/${id}`, {
          signal: AbortSignal.timeout(PUT_TIMEOUT_MS),
          redirect: 'error',
        });
        const answer = await answerOf(response, SMALL_BODY_BYTES);
        if (!response.ok) return undefined;
        const { handover } = JSON.parse(new TextDecoder().decode(answer)) as { handover: string };
        return fromHex(handover);
      } catch {
        return undefined;
      }
    },
    async receipts(hashes) {
      const body = encodeList('islet/ask-receipts', hashes);
      const f = decode('islet/receipts', 1, await post('/v1/receipts', body, RECEIPTS_ANSWER_BYTES));
      const found = new Map<string, Uint8Array>();
      f.list((g) =>
        g.tuple((t) => {
          const hash = t.bytes(32);
          const receipt = t.nullable((n) => n.bytes());
          if (receipt) found.set(toHex(hash), receipt);
        }),
      );
      f.end();
      return found;
    },
  };
}

function codeIn(answer: Uint8Array): string {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(answer)) as { code?: unknown };
    return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : 'UNKNOWN';
  } catch {
    return 'UNKNOWN';
  }
}

/** The hub could not be asked, or asks to come again. */
export class HubUnreachableError extends IsletError {
  override readonly name = 'Hub.UnreachableError';
  constructor(what: string, options?: ErrorOptions) {
    super('GATEWAY_HUB_UNREACHABLE', `The hub ${what}. What it lacks is kept and put again.`, options);
  }
}

/** The hub will not take this: the account has not authorised the gateway, as far as the hub sees, or worse. */
export class HubRefusedError extends IsletError {
  override readonly name = 'Hub.RefusedError';
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string) {
    super(
      'GATEWAY_HUB_REFUSED',
      `The hub refused a put with HTTP ${status} (${reason}). It is kept and put again.`,
    );
    this.status = status;
    this.reason = reason;
  }
}
