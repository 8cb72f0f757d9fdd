// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as pause } from 'node:timers/promises';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import * as Contract from '@islet/chain/Contract';
import { to0x, toHex } from '@islet/core/crypto/bytes';
import { addressOf } from '@islet/core/crypto/secp256k1';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import { encodeList } from '@islet/core/wire/Ask';
import { askName, parseReceipts } from '@islet/core/wire/Receipts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Process from './process.testkit.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let program: Process.Program;

beforeAll(async () => {
  [chain, program] = await Promise.all([Scene.startChain(), Process.compile()]);
});

afterAll(async () => {
  Process.endAll();
  await program?.[Symbol.asyncDispose]();
  await chain?.[Symbol.asyncDispose]();
});

/** mulberry32: moments that are the same at every run, where the machine allows. */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** How many entries of the journal the index does not have yet. */
async function behind(ask: Scene.Ask): Promise<number> {
  const { index } = (await (await ask('/health')).json()) as { index: { behind: number } };
  return index.behind;
}

describe('a hub that is killed', () => {
  test('again and again under load loses no leaf, anchors none twice, and gives only valid receipts', async () => {
    const env = await Process.environment(chain);
    const next = seeded(1961);
    let hub = await Process.start(program, env);
    const ask: Scene.Ask = (path, init) => fetch(hub.url + path, init);
    const writers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const who = Scene.person();
        const w = await W.writer(who.account);
        await Scene.join_(chain, ask, who, w.key.publicKey);
        return w;
      }),
    );

    const acknowledged: W.Sealed[] = [];
    let stopping = false;
    const load = writers.map(async (w) => {
      while (!stopping) {
        const { sealed, body } = await W.fill(w, 46_000, 3);
        // As a gateway does: the same bytes again until they are answered.
        for (let done = false; !done; ) {
          const response = await Scene.post(ask, '/v1/put', body).catch(() => undefined);
          if (response && ![200, 503].includes(response.status)) throw new Error(await response.text());
          done = response?.status === 200;
          if (!done) await pause(20);
        }
        acknowledged.push(...sealed);
        await pause(10);
      }
    });
    const failed = Promise.all(load);
    failed.catch(() => undefined);

    for (let kills = 0; kills < 5; kills++) {
      // Batches are made every two seconds: the moments spread over puts, seals and anchorings.
      await pause(150 + next() * 2200);
      hub.child.kill('SIGKILL');
      await hub.exited;
      hub = await Process.start(program, env);
      // The first kill falls into the making of the index, the others into its use.
      while (kills === 0 && (await behind(ask)) > 20) await pause(50);
    }
    await pause(300);
    stopping = true;
    await failed;

    const hashes = acknowledged.map((s) => s.segment.hash);
    expect(hashes.length).toBeGreaterThan(200);
    const receipts = new Map<string, Receipt.Receipt>();
    while (receipts.size < hashes.length) {
      const left = hashes.filter((h) => !receipts.has(toHex(h))).slice(0, 4000);
      const response = await Scene.ok(Scene.post(ask, '/v1/receipts', encodeList(askName, left)));
      for (const { hash, receipt } of parseReceipts(new Uint8Array(await response.arrayBuffer())))
        if (receipt) receipts.set(toHex(hash), Receipt.parseReceipt(receipt));
      await pause(50);
    }

    const address = to0x(addressOf(Scene.hubKey));
    const count = Number(
      await Contract.read(chain.rpc, chain.deployment.anchors, anchorsAbi, 'count', { hub: address }),
    );
    const roots = new Map<number, string>();
    for (let number = 1; number <= count; number++) {
      const args = { hub: address, number: BigInt(number) };
      const root = await Contract.read(chain.rpc, chain.deployment.anchors, anchorsAbi, 'rootOf', args);
      roots.set(number, toHex(root));
    }
    const places = new Set<string>();
    const leafCounts = new Map<number, number>();
    for (const { segment } of acknowledged) {
      const receipt = receipts.get(toHex(segment.hash))!;
      expect(toHex(Receipt.rootOfLeaf(receipt, Segment.leaf(segment))!)).toBe(roots.get(receipt.number));
      places.add(`${receipt.number}/${receipt.index}`);
      leafCounts.set(receipt.number, receipt.leafCount);
    }
    // Every leaf of every batch is one of ours, once: as many places as leaves leave no room for another.
    expect(places.size).toBe(hashes.length);
    expect([...leafCounts.values()].reduce((a, b) => a + b, 0)).toBe(hashes.length);

    hub.child.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
  }, 180_000);

  test('and whose configuration is wrong says which variable, and ends', async () => {
    const env = await Process.environment(chain);
    await expect(Process.start(program, { ...env, ISLET_VALIDATORS: 'me' })).rejects.toThrow(
      /HUB_CONFIG.*ISLET_VALIDATORS/,
    );
  });
});
