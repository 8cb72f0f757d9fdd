// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import { MemoryStore } from '@islet/store/MemoryStore';
import { describe, expect, test } from 'vitest';
import * as HeadStand from './HeadStand.js';
import * as Hot from './Hot.js';
import { keyedLock } from './KeyedLock.js';
import * as Sweeper from './Sweeper.js';
import { silent } from './scene.testkit.js';

describe('what no map shows any more', () => {
  test('is dropped: the head, and the nodes that no later head of the stream needs', async () => {
    const store = new MemoryStore();
    const kept = async (text: string) => ({
      hash: sha256(Buffer.from(`hash of ${text}`)),
      key: fromHex(await store.put(Buffer.from(text))),
    });
    const hot = Hot.empty();
    const [page, oldRoot, newRoot] = [await kept('page'), await kept('old root'), await kept('new root')];
    const [first, second] = [await kept('first head'), await kept('second head')];
    const put = (
      head: Awaited<ReturnType<typeof kept>>,
      at: number,
      added: (typeof page)[],
      gone: Uint8Array[],
    ) =>
      Hot.apply(hot, {
        kind: 'put',
        writers: [{ account: new Uint8Array(32), stream: 'glucose/raw', gateway: new Uint8Array(32) }],
        epochs: [],
        shares: [],
        segments: [],
        heads: [{ writer: 0, ...head, at, calendar: added[0]!.hash, added, gone }],
      });
    put(first, 1, [oldRoot, page], []);
    put(second, 2, [newRoot], [oldRoot.hash]);
    const [stand] = [...hot.stands.values()];
    expect([...HeadStand.nodeKeys(stand!.versions[1]).keys()]).toEqual(
      [page, newRoot].map((n) => toHex(n.hash)),
    );

    const sweeper = Sweeper.open(store, keyedLock(), silent);
    sweeper.sweep(Hot.pass(hot, 1));
    await sweeper.close();
    expect(await store.has(toHex(first.key))).toBe(true);
    sweeper.sweep(Hot.pass(hot, 2));
    await sweeper.close();
    const left = await Promise.all(
      [first, oldRoot, page, newRoot, second].map((one) => store.has(toHex(one.key))),
    );
    expect(left).toEqual([false, false, true, true, true]);
  });
});
