// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, plain } from '@islet/core/crypto/bytes';
import * as Followed from '@islet/core/wire/Followed';
import { RemoteError, type Service, UnreachableError } from './Http.js';
import { FOLLOW_IDLE_MS, REFUSAL_BYTES } from './limits.js';

/**
 * The messages of an answer that is held open, until it ends, is cut off, or says nothing for so long that it must be
 * dead. Throws `RemoteError` where the service refuses, and `UnreachableError` where the connection fails or is cut.
 */
export async function* messages(
  service: Service,
  path: string,
  body: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  let timer = setTimeout(abort, FOLLOW_IDLE_MS);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    const response = await reached(
      service,
      fetch(service.url + path, {
        method: 'POST',
        body: plain(body),
        headers: { 'content-type': 'application/cbor' },
        signal: controller.signal,
      }),
    );
    const parts = partsOf(service, response.body, () => {
      clearTimeout(timer);
      timer = setTimeout(abort, FOLLOW_IDLE_MS);
    });
    if (!response.ok) throw new RemoteError(service.name, response.status, await whole(parts));
    yield* Followed.frames(parts);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    abort();
  }
}

const reached = <T>(service: Service, attempt: Promise<T>): Promise<T> =>
  attempt.catch((cause) => {
    throw new UnreachableError(service.name, cause);
  });

/** Not every browser can iterate over a stream. */
async function* partsOf(
  service: Service,
  body: ReadableStream<Uint8Array> | null,
  heard: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader();
  while (reader) {
    const { done, value } = await reached(service, reader.read());
    if (done) return;
    heard();
    yield value;
  }
}

async function whole(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  for await (const part of parts) {
    bytes = concat(bytes, part) as Uint8Array<ArrayBuffer>;
    if (bytes.length > REFUSAL_BYTES) break;
  }
  return bytes;
}
