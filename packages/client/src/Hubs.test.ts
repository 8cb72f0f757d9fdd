// Copyright the Islet authors. AGPL-3.0-or-later.
// Where a person's data are: what hubs, thieves and old devices could say of it, and what a reader makes of that.
import * as View from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Core from '@islet/core/Hubs';
import * as Message from '@islet/core/Message';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as Hubs from './Hubs.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import { type Service, serve } from './services.testkit.js';
import * as W from './writer.testkit.js';

const { random } = W;
let scene: S.Scene;
let patient: S.Patient;
beforeAll(async () => {
  scene = await S.startScene();
  patient = await S.newPatient(scene, 'patient');
});
afterAll(() => scene?.[Symbol.asyncDispose]());

describe('the word of an account', () => {
  const now = 1_800_000_000_000;
  const [key, formerKey, thief] = [random(32), random(32), random(32)];
  const account = random(32);
  const home = { address: random(20), url: '' };
  let says: { home: Uint8Array | null; other: Uint8Array | null };
  let services: Service[];
  let network: Network;
  let seen: Map<string, Uint8Array>;

  beforeEach(async () => {
    says = { home: null, other: null };
    services = await Promise.all(
      (['home', 'other'] as const).map((which) =>
        serve(async () => says[which] ?? new Response('{}', { status: 404 })),
      ),
    );
    seen = new Map();
    const view = View.empty();
    view.accounts.set(toHex(account), {
      signers: new Set([toHex(Secp256k1.addressOf(key))]),
      formerSigners: new Set([toHex(Secp256k1.addressOf(formerKey))]),
      encryptionKeyHash: '',
      gateways: new Map(),
      addedAt: new Map(),
    });
    network = {
      ...scene.network,
      chain: { state: view } as Network['chain'],
      hub: { name: 'hub', url: services[0]!.url },
      now: () => now,
      hubsSeen: {
        read: async (id) => seen.get(id),
        write: async (id, word) => void seen.set(id, word),
      },
    };
  });
  afterEach(async () => {
    for (const service of services) await service.close();
  });

  const other = () => ({ address: random(20), url: services[1]!.url });
  function word(
    hubs: Core.Hub[],
    version: number,
    { by = key, of = account, about = of }: { by?: Uint8Array; of?: Uint8Array; about?: Uint8Array } = {},
  ): Uint8Array {
    const bytes = Core.encodeHubs({ account: of, hubs });
    const message: Message.Statement = {
      chain: BigInt(network.deployment.chainId),
      target: fromHex(network.deployment.identity),
      ...{ account: about, kind: Stated.kinds.hubs, hash: sha256(bytes), version },
    };
    return Stated.encodeDocument({ signed: Message.sign(Message.statement, message, by), bytes });
  }
  const versionOf = async () => (await Hubs.wordOf(network, account))?.version;

  test('is believed from whoever speaks for it, and from nobody else', async () => {
    const hubs = [{ ...home, url: services[1]!.url }];
    const lies = [
      word(hubs, now, { by: thief }),
      word(hubs, now, { about: random(32) }),
      word(hubs, now, { of: random(32), about: account }),
      word(hubs, now + 3_600_000),
      random(100),
      new Uint8Array(),
    ];
    for (const lie of lies) {
      says.home = lie;
      expect(await Hubs.wordOf(network, account)).toBeUndefined();
      expect((await Hubs.at(network, account)).hub).toEqual(network.hub);
    }
    says.home = word(hubs, now);
    expect(await versionOf()).toBe(now);
  });

  test('once seen never goes back, whatever the old hub brings up, and though every hub is silent', async () => {
    const newer = [other()];
    says.other = word(newer, now);
    says.home = says.other;
    expect(await versionOf()).toBe(now);
    says.home = word([{ address: random(20), url: services[0]!.url }], now - 1);
    expect(await versionOf()).toBe(now);
    [says.home, says.other] = [null, null];
    expect(await versionOf()).toBe(now);
    expect((await Hubs.at(network, account)).hub.url).toBe(newer[0]!.url);
  });

  test('is asked of the hubs that it names too: an old hub alone cannot hold back a newer one', async () => {
    says.home = word([{ address: random(20), url: services[0]!.url }, other()], now - 10);
    says.other = word([other()], now);
    expect(await versionOf()).toBe(now);
  });

  test('by who speaks for the account counts before that of who did once, be it newer', async () => {
    says.home = word([other()], now, { by: formerKey });
    expect(await versionOf()).toBe(now);
    says.home = word([other()], now - 5);
    expect(await versionOf()).toBe(now - 5);
    says.home = word([other()], now, { by: formerKey });
    expect(await versionOf()).toBe(now - 5);
  });
});

describe('while the data are with two hubs', () => {
  const wanted: Access.Wanted = { streams: ['glucose/raw'], firstDay: W.day, lastDay: W.day + 6 };
  const right = () => Access.rightOfOwner(scene.network, patient.wallet);
  let liar: Service;
  let answer: () => Promise<Uint8Array | Response>;
  beforeAll(async () => {
    liar = await serve(async () => answer());
  });
  afterAll(() => liar?.close());

  const hubAddress = () => fromHex([...scene.network.chain.state.batches.keys()][0]!);
  const both = (addressOfLiar: Uint8Array): Network => ({
    ...scene.network,
    places: [
      { address: addressOfLiar, service: { name: 'other', url: liar.url } },
      { address: hubAddress(), service: scene.network.hub },
    ],
  });
  const look = async (network: Network) =>
    (await Access.fetchFrom(network, patient.wallet, wanted, right(), true)).checked.proven.length;

  test('one that is away, refuses, or serves nonsense is passed over: the other has it', async () => {
    await scene.network.chain.follow();
    const whole = await look(scene.network);
    expect(whole).toBeGreaterThan(0);
    const answers: (() => Promise<Uint8Array | Response>)[] = [
      async () => new Response('{"code":"HUB_ACCOUNT_LEFT"}', { status: 404 }),
      async () => new Response('{}', { status: 503 }),
      async () => random(50),
    ];
    for (const one of answers) {
      answer = one;
      expect(await look(both(random(20)))).toBe(whole);
    }
  });

  test('one that passes on what the other anchored is not believed', async () => {
    const kept = scene.hub.alter;
    scene.hub.alter = (parts) => parts;
    const alone: Network = {
      ...scene.network,
      places: [{ address: random(20), service: scene.network.hub }],
    };
    await expect(look(alone)).rejects.toMatchObject({ code: 'HEAD_OF_ANOTHER_HUB' });
    scene.hub.alter = kept;
  });

  test('where neither serves what holds, that is the answer', async () => {
    answer = async () => random(50);
    scene.hub.alter = (parts) => parts.map((part) => ({ ...part, segments: part.segments.slice(1) }));
    await expect(look(both(random(20)))).rejects.toThrow();
    scene.hub.alter = (parts) => parts;
  });
});
