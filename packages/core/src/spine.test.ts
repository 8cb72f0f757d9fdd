// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Batch from './Batch.js';
import * as Bundle from './Bundle.js';
import * as Calendar from './Calendar.js';
import * as Content from './Content.js';
import { equal, toHex, utf8 } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Hpke from './crypto/hpke.js';
import { combine } from './crypto/shamir.js';
import * as Xwing from './crypto/xwing.js';
import * as Day from './Day.js';
import * as Epoch from './Epoch.js';
import * as GrantKeys from './GrantKeys.js';
import * as Head from './Head.js';
import * as KeyTree from './KeyTree.js';
import type { Reading } from './Reading.js';
import * as Receipt from './Receipt.js';
import * as Release from './Release.js';
import * as Segment from './Segment.js';
import * as Shares from './Shares.js';

const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));
const reading: Reading = {
  kind: 'glucose',
  at: Date.UTC(1961, 3, 12, 9, 7),
  offsetMinutes: 180,
  said: '1961-04-12 12:07:00',
  source: { app: 'clarity', device: 'G6', id: 'X:1' },
  value: 104,
  unit: 'mg/dL',
  beyond: null,
  method: 'cgm',
};

describe('one reading through every format', () => {
  test('is sealed by a gateway, anchored, granted, released by two of three, and opened', async () => {
    const account = random(32);
    const seed = random(32);
    const day = Day.of(reading.at, 180);
    const stream = 'glucose/raw';
    const root = KeyTree.root(seed, 0, stream);
    const gateway = await Ed25519.fromSeed(random(32));
    const bundle = Bundle.parseStreamKeys(
      Bundle.encodeStreamKeys(
        Bundle.streamKeys(root, { account, stream, generation: 0, dayOffsetMinutes: 180 }, day - 1, 3),
      ),
    );
    const custodians = await Promise.all(
      [1, 2, 3].map(async (custodian) => {
        const signer = await Ed25519.fromSeed(random(32));
        const tree = KeyTree.root(random(32), 0, stream);
        const signed = await Bundle.signCustodianKeys(
          await Bundle.custodianKeys(tree, { custodian, account, stream }, day - 1, 3),
          signer,
        );
        const keys = await Bundle.parseCustodianKeys(signed, signer.publicKey);
        return { custodian, signer, tree, keys: keys! };
      }),
    );

    const { epoch, secrets } = await Epoch.create(
      { account, stream, day, openedAt: 1, revision: 0 },
      Bundle.keyOf(bundle, day)!,
      gateway,
      random,
    );
    const set = { version: 1, threshold: 2, keys: custodians.map((c) => Bundle.keyOf(c.keys, day)!) };
    const shares = Shares.parse((await Shares.create(epoch, secrets.lockSecret, set, gateway)).bytes);
    const place = { chain: random(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 2 };
    const sealed = await Segment.seal(
      epoch,
      secrets.contentKey,
      place,
      await Content.encodeReadings([reading]),
      gateway,
      random,
    );
    const segment = Segment.parse(sealed.bytes);
    expect(equal(segment.hash, sealed.hash)).toBe(true);
    expect(await Segment.verify(segment)).toBe(true);
    expect(await Epoch.verify(Epoch.parse(epoch.bytes))).toBe(true);
    expect(await Shares.verify(shares, epoch)).toBe(true);

    const calendar = Calendar.empty();
    Calendar.set(calendar, day, { closed: null, open: [segment.hash] });
    const { root: calendarRoot, fresh } = Calendar.nodes(calendar);
    const head = await Head.create(
      {
        account,
        stream,
        gateway: gateway.publicKey,
        blind: random(32),
        at: 3,
        calendar: calendarRoot,
        late: [],
        tip: { chain: place.chain, number: 1, hash: segment.hash },
      },
      gateway,
    );
    const key = Head.mapKey(account, stream, gateway.publicKey);
    const built = Batch.build(
      random(20),
      1,
      [random(32), Segment.leaf(segment), random(32)],
      [{ key, headHash: head.hash }],
    );
    const receipt = Receipt.parseReceipt(Receipt.encodeReceipt(Receipt.ofLeaf(built, 1)));
    expect(Receipt.rootOfLeaf(receipt, Segment.leaf(segment))).toEqual(built.root);
    expect(Receipt.rootOfHead(Receipt.ofHead(built, 0), { key, headHash: head.hash })).toEqual(built.root);
    expect(await Head.verify(Head.parse(head.bytes))).toBe(true);
    expect(Calendar.entries(calendarRoot, fresh, day, day).get(day)?.open.map(toHex)).toEqual([
      toHex(segment.hash),
    ]);

    const grantId = random(32);
    const readerSeed = random(32);
    const granted = GrantKeys.seal(
      {
        salt: random(32),
        purpose: 'treatment',
        streams: GrantKeys.derive(seed, 0, [stream], day - 3, day + 10),
      },
      grantId,
      Xwing.publicKeyOf(readerSeed),
      random,
    );
    const nodes = GrantKeys.open(granted, grantId, readerSeed)!.streams[0]!.nodes;

    const oneTimeSeed = random(32);
    const oneTimeKey = await Hpke.publicKeyOf(oneTimeSeed);
    const requestId = random(32);
    const collected = [];
    for (const c of [custodians[0]!, custodians[2]!]) {
      const own = await Shares.openOwn(
        shares,
        epoch,
        c.custodian,
        KeyTree.keySeed(KeyTree.leaf([c.tree], day)!, 'hpke'),
      );
      const note = {
        requestId,
        custodian: c.custodian,
        epochs: [epoch.hash],
        blockNumber: 4,
        blockHash: random(32),
        at: 5,
      };
      const release = await Release.seal(note, [own!], oneTimeKey, c.signer, random(32));
      const opened = await Release.open(release, requestId, oneTimeSeed, c.signer.publicKey);
      expect(Shares.isShare(shares, c.custodian, opened!.shares[0]!)).toBe(true);
      collected.push(opened!.shares[0]!);
    }
    const lockSecret = await combine(collected);
    expect(await Shares.rederives(shares, epoch, lockSecret, set.keys)).toBe(true);
    const contentKey = Epoch.open(epoch, KeyTree.keySeed(KeyTree.leaf(nodes, day)!, 'xwing'), lockSecret);
    const content = await Content.parse(Segment.open(segment, epoch, contentKey));
    expect(content).toEqual({ kind: 'readings', readings: [reading] });
    expect(Buffer.from(segment.bytes).includes(Buffer.from(utf8('clarity')))).toBe(false);
  });
});
