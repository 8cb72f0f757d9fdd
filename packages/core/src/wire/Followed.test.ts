// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedError } from '../codec.js';
import { concat } from '../crypto/bytes.js';
import { frame, frames, maxFrame } from './Followed.js';

async function* cut(bytes: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const told: Uint8Array[] = [];
  for await (const message of frames(parts)) told.push(message);
  return told;
}

test('messages come out as they went in, however the stream is cut', async () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(messages, sizes, async (list, by) => {
      const told = await all(cut(concat(...list.map(frame)), by));
      expect(told.map((m) => [...m])).toEqual(list.map((m) => [...m]));
    }),
  );
});

test('a message cut off at the end is none, and one that is too long is refused before it comes', async () => {
  const bytes = frame(new Uint8Array(9));
  expect(await all(cut(bytes.subarray(0, -1), [4]))).toEqual([]);
  const long = new Uint8Array(4);
  new DataView(long.buffer).setUint32(0, maxFrame + 1);
  await expect(all(cut(long, [4]))).rejects.toThrow(MalformedError);
});
