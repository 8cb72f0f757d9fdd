// Copyright the Islet authors. AGPL-3.0-or-later.
// What hub, custodians and chain may try, in real processes with a liar put in between. Each attack has its refusal.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Connected, connect } from '@islet/cli/Connect';
import * as Home from '@islet/cli/Home';
import * as People from '@islet/cli/People';
import * as TamperingHub from '@islet/cli/TamperingHub';
import * as Access from '@islet/client/Access';
import * as Dealers from '@islet/client/Dealers';
import * as Granting from '@islet/client/Granting';
import * as Held from '@islet/client/Held';
import { TamperedError } from '@islet/client/Tampered';
import { check } from '@islet/client/Verification';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Day from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as Release from '@islet/core/Release';
import * as Segment from '@islet/core/Segment';
import { parseSigned } from '@islet/core/signed';
import { parseAskRelease } from '@islet/core/wire/Ask';
import type { Part } from '@islet/core/wire/Fetch';
import { app } from '@islet/custodian/app';
import * as Custodian from '@islet/custodian/Custodian';
import * as ClarityFile from '@islet/sim/ClarityFile';
import * as Person from '@islet/sim/Person';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Islet, start } from './islet.testkit.js';

const zone = 'UTC';
const readings = Person.days('attacks', { firstAt: Date.UTC(2024, 4, 6), days: 4, zone });
const firstDay = Day.parse('2024-05-06')!;
const lastDay = Day.parse('2024-05-09')!;
const raw = { streams: ['glucose/raw' as const], firstDay, lastDay };

let islet: Islet;
let network: Connected;
let me: People.Person;
let clinic: People.Person;

beforeAll(async () => {
  islet = await start();
  const file = join(islet.folder, 'export.csv');
  await writeFile(file, ClarityFile.write(readings, { zone }).bytes);
  const { json } = await islet.run('import', file, '--zone', zone);
  expect(json.accepted, JSON.stringify(json)).toBeGreaterThan(1000);
  const home = Home.at(islet.folder);
  network = await connect(home);
  me = await People.need(home, 'me');
  clinic = await People.need(home, 'clinic');
}, 180_000);
afterAll(async () => {
  await network?.close();
  await islet?.[Symbol.asyncDispose]();
});

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'ALLOWED',
    (error) => (error instanceof IsletError ? error.code : String(error)),
  );
const nowhere = { name: 'custodian', url: 'http://127.0.0.1:1' };

describe('custodians', () => {
  test('any one may be down', async () => {
    for (let down = 0; down < 3; down++) {
      const custodians = network.custodians.map((c, i) => (i === down ? nowhere : c));
      const opened = await Access.own({ ...network, custodians }, me.wallet, raw);
      expect(opened.segments.length).toBe(4);
    }
  });

  test('with two down it says so clearly', async () => {
    const custodians = network.custodians.map((c, i) => (i === 1 ? c : nowhere));
    const attempt = Access.own({ ...network, custodians }, me.wallet, raw);
    await expect(attempt).rejects.toMatchObject({ code: 'TOO_FEW_CUSTODIANS' });
    await expect(attempt).rejects.toThrow(/custodian 1: failed.*custodian 3: failed/s);
  });

  test('one that lies is named, and the data open all the same', async () => {
    const seed = new Uint8Array(await readFile(join(islet.folder, 'custodian-2', 'signing.key')));
    const signer = await Ed25519.fromSeed(seed);
    await using liar = await serve(async (body) => {
      const ask = parseAskRelease(body);
      const { message } = parseSigned(Message.request, ask.request);
      const epochs = ask.epochs.map((e) => Epoch.parse(e.epoch).hash);
      const requestId = Message.digestOf(Message.request, message);
      const note = {
        requestId,
        custodian: 2,
        epochs,
        blockNumber: 1,
        blockHash: network.random(32),
        at: Date.now(),
      };
      const shares = epochs.map(() => Uint8Array.from([...network.random(32), 2]));
      return Release.seal(note, shares, ask.oneTimeKey, signer, network.random(32));
    });
    const slow = (url: string) =>
      serve(async (body, path) => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return forward(url + path, body);
      });
    await using first = await slow(network.custodians[0]!.url);
    await using third = await slow(network.custodians[2]!.url);
    const custodians = [first, liar, third].map(({ url }, i) => ({ name: `custodian ${i + 1}`, url }));
    const opened = await Access.own({ ...network, custodians }, me.wallet, raw);
    expect(opened.segments.length).toBe(4);
    expect(opened.custodians.find((c) => c.custodian === 2)?.outcome).toBe('lied');
    expect(
      opened.custodians
        .filter((c) => c.outcome === 'released')
        .map((c) => c.custodian)
        .sort(),
    ).toEqual([1, 3]);
  });

  test('refuse on a chain that is forged, moved back, or hides a revocation', async () => {
    const chain = new ForgingChain(islet.ready.chain);
    await using rpc = await serve((body) => chain.answer(body));
    const folder = join(islet.folder, 'watched');
    const custodian = await Custodian.open(
      {
        folder,
        port: 0,
        index: 1,
        rpcUrl: rpc.url,
        deployment: network.deployment,
        validators: await Home.validators(Home.at(islet.folder)),
        signingSeed: network.random(32),
        accountKey: network.random(32),
        vaultKeyFolder: `${folder}-key`,
      },
      Date.now,
    );
    const http = app(custodian);
    const health = async () => ((await (await http.request('/health')).json()) as any).chain;
    expect((await health()).number).toBeGreaterThan(0);
    const early = await forward(islet.ready.chain, headQuestion);
    // The chain goes on: one more decision.
    await Access.own(network, me.wallet, raw);
    chain.drop = true;
    expect((await health()).code).toBe('CHAIN_RECEIPTS_FORGED');
    chain.drop = false;
    expect((await health()).number).toBeGreaterThan(0);
    chain.head = early;
    expect((await health()).code).toBe('CHAIN_MOVED_BACK');
    chain.head = alter(await forward(islet.ready.chain, headQuestion), (told) => {
      told.result.at += 1;
    });
    expect((await health()).code).toBe('CHAIN_HEAD_FORGED');
    chain.head = undefined;
    expect((await health()).code).toBeUndefined();
    await custodian.close();
  });

  test('release nothing without the patient’s own signature on the grant, a decision, or the right key', async () => {
    let seen: Uint8Array | undefined;
    await using recorder = await serve(async (body, path) => {
      seen = body;
      return forward(network.custodians[0]!.url + path, body);
    });
    const custodians = [{ name: 'custodian 1', url: recorder.url }, ...network.custodians.slice(1)];
    await Access.own({ ...network, custodians }, me.wallet, raw);
    const custodian = network.custodians[0]!.url;
    const ask = parseAskRelease(seen!);
    const { encodeAskRelease } = await import('@islet/core/wire/Ask');
    const refused = (changed: Partial<typeof ask>) =>
      fetch(`${custodian}/v1/release`, {
        method: 'POST',
        body: Buffer.from(encodeAskRelease({ ...ask, ...changed })),
      })
        .then((r) => r.json() as Promise<{ code: string }>)
        .then((r) => r.code);
    expect(await refused({ oneTimeKey: network.random(32) })).toBe('RELEASE_WRONG_KEY');
    expect(await refused({ streams: ['glucose/day'] })).toBe('DENIED_WRONG_STREAM');
    expect(await refused({ salt: network.random(32) })).toBe('DENIED_WRONG_STREAM');
    const request = new Uint8Array(ask.request);
    request[request.length - 10] = request[request.length - 10]! ^ 1;
    expect(await refused({ request })).toBe('RELEASE_BAD_SIGNATURE');
    const [one] = ask.epochs;
    const epoch = new Uint8Array(one!.epoch);
    epoch[epoch.length - 10] = epoch[epoch.length - 10]! ^ 1;
    expect(await refused({ epochs: [{ ...one!, epoch }] })).toBe('RELEASE_EPOCH_FORGED');
    expect(await refused({ epochs: [{ ...one!, receipt: ask.epochs[1]!.receipt }] })).toBe(
      'RELEASE_NOT_ANCHORED',
    );
    expect(await refused({ epochs: [{ ...one!, segmentHeader: ask.epochs[1]!.segmentHeader }] })).toBe(
      'RELEASE_NOT_ANCHORED',
    );
    expect(await refused({ epochs: [{ ...one!, shares: ask.epochs[1]!.shares }] })).toBe(
      'RELEASE_SHARES_FORGED',
    );
  });

  test('a revocation told to a custodian binds it before the chain has it', async () => {
    const { grantId } = await Granting.grant(network, me.wallet, terms(['glucose/raw']));
    const held = await theGrant(grantId);
    const relayOff = { ...network, hub: { name: 'hub', url: 'http://127.0.0.1:1' } };
    // The relay withholds it; every custodian is told directly.
    expect(await codeOf(Granting.revoke(relayOff, me.wallet, grantId))).toBe('SERVICE_UNREACHABLE');
    expect(await codeOf(Access.granted(network, clinic.wallet, held, raw))).toBe('DENIED_REVOKED');
    await Granting.revoke(network, me.wallet, grantId);
  });
});

describe('a reader granted glucose/day', () => {
  test('cannot open glucose/raw with a relay, hub and chain that help', async () => {
    const { grantId } = await Granting.grant(network, me.wallet, terms(['glucose/day']));
    const held = await theGrant(grantId);
    expect(held.keys.streams.map((s) => s.stream)).toEqual(['glucose/day']);
    expect(await codeOf(Access.granted(network, clinic.wallet, held, raw))).toBe('DENIED_WRONG_STREAM');
    const day = { streams: ['glucose/day' as const], firstDay, lastDay };
    expect((await Access.granted(network, clinic.wallet, held, day)).segments.length).toBe(4);
    expect(await codeOf(Access.granted(network, clinic.wallet, held, { ...day, lastDay: lastDay + 1 }))).toBe(
      'DENIED_OUTSIDE_WINDOW',
    );
    await Granting.revoke(network, me.wallet, grantId);
    expect(await codeOf(Access.granted(network, clinic.wallet, held, day))).toBe('DENIED_REVOKED');
  });
});

describe('a hub that serves something else', () => {
  let parts: Part[];
  const asked = () => ({
    patient: me.wallet.account,
    ...raw,
    view: network.chain.state,
    dealers: Dealers.of(network.deployment, network.chain.state, me.wallet.account),
    batchesBefore: new Map(network.chain.state.batches),
    late: true,
  });
  const copy = (): Part[] => structuredClone(parts);

  beforeAll(async () => {
    await using hub = await TamperingHub.open(network.hub.url, (served) => {
      parts = structuredClone(served);
      return served;
    });
    await Access.own({ ...network, hub: { name: 'hub', url: hub.url } }, me.wallet, raw);
    expect((await check(copy(), asked())).proven.length).toBe(4);
  });

  test('has every flipped byte found, whatever it belongs to', async () => {
    const pick = (p: Part): Uint8Array[] => [
      p.head,
      p.headProof,
      ...p.nodes,
      ...p.segments.flatMap((s) => [s.segment, s.receipt]),
      ...p.epochs,
      ...p.shares,
    ];
    const count = pick(parts[0]!).length;
    for (let piece = 0; piece < count; piece++) {
      const { length } = pick(parts[0]!)[piece]!;
      for (let n = 0; n < 12; n++) {
        const altered = copy();
        const bytes = pick(altered[0]!)[piece]!;
        const at = Math.floor((length * (n + 0.5)) / 12);
        bytes[at] = bytes[at]! ^ (1 << (n % 8));
        const code = await codeOf(check(altered, asked()));
        expect(code, `piece ${piece}, byte ${at}`).not.toBe('ALLOWED');
        expect(code).toMatch(/^[A-Z_]+$/);
      }
    }
  });

  test('has a dropped segment named by its day', async () => {
    const altered = copy();
    const [dropped] = altered[0]!.segments.splice(2, 1);
    const { day } = Segment.parse(dropped!.segment).header;
    const attempt = check(altered, asked());
    await expect(attempt).rejects.toBeInstanceOf(TamperedError);
    await expect(attempt).rejects.toMatchObject({
      code: 'SEGMENT_MISSING',
      place: { stream: 'glucose/raw', day },
    });
    await expect(attempt).rejects.toThrow(Day.format(day!));
  });

  test('has two swapped segments, receipts or shares found', async () => {
    const swapped = copy();
    const [a, b] = swapped[0]!.segments;
    [a!.receipt, b!.receipt] = [b!.receipt, a!.receipt];
    expect(await codeOf(check(swapped, asked()))).toBe('RECEIPT_WRONG');
    const other = copy();
    const [c, d] = other[0]!.segments;
    // The first day's place holds the second day's segment.
    c!.segment = d!.segment;
    expect(await codeOf(check(other, asked()))).toBe('SEGMENT_MISSING');
  });

  test('has an old head found, however well it once held', async () => {
    const batchesBefore = new Map([...asked().batchesBefore].map(([hub, number]) => [hub, number + 1]));
    const later = { ...asked(), batchesBefore };
    expect(await codeOf(check(copy(), later))).toBe('HEAD_STALE');
  });

  test('has a withheld stream found', async () => {
    expect(await codeOf(check([], asked()))).toBe('STREAM_NOT_SERVED');
  });

  test('has another patient’s data found', async () => {
    const other = { ...asked(), patient: clinic.wallet.account };
    expect(await codeOf(check(copy(), other))).toBe('HEAD_MISPLACED');
  });
});

const terms = (streams: Granting.Terms['streams']): Granting.Terms => ({
  reader: clinic.wallet.account,
  streams,
  firstDay,
  lastDay,
  notBefore: Date.now() - 60_000,
  expiresAt: Date.now() + 3_600_000,
  purpose: 'treatment',
  maxUses: 0,
});

async function theGrant(grantId: Uint8Array): Promise<Held.Held> {
  const held = (await Held.from(network, clinic.wallet, me.wallet.account)).find((h) =>
    equal(h.grantId, grantId),
  );
  if (!held) throw new Error(`no grant ${toHex(grantId)}`);
  return held;
}

const headQuestion = new TextEncoder().encode(
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'islet_getHead', params: [] }),
);

/** A node that tells the truth until told otherwise. */
class ForgingChain {
  head: Uint8Array | undefined;
  drop = false;
  readonly #url: string;
  constructor(url: string) {
    this.#url = url;
  }
  async answer(body: Uint8Array): Promise<Uint8Array> {
    const told = await forward(this.#url, body);
    const asked = JSON.parse(new TextDecoder().decode(body));
    if (this.head && asked.method === 'islet_getHead') {
      const old = JSON.parse(new TextDecoder().decode(this.head));
      return new TextEncoder().encode(JSON.stringify({ ...old, id: asked.id }));
    }
    if (!this.drop) return told;
    return alter(told, (answers) => {
      for (const a of Array.isArray(answers) ? answers : [answers])
        if (Array.isArray(a.result)) for (const receipt of a.result) if (receipt?.logs) receipt.logs = [];
    });
  }
}

function alter(bytes: Uint8Array, change: (told: any) => void): Uint8Array {
  const told = JSON.parse(new TextDecoder().decode(bytes));
  change(told);
  return new TextEncoder().encode(JSON.stringify(told));
}

async function forward(url: string, body: Uint8Array): Promise<Uint8Array> {
  const type = url.includes('/v1/') ? 'application/cbor' : 'application/json';
  const answer = await fetch(url, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': type },
  });
  return new Uint8Array(await answer.arrayBuffer());
}

async function serve(
  answer: (body: Uint8Array, path: string) => Promise<Uint8Array>,
): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      const bytes = await answer(new Uint8Array(Buffer.concat(chunks)), request.url ?? '/');
      response.end(bytes);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
