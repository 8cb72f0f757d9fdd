// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Bundle from './Bundle.js';
import { encode, type Item } from './codec.js';
import { decoded, drawn, flipped } from './core.testkit.js';
import { concat, toHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Hpke from './crypto/hpke.js';
import * as Xwing from './crypto/xwing.js';
import * as Days from './Day.js';
import * as KeyTree from './KeyTree.js';

const random = drawn('bundle');
const [seed, account] = [random(32), random(32)];
const stream = 'glucose/raw';
const root = KeyTree.root(seed, 0, stream);
const about = { account, stream, generation: 0, dayOffsetMinutes: -300 } as const;

describe('a bundle of the patient’s keys', () => {
  const bundle = Bundle.streamKeys(root, about, 46_000, 5);

  test('holds for each day the public key whose secret the tree gives, and a late key that no day has', () => {
    for (let day = 46_000; day < 46_005; day++) {
      const daySeed = KeyTree.keySeed(KeyTree.leaf([root], day)!, 'xwing');
      expect(toHex(Bundle.keyOf(bundle, day)!)).toBe(toHex(Xwing.publicKeyOf(daySeed)));
    }
    for (const day of [45_999, 46_005, -1]) expect(Bundle.keyOf(bundle, day)).toBeUndefined();
    const late = Bundle.keyOf(bundle, null)!;
    expect(toHex(late)).toBe(toHex(Xwing.publicKeyOf(KeyTree.lateSeed(root, 'xwing'))));
    expect(bundle.run.keys.map(toHex)).not.toContain(toHex(late));
  });

  test('survives the way as bytes; its hash is that of these bytes', () => {
    const bytes = Bundle.encodeStreamKeys(bundle);
    expect(Bundle.parseStreamKeys(bytes)).toEqual(bundle);
    expect(toHex(Bundle.hashOf(flipped(bytes, 99)))).not.toBe(toHex(Bundle.hashOf(bytes)));
  });

  test('is refused where its days leave the calendar, are too many, or its keys have another length', async () => {
    const codec = { decode: Bundle.parseStreamKeys, encode: Bundle.encodeStreamKeys };
    const late = random(1216);
    const made = (firstDay: number, count: number, bytes: Uint8Array, rest: Item[] = []) =>
      decoded(
        codec,
        encode(Bundle.streamKeysName, 1, [account, stream, 0, 0, late, firstDay, count, bytes, ...rest]),
      );
    expect(await made(Days.last, 1, random(1216))).toBeDefined();
    expect(await made(0, 0, new Uint8Array())).toBeDefined();
    expect(await made(Days.last, 2, random(2432))).toBeUndefined();
    expect(await made(Days.last + 1, 0, new Uint8Array())).toBeUndefined();
    expect(await made(-1, 1, random(1216))).toBeUndefined();
    expect(await made(0, 1, random(1215))).toBeUndefined();
    expect(await made(0, 2, random(1216))).toBeUndefined();
    expect(await made(0, Bundle.maxDays + 1, new Uint8Array((Bundle.maxDays + 1) * 1216))).toBeUndefined();
    expect(await made(0, 0, new Uint8Array(), [null])).toBeUndefined();
  });
});

describe('a bundle of a custodian’s keys', () => {
  test('is believed from the custodian’s own signing key only, and unaltered', async () => {
    const signer = await Ed25519.fromSeed(random(32));
    const other = await Ed25519.fromSeed(random(32));
    const bundle = await Bundle.custodianKeys(root, { custodian: 3, account, stream }, 46_000, 4);
    const bytes = await Bundle.signCustodianKeys(bundle, signer);
    expect(await Bundle.parseCustodianKeys(bytes, signer.publicKey)).toEqual(bundle);
    expect(await Bundle.parseCustodianKeys(bytes, other.publicKey)).toBeUndefined();
    const daySeed = KeyTree.keySeed(KeyTree.leaf([root], 46_003)!, 'hpke');
    expect(toHex(Bundle.keyOf(bundle, 46_003)!)).toBe(toHex(await Hpke.publicKeyOf(daySeed)));
    for (const change of [
      { custodian: 2 },
      { account: flipped(account, 0) },
      { stream: 'glucose/day' as const },
      { late: random(32) },
      { run: { ...bundle.run, firstDay: 46_001 } },
      { run: { ...bundle.run, keys: bundle.run.keys.toReversed() } },
      { run: { ...bundle.run, keys: bundle.run.keys.slice(1) } },
    ]) {
      const signature = bytes.slice(-64);
      const altered = await Bundle.signCustodianKeys(
        { ...bundle, ...change },
        { ...signer, sign: async () => signature },
      );
      expect(await Bundle.parseCustodianKeys(altered, signer.publicKey)).toBeUndefined();
    }
  });

  test('has the keys of its own tree: other custodians, patients or streams share none', async () => {
    const keys = await Promise.all(
      [root, KeyTree.root(random(32), 0, stream), KeyTree.root(seed, 0, 'glucose/day')].map(async (tree) =>
        Bundle.custodianKeys(tree, { custodian: 1, account, stream }, 46_000, 3),
      ),
    );
    const all = keys.flatMap((b) => [...b.run.keys, b.late].map(toHex));
    expect(new Set(all).size).toBe(all.length);
    expect(concat(...keys[0]!.run.keys).length).toBe(96);
  });
});
