// Copyright the Islet authors. AGPL-3.0-or-later.
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as View from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Head from '@islet/core/Head';
import * as Message from '@islet/core/Message';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import { encodeList } from '@islet/core/wire/Ask';
import { encodePut } from '@islet/core/wire/Put';
import { askName, parseReceipts } from '@islet/core/wire/Receipts';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hub } from './Hub.js';
import { REQUESTS_PER_ADDRESS } from './limits.js';
import { headProof } from './Proofs.js';
import { serve } from './Served.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let hub: Hub;
const logged: Scene.Logged = [];
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);
const put = (body: Uint8Array) => Scene.post(ask, '/v1/put', body);

beforeAll(async () => {
  chain = await Scene.startChain();
  hub = await Scene.openHub(chain, 'hub', logged);
});

afterAll(async () => {
  await hub?.close();
  await chain?.[Symbol.asyncDispose]();
});

/** A person with an authorised writer. */
async function someone(): Promise<{ who: Scene.Person; w: W.Writer }> {
  const who = Scene.person();
  const w = await W.writer(who.account);
  await Scene.join_(chain, ask, who, w.key.publicKey);
  return { who, w };
}

async function receiptsOf(hashes: Uint8Array[]) {
  const response = await Scene.ok(Scene.post(ask, '/v1/receipts', encodeList(askName, hashes)));
  return parseReceipts(new Uint8Array(await response.arrayBuffer()));
}

async function anchored(sealed: W.Sealed[]) {
  for (;;) {
    const answer = await receiptsOf(sealed.map((s) => s.segment.hash));
    if (answer.every((a) => a.receipt)) return answer.map((a) => Receipt.parseReceipt(a.receipt!));
    await new Promise((done) => setTimeout(done, 20));
  }
}

describe('a put', () => {
  test('is kept, anchored, and proven by receipts that lead to the root on the chain', async () => {
    const { w } = await someone();
    const { sealed, body } = await W.fill(w, 40_000, 5);
    expect(await (await Scene.ok(put(body))).json()).toEqual({
      kept: { epochs: 1, shares: 1, segments: 5, heads: 1 },
    });
    const receipts = await anchored(sealed);
    for (const [i, receipt] of receipts.entries()) {
      const root = Receipt.rootOfLeaf(receipt, Segment.leaf(sealed[i]!.segment))!;
      expect(toHex(root)).toBe(View.rootOf(hub.context.follower.state, receipt.hub, receipt.number));
    }
  });

  test('brings a head that is proven to stand in the newest anchored map', async () => {
    const { w } = await someone();
    const { sealed, body } = await W.fill(w, 40_000, 1);
    await Scene.ok(put(body));
    await anchored(sealed);
    const now = hub.context.batcher.anchored!;
    const key = Head.mapKey(w.account, w.stream, w.key.publicKey);
    const place = now.map.places.get(toHex(key))!;
    const headHash = now.map.shown[place]!.version.hash;
    const proof = Receipt.parseHeadProof(headProof(hub.context.address, now, place));
    const root = Receipt.rootOfHead(proof, { key, headHash })!;
    expect(toHex(root)).toBe(View.rootOf(hub.context.follower.state, proof.hub, proof.number));
  });

  test('answers the same the second time, also after the next put, and adds nothing', async () => {
    const { w } = await someone();
    const first = await W.fill(w, 40_000, 2);
    const once = await (await Scene.ok(put(first.body))).text();
    const leaves = hub.context.archive.hot.leafCount;
    const twice = await (await Scene.ok(put(first.body))).text();
    const second = await W.fill(w, 40_000, 1);
    await Scene.ok(put(second.body));
    const again = await (await Scene.ok(put(first.body))).text();
    expect([twice, again]).toEqual([once, once]);
    expect(hub.context.archive.hot.leafCount).toBe(leaves + 1);
    // Also where it is not the very same bytes.
    await Scene.ok(put(W.putOf(first.sealed)));
    expect(hub.context.archive.hot.leafCount).toBe(leaves + 1);
  });

  test('of a writer that nobody authorised, or that was ended, is refused', async () => {
    const { who, w } = await someone();
    const stranger = await W.writer(who.account);
    expect(await Scene.refusal(await put((await W.fill(stranger, 40_000, 1)).body))).toBe(
      '403 HUB_GATEWAY_NOT_AUTHORISED',
    );
    const other = await W.writer(Scene.random(32), 'glucose/raw', w.key);
    expect(await Scene.refusal(await put((await W.fill(other, 40_000, 1)).body))).toBe(
      '403 HUB_GATEWAY_NOT_AUTHORISED',
    );
    const end = Scene.relayOf(chain, who, 'EndGateway', { gatewayKey: w.key.publicKey });
    await Scene.ok(Scene.post(ask, '/v1/relay', end));
    await hub.context.follower.follow();
    expect(await Scene.refusal(await put((await W.fill(w, 40_000, 1)).body))).toBe('403 HUB_GATEWAY_ENDED');
  });

  test('with one flipped byte anywhere is refused', async () => {
    const { w } = await someone();
    const { body } = await W.fill(w, 40_000, 1);
    for (let at = 5; at < body.length; at += 97) {
      const flipped = Uint8Array.from(body);
      flipped[at]! ^= 1;
      const response = await put(flipped);
      expect([400, 403, 409], `byte ${at}`).toContain(response.status);
    }
    expect((await put(body)).status).toBe(200);
  });

  test('with a forged signature is refused', async () => {
    const { w } = await someone();
    const parts = W.partsOf([await W.seal(w, 40_000)]);
    const { bytes } = parts.segments[0]
      ? { bytes: Uint8Array.from(parts.segments[0]) }
      : { bytes: new Uint8Array() };
    const parsed = Segment.parse(bytes);
    const at = Buffer.from(bytes).indexOf(Buffer.from(parsed.signature));
    bytes[at]! ^= 1;
    const response = await put(encodePut({ ...parts, segments: [bytes] }));
    expect(await Scene.refusal(response)).toBe('403 HUB_BAD_SIGNATURE');
  });

  test('whose segment names another account’s epoch, or one not kept, is refused', async () => {
    const a = await someone();
    const b = await someone();
    await Scene.ok(put((await W.fill(a.w, 40_000, 1)).body));
    // B seals under A's epoch as if it were B's own.
    const { epoch, secrets } = await W.openEpoch(a.w, 40_000);
    const header = { ...epoch.header, account: b.w.account };
    const place = { chain: Scene.random(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 1 };
    const lie = await Segment.seal(
      { ...epoch, header },
      secrets.contentKey,
      place,
      Scene.random(9),
      b.w.key,
      Scene.random,
    );
    const body = encodePut({ epochs: [], shares: [], segments: [lie.bytes], heads: [] });
    expect(await Scene.refusal(await put(body))).toBe('403 HUB_NOT_THIS_EPOCH');
    const orphan = await W.seal(b.w, 40_001);
    expect(
      await Scene.refusal(await put(encodePut({ ...W.partsOf([orphan]), epochs: [], shares: [] }))),
    ).toBe('409 HUB_UNKNOWN_EPOCH');
  });

  test('with shares of another dealer is refused', async () => {
    const a = await someone();
    const other = await W.writer(a.w.account);
    const parts = W.partsOf([await W.seal(a.w, 40_000)]);
    const { epoch, secrets, shares } = await W.openEpoch(a.w, 40_000);
    const keys = await Promise.all(shares.record.shares.map(async () => Hpke.publicKeyOf(Scene.random(32))));
    const dealt = await Shares.create(
      epoch,
      secrets.lockSecret,
      { version: 1, threshold: 2, keys },
      other.key,
    );
    expect(await Scene.refusal(await put(encodePut({ ...parts, shares: [dealt.bytes] })))).toBe(
      '403 HUB_NOT_THE_DEALER',
    );
    await Scene.ok(put(encodePut(parts)));
    const again = await Shares.create(epoch, secrets.lockSecret, { version: 1, threshold: 2, keys }, a.w.key);
    const body = encodePut({ epochs: [], shares: [again.bytes], segments: [], heads: [] });
    expect(await Scene.refusal(await put(body))).toBe('409 HUB_SHARES_CONTRADICT');
  });

  test('of shares that the wallet dealt anew is kept beside the gateway’s, where they are to the present set', async () => {
    const { who, w } = await someone();
    const parts = W.partsOf([await W.seal(w, 40_000)]);
    await Scene.ok(put(encodePut({ ...parts, shares: [] })));
    const { epoch, secrets } = await W.openEpoch(w, 40_000);
    const { state } = hub.context.follower;
    const keys = await Promise.all(
      [...state.custodians.keys()].map(async () => Hpke.publicKeyOf(Scene.random(32))),
    );
    const dealer = await Scene.signingKey();
    const dealt = async (version: number, key = who.wallet, account = who.account) => {
      const set = { version, threshold: state.threshold, keys };
      const shares = await Shares.create(epoch, secrets.lockSecret, set, dealer);
      const message = {
        chain: BigInt(chain.deployment.chainId),
        target: fromHex(chain.deployment.identity),
        ...{ account, kind: Stated.kinds.dealer, hash: sha256(dealer.publicKey), version: 1 },
      };
      const naming = Message.sign(Message.statement, message, key);
      const { bytes } = Shares.reshared(shares, naming);
      return put(encodePut({ epochs: [], shares: [bytes], segments: [], heads: [] }));
    };
    const present = state.custodianSetVersion;
    expect(await Scene.refusal(await dealt(present + 1))).toBe('409 HUB_NOT_THE_PRESENT_SET');
    expect(await Scene.refusal(await dealt(present + 1, Scene.random(32)))).toBe('403 HUB_NOT_THE_DEALER');
    await Scene.ok(dealt(present));
    const other = await someone();
    expect(await Scene.refusal(await dealt(present + 1, other.who.wallet, other.who.account))).toBe(
      '403 HUB_NOT_THE_DEALER',
    );
  });

  test('of shares that a gateway dealt to a set that never was is refused, and to a former set is kept', async () => {
    const { w } = await someone();
    await Scene.ok(put(encodePut({ ...W.partsOf([await W.seal(w, 40_000)]), shares: [] })));
    const { epoch, secrets } = await W.openEpoch(w, 40_000);
    const { state } = hub.context.follower;
    const { custodianSetVersion: present, threshold } = state;
    const all = await Promise.all(
      [...state.custodians.keys()].map(async () => Hpke.publicKeyOf(Scene.random(32))),
    );
    const dealt = async (version: number, of = threshold, keys = all) => {
      const shares = await Shares.create(epoch, secrets.lockSecret, { version, threshold: of, keys }, w.key);
      return put(encodePut({ epochs: [], shares: [shares.bytes], segments: [], heads: [] }));
    };
    const never = '409 HUB_NOT_THE_PRESENT_SET';
    expect(await Scene.refusal(await dealt(present + 1))).toBe(never);
    expect(await Scene.refusal(await dealt(present + 1_000_000))).toBe(never);
    expect(await Scene.refusal(await dealt(0))).toBe(never);
    expect(await Scene.refusal(await dealt(present, threshold + 1))).toBe(never);
    expect(await Scene.refusal(await dealt(present, threshold, all.slice(1)))).toBe(never);
    try {
      // As after two votes.
      state.custodianSetVersion = present + 2;
      expect(await Scene.refusal(await dealt(present + 3))).toBe(never);
      await Scene.ok(dealt(present + 1));
      await Scene.ok(dealt(present + 2));
    } finally {
      state.custodianSetVersion = present;
    }
  });

  test('with a second segment for one number is refused, and both headers are kept as proof', async () => {
    const { w } = await someone();
    const first = await W.fill(w, 40_000, 1);
    await Scene.ok(put(first.body));
    w.number = 0;
    const twin = await W.seal(w, 40_000);
    const before = hub.context.archive.hot.equivocations;
    for (let i = 0; i < 2; i++)
      expect(await Scene.refusal(await put(W.putOf([twin])))).toBe('409 HUB_EQUIVOCATION');
    expect(hub.context.archive.hot.equivocations).toBe(before + 1);
    expect(logged.some((l) => l.event === 'equivocated')).toBe(true);
  });

  test('with a head not newer than the one kept is refused', async () => {
    const { w } = await someone();
    await Scene.ok(put((await W.fill(w, 40_000, 1)).body));
    w.at -= 1;
    const same = await W.head(w);
    expect(await Scene.refusal(await put(W.putOf([], [same])))).toBe('409 HUB_HEAD_OLDER');
  });

  test('with a head whose calendar nobody could read is refused, and taken with all nodes', async () => {
    const { w } = await someone();
    await Scene.ok(put((await W.fill(w, 40_000, 1)).body));
    await W.fill(w, 42_048 + 3, 1);
    const lost = await W.head(w);
    const body = W.putOf([], [{ ...lost, nodes: [] }]);
    expect(await Scene.refusal(await put(body))).toBe('409 HUB_NODES_MISSING');
    const { calendar } = w;
    calendar.pages.clear();
    calendar.middles.clear();
    await Scene.ok(put(W.putOf([], [await W.head(w)])));
  });

  test('that is oversized, cut or nonsense is refused', async () => {
    const huge = new Uint8Array(16 * 1024 * 1024 + 1);
    expect(await Scene.refusal(await put(huge))).toBe('413 HUB_BODY_TOO_LARGE');
    expect(await Scene.refusal(await put(new Uint8Array()))).toBe('400 FORMAT_MALFORMED');
    expect(await Scene.refusal(await put(Scene.random(1000)))).toBe('400 FORMAT_MALFORMED');
    const { w } = await someone();
    const { body } = await W.fill(w, 40_000, 1);
    expect(await Scene.refusal(await put(body.subarray(0, -1)))).toBe('400 FORMAT_MALFORMED');
  });
});

describe('a slow client', () => {
  test('keeps nobody else out', async () => {
    const served = await serve(hub.app, { port: 0, hostname: '0.0.0.0' });
    const head = 'POST /v1/put HTTP/1.1\r\nhost: hub\r\ncontent-length: 16000000\r\n\r\nx';
    const sockets = Array.from({ length: 100 }, () => {
      const socket = connect({ port: served.port, host: '127.0.0.1', localAddress: '127.0.0.9' });
      socket.on('error', () => undefined);
      socket.write(head);
      return socket;
    });
    const answered: number[] = [];
    for (const socket of sockets)
      socket.on('data', (data) => answered.push(Number(/^HTTP\S+ (\d+)/.exec(String(data))?.[1])));
    while (answered.length < 100 - REQUESTS_PER_ADDRESS) await new Promise((done) => setTimeout(done, 10));
    expect(new Set(answered)).toEqual(new Set([429]));
    const { w } = await someone();
    const { body } = await W.fill(w, 40_000, 1);
    await Scene.ok(
      Scene.post((path, init) => fetch(`http://127.0.0.1:${served.port}${path}`, init), '/v1/put', body),
    );
    for (const socket of sockets) socket.destroy();
    await served.close();
  });
});

describe('the index', () => {
  test('may be lost: from journal and store the hub gives the same answers', async () => {
    const { w } = await someone();
    const sealed: W.Sealed[] = [];
    for (let i = 0; i < 5; i++) {
      const next = await W.fill(w, 40_000 + i, 70);
      await Scene.ok(put(next.body));
      await anchored(next.sealed);
      sealed.push(...next.sealed);
    }
    await hub.context.archive.index.settled();
    const hashes = sealed.map((s) => s.segment.hash);
    const before = await receiptsOf(hashes);
    const latest = await (await ask('/v1/batches/latest')).text();

    // As it is, with nothing at hand but the index; then without the index.
    for (const take of [false, true]) {
      await hub.close();
      if (take) await rm(join(chain.folder, 'hub', 'index'), { recursive: true });
      hub = await Scene.openHub(chain, 'hub', logged);
      expect(await (await ask('/v1/batches/latest')).text()).toBe(latest);
      const after = await receiptsOf(hashes);
      expect(after.map((a) => a.receipt && toHex(a.receipt))).toEqual(
        before.map((a) => a.receipt && toHex(a.receipt)),
      );
      w.number -= 1;
      const twin = await W.seal(w, 40_004);
      expect(await Scene.refusal(await put(W.putOf([twin])))).toBe('409 HUB_EQUIVOCATION');
    }
  });

  test('that says otherwise than the journal is found out, and made anew', async () => {
    const { w } = await someone();
    const { sealed, body } = await W.fill(w, 40_000, 1);
    await Scene.ok(put(body));
    await anchored(sealed);
    const { index } = hub.context.archive;
    await index.settled();
    const leaves = hub.context.archive.hot.leafCount;
    await index.ask((db) => db.deleteFrom('heads').where('account', '=', w.account).execute());
    await hub.close();
    hub = await Scene.openHub(chain, 'hub', logged);
    expect(logged.some((l) => l.event === 'indexDoubted')).toBe(true);
    expect(hub.context.archive.hot.leafCount).toBe(leaves);
    expect((await receiptsOf([sealed[0]!.segment.hash]))[0]!.receipt).not.toBeNull();
  });

  test('that is nonsense is made anew', async () => {
    await hub.close();
    await writeFile(join(chain.folder, 'hub', 'index', 'global', 'pg_control'), 'nonsense');
    hub = await Scene.openHub(chain, 'hub', logged);
    expect(logged.some((l) => l.event === 'indexBroken')).toBe(true);
    const { w } = await someone();
    const { sealed, body } = await W.fill(w, 40_000, 1);
    await Scene.ok(put(body));
    expect(equal((await anchored(sealed))[0]!.hub, hub.context.address)).toBe(true);
  });
});
