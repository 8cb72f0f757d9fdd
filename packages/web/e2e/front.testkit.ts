// Copyright the Islet authors. AGPL-3.0-or-later.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Front = AsyncDisposable & {
  url: string;
  /** What is answered for a path, made of what the host answers. */
  changed: Map<string, (text: string) => string>;
};

/** A host in front of the real one, which may say something else for some of the files. */
export async function inFront(address: string): Promise<Front> {
  const changed: Front['changed'] = new Map();
  const { port } = new URL(address);
  function pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, url: path, headers } = asked;
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (told) => {
      const change = changed.get(path ?? '');
      if (!change) {
        answer.writeHead(told.statusCode ?? 502, told.headers);
        told.pipe(answer);
        return;
      }
      let text = '';
      told.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      told.on('end', () => {
        const { 'content-length': _, ...kept } = told.headers;
        answer.writeHead(told.statusCode ?? 502, kept).end(change(text));
      });
    });
    asked.pipe(onward);
  }
  const server = createServer(pass).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    changed,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
