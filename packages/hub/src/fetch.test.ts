// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import * as Calendar from '@islet/core/Calendar';
import { toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Day from '@islet/core/Day';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import { encodeFetched, type Part, parseFetched } from '@islet/core/wire/Fetch';
import { encodeRelay } from '@islet/core/wire/Relay';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hub } from './Hub.js';
import { KEY_BYTES, LOOK_SERVED_MS } from './limits.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';

let chain: Scene.Chain;
let hub: Hub;
const ask: Scene.Ask = (path, init) => hub.app.request(path, init);
const patient = Scene.person();
const reader = Scene.person();
const stranger = Scene.person();
const salt = Scene.random(32);
const day = 46_000;
let raw: W.Writer;
let late: W.Sealed;
let granted: Awaited<ReturnType<typeof Scene.grant>>;
const about = { streams: ['glucose/raw'] as const, firstDay: day, lastDay: day + 6, salt };
const asked = () => ({ ...about, streams: [...about.streams], grantId: granted.grantId });

beforeAll(async () => {
  chain = await Scene.startChain();
  hub = await Scene.openHub(chain, 'hub');
  raw = await W.writer(patient.account);
  await Scene.join_(chain, ask, patient, raw.key.publicKey);
  await Scene.join_(chain, ask, reader);
  await Scene.join_(chain, ask, stranger);
  const days: W.Sealed[] = [];
  for (let d = -1; d <= 7; d++) {
    const open = [await W.seal(raw, day + d), await W.seal(raw, day + d)];
    W.list(raw, open);
    days.push(...open);
  }
  const closed = await W.seal(raw, day + 2);
  W.list(raw, [closed], 'closed');
  late = await W.seal(raw, null);
  const head = await W.head(raw, [late.segment.hash]);
  const other = await W.writer(patient.account, 'insulin/raw', raw.key);
  const { body } = await W.fill(other, day, 1);
  await Scene.ok(Scene.post(ask, '/v1/put', W.putOf([...days, closed, late], [head])));
  await Scene.ok(Scene.post(ask, '/v1/put', body));
  granted = await Scene.grant(chain, ask, patient, reader, asked0());
  await allAnchored();
});

const asked0 = () => ({ ...about, streams: [...about.streams] });

async function allAnchored(): Promise<void> {
  const { hot } = hub.context.archive;
  while (
    hub.context.batcher.anchored?.batch.leafTo !== hot.leafCount ||
    hot.headAt >= hub.context.batcher.anchored.batch.through
  )
    await new Promise((done) => setTimeout(done, 20));
}

afterAll(async () => {
  await hub?.close();
  await chain?.[Symbol.asyncDispose]();
});

/** A request on the chain, and the block of its decision. */
async function decided(who: Scene.Person, what: Scene.Asked, from = patient, under = granted) {
  const made = Scene.request(chain, who, from, what);
  const grant = what.grantId ? under.signed : null;
  const body = encodeRelay({ kind: 'Request', signed: made.signed, grant, keys: null });
  const answer = (await (await Scene.ok(Scene.post(ask, '/v1/relay', body))).json()) as {
    blockNumber: number;
    reason: number;
    requestId: string;
  };
  return { ...answer, ...made };
}

const fetch = (body: Uint8Array) => Scene.post(ask, '/v1/fetch', body);

async function fetched(body: Uint8Array): Promise<Part[]> {
  const bytes = new Uint8Array(await (await Scene.ok(fetch(body))).arrayBuffer());
  const parts = parseFetched(bytes);
  expect(toHex(encodeFetched(parts))).toBe(toHex(bytes));
  return parts;
}

describe('a granted fetch', () => {
  test('brings exactly what the anchored head lists for those days, each piece proven', async () => {
    const { blockNumber, reason, fetch: body } = await decided(reader, asked());
    expect(reason).toBe(0);
    const [part, ...others] = await fetched(body(blockNumber));
    expect(others).toEqual([]);
    const view = hub.context.follower.state;
    const head = Head.parse(part!.head);
    expect(await Head.verify(head)).toBe(true);
    const proof = Receipt.parseHeadProof(part!.headProof);
    const key = Head.mapKey(patient.account, 'glucose/raw', raw.key.publicKey);
    expect(toHex(Receipt.rootOfHead(proof, { key, headHash: head.hash })!)).toBe(
      View.rootOf(view, proof.hub, proof.number),
    );
    const nodes = new Map(part!.nodes.map((bytes) => [toHex(Calendar.hashOf(bytes)), bytes]));
    const entries = Calendar.entries(head.statement.calendar, nodes, day, day + 6);
    const listed = [...entries.values()].flatMap((e) => [...(e.closed ? [e.closed] : []), ...e.open]);
    expect(listed.length).toBe(6 * 2 + 1);
    const segments = part!.segments.map((s) => Segment.parse(s.segment));
    expect(segments.map((s) => toHex(s.hash)).sort()).toEqual(listed.map(toHex).sort());
    for (const [i, segment] of segments.entries()) {
      const receipt = Receipt.parseReceipt(part!.segments[i]!.receipt);
      const root = Receipt.rootOfLeaf(receipt, Segment.leaf(segment))!;
      expect(toHex(root)).toBe(View.rootOf(view, receipt.hub, receipt.number));
    }
    expect([part!.epochs.length, part!.shares.length]).toEqual([7, 7]);
  });

  test('of fewer days brings those days only', async () => {
    const { blockNumber, fetch: body } = await decided(reader, asked());
    const [part] = await fetched(body(blockNumber, { firstDay: day + 2, lastDay: day + 3 }));
    const days = part!.segments.map((s) => Segment.parse(s.segment).header.day);
    expect([...new Set(days)].sort()).toEqual([day + 2, day + 3]);
  });

  test('of the patient’s own needs no grant, and brings what waits for the wallet', async () => {
    const { grantId: _, ...own } = asked();
    const { blockNumber, reason, fetch: body } = await decided(patient, own);
    expect(reason).toBe(0);
    const [part] = await fetched(body(blockNumber));
    const hashes = part!.segments.map((s) => toHex(Segment.parse(s.segment).hash));
    expect(hashes).toContain(toHex(late.segment.hash));
    expect(hashes.length).toBe(6 * 2 + 1 + 1);
  });
});

describe('a fetch is refused', () => {
  const refused = async (body: Uint8Array) => Scene.refusal(await fetch(body));

  test('where the contract denied, with the reason recorded and told', async () => {
    const { blockNumber, reason, fetch: body } = await decided(stranger, asked());
    expect(reason).toBe(5);
    expect(await refused(body(blockNumber))).toBe('403 HUB_NOT_GRANTED');
    const own = await decided(stranger, { ...asked0() });
    expect(own.reason).toBe(12);
    expect(await refused(own.fetch(own.blockNumber))).toBe('403 HUB_NOT_GRANTED');
  });

  test('before the decision, and where its block is not reached', async () => {
    const { fetch: body } = Scene.request(chain, reader, patient, asked());
    expect(await refused(body(1))).toBe('403 HUB_NOT_DECIDED');
    expect(await refused(body(1_000_000))).toBe('503 HUB_BEHIND_CHAIN');
  });

  test('of other days or streams than requested, or under other names', async () => {
    const { blockNumber, fetch: body } = await decided(reader, asked());
    for (const other of [
      { firstDay: day - 1 },
      { lastDay: day + 7 },
      { firstDay: day + 3, lastDay: day + 2 },
      { streams: ['insulin/raw'] },
      { streams: ['glucose/raw', 'insulin/raw'] },
      { streams: ['glucose/raw', 'glucose/raw'] },
      { streams: [] },
      { salt: Scene.random(32) },
    ])
      expect(await refused(body(blockNumber, other)), JSON.stringify(other)).toBe('403 HUB_OUTSIDE_REQUEST');
  });

  test('with someone else’s signature, or none', async () => {
    const { blockNumber } = await decided(reader, asked());
    const forged = Scene.request(chain, { ...reader, wallet: stranger.wallet }, patient, asked());
    expect(await refused(forged.fetch(blockNumber))).toBe('403 HUB_NOT_A_SIGNER');
    const request = Uint8Array.from(forged.signed);
    request[request.length - 10]! ^= 1;
    expect(await refused(forged.fetch(blockNumber, { request }))).toBe('403 HUB_BAD_SIGNATURE');
    expect(await refused(Scene.random(300))).toBe('400 FORMAT_MALFORMED');
  });

  /** The hub's view says that it was granted, whatever the contract decided. */
  const claimed = async (requestId: string): Promise<void> => {
    await hub.context.follower.follow();
    hub.context.follower.state.decisions.get(requestId.replace('0x', ''))!.reason = 0;
  };
  const today = Day.of(Date.now(), 0);
  const weekday = 1 << ((new Date().getUTCDay() + 6) % 7);

  test('outside the hours of its grant, also where the chain says that it was granted', async () => {
    const words = { weekdays: 127 & ~weekday & ~(weekday << 1) & ~(weekday === 64 ? 1 : 0) };
    const other = await Scene.grant(chain, ask, patient, reader, asked0(), words);
    const look = await decided(reader, { ...asked0(), grantId: other.grantId }, patient, other);
    expect(look.reason).toBe(13);
    await claimed(look.requestId);
    expect(await refused(look.fetch(look.blockNumber))).toBe('403 HUB_OUTSIDE_HOURS');
  });

  test('of days that a rolling grant no longer opens, also where the chain says that it was granted', async () => {
    const far = { ...asked0(), firstDay: today - 30, lastDay: today + 1 };
    const other = await Scene.grant(chain, ask, patient, reader, far, { rollingDays: 7 });
    const look = await decided(reader, { ...far, grantId: other.grantId }, patient, other);
    expect(look.reason).toBe(8);
    await claimed(look.requestId);
    expect(await refused(look.fetch(look.blockNumber))).toBe('403 HUB_OUTSIDE_WINDOW');
    await Scene.ok(fetch(look.fetch(look.blockNumber, { firstDay: today - 3 })));
  });

  test('before its grant begins, also where the chain says that it was granted', async () => {
    const notBefore = Math.floor(Date.now() / 1000) + 3_600;
    const other = await Scene.grant(chain, ask, patient, reader, asked0(), { notBefore });
    const look = await decided(reader, { ...asked0(), grantId: other.grantId }, patient, other);
    expect(look.reason).toBe(4);
    await claimed(look.requestId);
    expect(await refused(look.fetch(look.blockNumber))).toBe('403 HUB_GRANT_EXPIRED');
  });

  test('once its decision is ten minutes old, the patient’s own too', async () => {
    const { grantId: _, ...own } = asked();
    for (const [who, what] of [[reader, asked()] as const, [patient, own] as const]) {
      const look = await decided(who, what);
      await fetched(look.fetch(look.blockNumber));
      const decision = hub.context.follower.state.decisions.get(look.requestId.replace('0x', ''))!;
      decision.at -= LOOK_SERVED_MS + 1_000;
      expect(await refused(look.fetch(look.blockNumber))).toBe('403 HUB_TOO_LATE');
    }
  });

  test('where this hub does not keep the grant, whose words alone say when it holds', async () => {
    const look = await decided(reader, asked());
    const known = hub.context.follower.state.grants.get(toHex(granted.grantId))!;
    const { grantHash } = known;
    known.grantHash = '00'.repeat(32);
    expect(await refused(look.fetch(look.blockNumber))).toBe('404 HUB_NO_SUCH_GRANT');
    known.grantHash = grantHash;
    await fetched(look.fetch(look.blockNumber));
  });

  test('of segments that a writer lists in its calendar but that are another person’s', async () => {
    const thief = Scene.person();
    const w = await W.writer(thief.account);
    await Scene.join_(chain, ask, thief, w.key.publicKey);
    const mine = await W.seal(w, day);
    const stolen = raw.calendar.entries.get(day)!.open;
    Calendar.set(w.calendar, day, { closed: mine.segment.hash, open: stolen });
    await Scene.ok(Scene.post(ask, '/v1/put', W.putOf([mine], [await W.head(w)])));
    await allAnchored();
    const { blockNumber, fetch: body } = await decided(thief, asked0(), thief);
    const [part] = await fetched(body(blockNumber));
    expect(part!.segments.map((s) => toHex(Segment.parse(s.segment).hash))).toEqual([
      toHex(mine.segment.hash),
    ]);
  });
});

describe('a grant', () => {
  test('and its sealed keys are there for whoever knows the id', async () => {
    const response = await Scene.ok(Promise.resolve(ask(`/v1/grants/${toHex(granted.grantId)}`)));
    expect(await response.json()).toEqual({ signed: toHex(granted.signed), keys: toHex(granted.keys) });
    expect(await Scene.refusal(await ask(`/v1/grants/${'0'.repeat(64)}`))).toBe('404 HUB_NO_SUCH_GRANT');
    expect(await Scene.refusal(await ask('/v1/grants/x'))).toBe('404 HUB_NO_SUCH_GRANT');
  });

  test('with other keys than it was signed with is not relayed', async () => {
    const body = encodeRelay({ kind: 'Grant', signed: granted.signed, grant: null, keys: Scene.random(9) });
    expect(await Scene.refusal(await Scene.post(ask, '/v1/relay', body))).toBe('400 HUB_WRONG_GRANT_KEYS');
  });

  test('relayed twice is refused by the contract, with its code', async () => {
    const body = encodeRelay({ kind: 'Grant', signed: granted.signed, grant: null, keys: granted.keys });
    expect(await Scene.refusal(await Scene.post(ask, '/v1/relay', body))).toBe('409 CONSENT_GRANT_EXISTS');
  });

  test('revoked ends fetches of requests granted before', async () => {
    const { blockNumber, fetch: body } = await decided(reader, asked());
    await fetched(body(blockNumber));
    const fields = { grantId: granted.grantId, patient: patient.account };
    const forged = Scene.relayOf(chain, { ...patient, wallet: stranger.wallet }, 'Revoke', fields);
    expect(await Scene.refusal(await Scene.post(ask, '/v1/relay', forged))).toBe('403 CONSENT_NOT_A_SIGNER');
    await Scene.ok(Scene.post(ask, '/v1/relay', Scene.relayOf(chain, patient, 'Revoke', fields)));
    expect(await Scene.refusal(await fetch(body(blockNumber)))).toBe('403 HUB_GRANT_REVOKED');
    const after = await decided(reader, asked());
    expect(after.reason).toBe(2);
    expect(await Scene.refusal(await fetch(after.fetch(after.blockNumber)))).toBe('403 HUB_NOT_GRANTED');
  });
});

describe('public keys', () => {
  test('are kept by their hash, and nothing else is served as one', async () => {
    const key = Scene.random(1216);
    const put = (body: Uint8Array) =>
      Promise.resolve(ask('/v1/keys', { method: 'PUT', body: body as Uint8Array<ArrayBuffer> }));
    const { hash } = (await (await Scene.ok(put(key))).json()) as { hash: string };
    expect(hash).toBe(toHex(sha256(key)));
    const got = await Scene.ok(Promise.resolve(ask(`/v1/keys/${hash}`)));
    expect(toHex(new Uint8Array(await got.arrayBuffer()))).toBe(toHex(key));
    const segment = toHex(sha256(late.segment.bytes));
    expect(await hub.context.archive.store.has(segment)).toBe(true);
    expect(await Scene.refusal(await ask(`/v1/keys/${segment}`))).toBe('404 HUB_NO_SUCH_KEY');
    expect(await Scene.refusal(await put(new Uint8Array(KEY_BYTES + 1)))).toBe('413 HUB_BODY_TOO_LARGE');
  });
});

describe('health', () => {
  test('says how the hub is, and nothing about anyone', async () => {
    const health = (await (await ask('/health')).json()) as Record<string, unknown>;
    expect(health).toMatchObject({
      status: 'ok',
      service: 'hub',
      waitingLeaves: 0,
      anchorContradicted: false,
    });
    expect(JSON.stringify(health)).not.toMatch(/[0-9a-f]{16}/);
  });
});
