// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as KeyTree from '@islet/core/KeyTree';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Granting from './Granting.js';
import * as Held from './Held.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const { day } = W;
let scene: S.Scene;
let network: Network;
let patient: Wallet.Wallet;
let clinic: Wallet.Wallet;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPerson(scene, 'patient');
  clinic = await S.newPerson(scene, 'clinic');
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const terms = (of: Partial<Granting.Terms> = {}): Granting.Terms => ({
  reader: clinic.account,
  streams: ['glucose/raw', 'insulin/raw'],
  firstDay: day,
  lastDay: day + 6,
  notBefore: network.now() - 60_000,
  expiresAt: network.now() + 3_600_000,
  purpose: 'treatment',
  maxUses: 0,
  ...of,
});

describe('a grant', () => {
  test('gives the reader the keys of exactly those streams and days', async () => {
    await Granting.grant(network, patient, terms());
    const [held] = await Held.from(network, clinic, patient.account);
    expect(held!.keys.streams.map((s) => s.stream)).toEqual(['glucose/raw', 'insulin/raw']);
    for (const { stream, nodes } of held!.keys.streams) {
      const root = KeyTree.root(patient.rootSeed, 0, stream);
      for (const d of [day, day + 3, day + 6])
        expect(KeyTree.leaf(nodes, d)).toEqual(KeyTree.leaf([root], d));
      for (const d of [day - 1, day + 7, 0]) expect(KeyTree.leaf(nodes, d)).toBeUndefined();
    }
  });

  test('puts no stream, purpose or day’s key on chain or at the hub in the clear', async () => {
    const { grantId } = await Granting.grant(network, patient, terms());
    const { signed, keys } = scene.hub.grants.get(toHex(grantId))!;
    const clear = Buffer.from(signed + keys, 'hex').toString('latin1');
    for (const word of ['glucose', 'insulin', 'treatment']) expect(clear).not.toContain(word);
  });

  test('is not made for a reader that is not known', async () => {
    const attempt = Granting.grant(network, patient, terms({ reader: W.random(32) }));
    expect(await S.codeOf(attempt)).toBe('GRANT_UNKNOWN_READER');
  });

  test('is not sealed to a key that the hub served in place of the reader’s', async () => {
    const hash = network.chain.state.accounts.get(toHex(clinic.account))!.encryptionKeyHash;
    const own = scene.hub.keys.get(hash)!;
    scene.hub.keys.set(hash, Wallet.encryptionKey(Wallet.create('hub', W.random)));
    const before = scene.hub.grants.size;
    expect(await S.codeOf(Granting.grant(network, patient, terms()))).toBe('GRANT_UNKNOWN_READER');
    expect(scene.hub.grants.size).toBe(before);
    scene.hub.keys.set(hash, own);
  });

  test('is listed as the patient’s, and nobody else’s', async () => {
    const { grantId } = await Granting.grant(network, patient, terms());
    const mine = await Granting.grantsBy(network, patient.account);
    expect(mine.find((g) => g.grantId === toHex(grantId))).toMatchObject({
      reader: toHex(clinic.account),
      revokedAt: null,
    });
    expect(await Granting.grantsBy(network, clinic.account)).toEqual([]);
  });
});

describe('revoking', () => {
  test('tells the chain, and every custodian directly', async () => {
    const { grantId } = await Granting.grant(network, patient, terms());
    expect(await Granting.revoke(network, patient, grantId)).toEqual({ told: 3 });
    await network.chain.follow();
    expect(network.chain.state.grants.get(toHex(grantId))!.revokedAt).not.toBeNull();
    for (const c of scene.custodians) expect(c.revoked).toContain(toHex(grantId));
  });

  test('has told every custodian by the time it says that the hub is down', async () => {
    const { grantId } = await Granting.grant(network, patient, terms());
    const down = { ...network, hub: { name: 'hub', url: 'http://127.0.0.1:1' } };
    expect(await S.codeOf(Granting.revoke(down, patient, grantId))).toBe('SERVICE_UNREACHABLE');
    for (const c of scene.custodians) expect(c.revoked).toContain(toHex(grantId));
  });

  test('counts the custodians that took it', async () => {
    const { grantId } = await Granting.grant(network, patient, terms());
    const custodians = network.custodians.map((c, i) => (i === 0 ? { ...c, url: 'http://127.0.0.1:1' } : c));
    expect(await Granting.revoke({ ...network, custodians }, patient, grantId)).toEqual({ told: 2 });
  });
});
