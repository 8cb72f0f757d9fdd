// Copyright the Islet authors. AGPL-3.0-or-later.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plain } from '@islet/core/crypto/bytes';
import * as Segment from '@islet/core/Segment';
import { encodeFetched, type Part, parseFetched } from '@islet/core/wire/Fetch';

/** A lying hub for demonstration: passes everything on, and flips one bit of the first sealed segment it serves. */
export async function open(
  hubUrl: string,
  alter: (parts: Part[]) => Part[] = flipOneBit,
): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      const body = Buffer.concat(chunks);
      const init = { method: request.method ?? 'GET', ...(body.length > 0 && { body: plain(body) }) };
      const answer = await fetch(hubUrl + request.url, init);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(
        request.url === '/v1/fetch' && answer.ok ? encodeFetched(alter(parseFetched(bytes))) : bytes,
      );
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function flipOneBit(parts: Part[]): Part[] {
  const first = parts.flatMap((p) => p.segments)[0];
  if (first) {
    const { ciphertext } = Segment.parse(first.segment);
    const changed = new Uint8Array(first.segment);
    // The ciphertext ends the segment.
    const at = changed.length - Math.ceil(ciphertext.length / 2);
    changed[at] = changed[at]! ^ 1;
    first.segment = changed;
  }
  return parts;
}
