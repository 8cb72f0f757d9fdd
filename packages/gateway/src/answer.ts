// Copyright the Islet authors. AGPL-3.0-or-later.

/** The body of an answer or a request, up to a limit. Throws a `RangeError` beyond it. */
export async function answerOf(
  response: { body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null },
  limit: number,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    // Leaving the loop cancels the stream, so no more than the limit is ever held.
    if (length > limit) throw new RangeError('the body is too long');
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
