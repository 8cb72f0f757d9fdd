// Copyright the Islet authors. AGPL-3.0-or-later.
// Requests as no good client sends them.
import { readFile, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as net from 'node:net';

export type Answer = { status: number; body: string } | { status: 'closed' };

const chunk = Buffer.alloc(1 << 20, 0x20);

/** Sends so many bytes, as fast as they are taken, with their length said before or not. */
export function flood(
  url: string,
  method: string,
  bytes: number,
  headers: Record<string, string>,
  length: 'said' | 'unsaid',
): Promise<Answer> {
  const said = length === 'said' ? { 'content-length': String(bytes) } : { 'transfer-encoding': 'chunked' };
  return new Promise((resolve) => {
    const request = http.request(url, { method, headers: { ...headers, ...said }, agent: false });
    let left = bytes;
    let answered = false;
    const end = (answer: Answer): void => {
      answered = true;
      resolve(answer);
      request.destroy();
    };
    request.on('response', (response) => {
      let body = '';
      response.on('data', (part) => (body += part));
      response.on('end', () => end({ status: response.statusCode ?? 0, body }));
      response.on('error', () => end({ status: 'closed' }));
    });
    request.on('error', () => end({ status: 'closed' }));
    const go = (): void => {
      while (!answered && left > 0) {
        left -= chunk.length;
        if (!request.write(chunk)) return void request.once('drain', go);
      }
      if (!answered) request.end();
    };
    go();
  });
}

/** Sends a text as it stands; what comes back, or that the connection was closed without a word. */
export function raw(url: string, text: string): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(text));
    let got = '';
    const done = (): void => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(got)?.[1];
      resolve(status ? { status: Number(status), body: got } : { status: 'closed' });
      socket.destroy();
    };
    socket.on('data', (bytes) => {
      got += bytes;
      if (got.includes('\r\n\r\n')) done();
    });
    socket.on('error', done);
    socket.on('close', done);
  });
}

/** Begins a request and says no more. Resolves when the other side ends it. */
export function stalled(url: string, begin: string): { opened: Promise<void>; ended: Promise<void> } {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  // Whatever is answered is taken and thrown away.
  socket.resume();
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('connect', () => socket.write(begin, () => resolve()));
    socket.once('error', reject);
  });
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
    socket.on('error', () => resolve());
  });
  return { opened, ended };
}

/** From now on `peak` measures; undefined where the system does not tell. */
export async function peak(pid: number): Promise<() => Promise<number | undefined>> {
  // Linux forgets the highest mark when asked so.
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
  const marked = async (name: string): Promise<number | undefined> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const found = new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1];
    return found === undefined ? undefined : Number(found) * 1024;
  };
  const before = await marked('VmRSS');
  return async () => {
    const highest = await marked('VmHWM');
    return before === undefined || highest === undefined ? undefined : highest - before;
  };
}
