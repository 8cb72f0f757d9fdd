// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Bundle from '@islet/core/Bundle';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as Xwing from '@islet/core/crypto/xwing';
import * as KeyTree from '@islet/core/KeyTree';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Account from './Account.js';
import type { Network } from './Network.js';
import { relay } from './Relaying.js';
import * as S from './scene.testkit.js';
import { serve } from './services.testkit.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const { day } = W;
let scene: S.Scene;
let network: Network;
let wallet: Wallet.Wallet;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  wallet = await S.newPerson(scene, 'patient');
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const onChain = () => network.chain.state.accounts.get(toHex(wallet.account))!;

describe('an account', () => {
  test('is registered with its signer and the hash of its encryption key', () => {
    expect([...onChain().signers]).toEqual([toHex(Secp256k1.addressOf(wallet.signerKey))]);
    expect(onChain().encryptionKeyHash).toBe(toHex(Wallet.encryptionKeyHash(Wallet.encryptionKey(wallet))));
  });

  test('is enrolled with every custodian', () => {
    for (const c of scene.custodians) expect(c.enrolled).toContain(toHex(wallet.account));
  });

  test('is not registered twice', async () => {
    expect(await S.codeOf(Account.register(network, wallet))).toBe('IDENTITY_ACCOUNT_EXISTS');
  });

  test('is not enrolled where a custodian does not answer: the person must know', async () => {
    const custodians = network.custodians.map((c, i) => (i === 2 ? { ...c, url: 'http://127.0.0.1:1' } : c));
    const other = Wallet.create('other', W.random);
    const registration = await Account.register(network, other);
    expect(await S.codeOf(Account.enrol({ ...network, custodians }, registration))).toBe(
      'SERVICE_UNREACHABLE',
    );
  });

  test('has a public key that others find, and no other that a hub serves', async () => {
    expect(await Account.encryptionKeyOf(network, wallet.account)).toEqual(Wallet.encryptionKey(wallet));
    expect(await Account.encryptionKeyOf(network, W.random(32))).toBeUndefined();
    await using hub = await serve(async () => Wallet.encryptionKey(Wallet.create('hub', W.random)));
    const lying = { ...network, hub: { name: 'hub', url: hub.url } };
    expect(await Account.encryptionKeyOf(lying, wallet.account)).toBeUndefined();
  });
});

describe('a gateway', () => {
  test('is authorised once, and asking again sends nothing', async () => {
    const key = W.random(32);
    await Account.authoriseGateway(network, wallet, key);
    await network.chain.follow();
    expect(onChain().gateways.get(toHex(key))).toMatchObject({ endedAt: null });
    const before = scene.hub.asked.length;
    await Account.authoriseGateway(network, wallet, key);
    expect(scene.hub.asked.length).toBe(before);
  });

  test('that was ended is not authorised again', async () => {
    const key = W.random(32);
    await Account.authoriseGateway(network, wallet, key);
    await relay(network, wallet, Message.endGateway, {
      chain: BigInt(network.deployment.chainId),
      target: fromHex(network.deployment.identity),
      account: wallet.account,
      gatewayKey: key,
      nonce: 77n,
      deadline: Math.floor(network.now() / 1000) + 60,
    });
    await network.chain.follow();
    expect(onChain().gateways.get(toHex(key))!.endedAt).not.toBeNull();
    expect(await S.codeOf(Account.authoriseGateway(network, wallet, key))).toBe('IDENTITY_GATEWAY_WAS_ENDED');
  });

  test('gets the public keys of exactly those days, signed, and of no day a secret', async () => {
    const progress: [number, number][] = [];
    const runs = [
      { stream: 'glucose/raw' as const, firstDay: day, days: 3 },
      { stream: 'insulin/raw' as const, firstDay: day + 1, days: 1 },
    ];
    await Account.publishKeys(network, wallet, runs, 60, (done, of) => progress.push([done, of]));
    expect(progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
    const [raw, insulin] = scene.gateway.bundles;
    expect(raw).toMatchObject({ stream: 'glucose/raw', dayOffsetMinutes: 60, generation: 0 });
    expect(insulin!.run.keys.length).toBe(1);
    const root = KeyTree.root(wallet.rootSeed, 0, 'glucose/raw');
    const seed = KeyTree.keySeed(KeyTree.leaf([root], day + 2)!, 'xwing');
    expect(Bundle.keyOf(raw!, day + 2)).toEqual(Xwing.publicKeyOf(seed));
    expect(Bundle.keyOf(raw!, day + 3)).toBeUndefined();
    const sent = scene.gateway.asked.map((q) => Buffer.from(q.body).toString('hex')).join();
    for (const secret of [wallet.rootSeed, wallet.signerKey, wallet.encryptionSeed, seed, root.key])
      expect(sent).not.toContain(toHex(secret));
  });
});

describe('a statement', () => {
  const here = () => ({
    chainId: network.deployment.chainId,
    identity: fromHex(network.deployment.identity),
  });

  test('about a document holds for that document, kind and chain alone', () => {
    const document = new TextEncoder().encode('keys');
    const stated = Stated.parseDocument(Account.state(network, wallet, 'devices', document));
    expect(Stated.isDocument(stated, 'devices', here())).toBe(true);
    expect(Stated.isDocument(stated, 'streamKeys', here())).toBe(false);
    expect(Stated.isDocument({ ...stated, bytes: W.random(4) }, 'devices', here())).toBe(false);
    expect(Stated.isDocument(stated, 'devices', { ...here(), chainId: 1 })).toBe(false);
  });

  test('that is a question says when, so that it cannot be asked again later', () => {
    const { message } = parseSigned(Message.statement, Account.statement(network, wallet, 'askNotes'));
    expect(Math.abs(message.version - network.now())).toBeLessThan(60_000);
    expect(message.hash).toEqual(new Uint8Array(32));
    expect(message.kind).toEqual(Stated.kinds.askNotes);
  });
});

describe('a relay', () => {
  test('answers with what the contract said, by its code', async () => {
    const message = {
      chain: BigInt(network.deployment.chainId),
      target: fromHex(network.deployment.identity),
      account: wallet.account,
      gatewayKey: W.random(32),
      nonce: 5n,
      deadline: Math.floor(network.now() / 1000) - 60,
    };
    expect(await S.codeOf(relay(network, wallet, Message.authoriseGateway, message))).toBe(
      'IDENTITY_DEADLINE_PASSED',
    );
  });

  test('that answers with nonsense is said to', async () => {
    await using hub = await serve(async () => '<html>');
    const lying = { ...network, hub: { name: 'hub', url: hub.url } };
    const attempt = Account.authoriseGateway(lying, wallet, W.random(32));
    expect(await S.codeOf(attempt)).toBe('SERVICE_ANSWER_UNREADABLE');
  });
});
