// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as GrantKeys from '@islet/core/GrantKeys';
import * as Message from '@islet/core/Message';
import { encodeSigned, parseSigned } from '@islet/core/signed';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
let ids: string[];
let kept: Map<string, { signed: string; keys: string }>;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPerson(scene, 'patient');
  clinic = await S.newPerson(scene, 'clinic');
  ids = [];
  for (const streams of [['glucose/raw'], ['glucose/day']] as const) {
    const { grantId } = await Granting.grant(network, patient, {
      reader: clinic.account,
      streams: [...streams],
      firstDay: day,
      lastDay: day + 6,
      notBefore: network.now() - 60_000,
      expiresAt: network.now() + 3_600_000,
      purpose: 'treatment',
      maxUses: 0,
    });
    ids.push(toHex(grantId));
    // Grants of one second would have no order.
    scene.clock.ahead += 2_000;
  }
  kept = new Map(scene.hub.grants);
});
beforeEach(() => {
  for (const [id, papers] of kept) scene.hub.grants.set(id, papers);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const held = (reader = clinic): Promise<Held.Held[]> => Held.from(network, reader, patient.account);
const names = (): Promise<string[]> =>
  held().then(
    (all) => all.map((h) => h.keys.streams[0]!.stream),
    (error) => [String(error.code ?? error)],
  );
const papers = () => scene.hub.grants.get(ids[0]!)!;
const altered = (change: Partial<{ signed: string; keys: string }>): void => {
  scene.hub.grants.set(ids[0]!, { ...papers(), ...change });
};

describe('the grants a reader holds', () => {
  test('are all that the patient gave them, newest first, with their keys', async () => {
    expect(await names()).toEqual(['glucose/day', 'glucose/raw']);
    const [newest] = await held();
    expect(newest).toMatchObject({
      message: { firstDay: day, lastDay: day + 6 },
      keys: { purpose: 'treatment' },
    });
    expect(await Held.from(network, patient, clinic.account)).toEqual([]);
  });

  test('stay, where the hub has lost the papers of one', async () => {
    scene.hub.grants.delete(ids[0]!);
    expect(await names()).toEqual(['glucose/day']);
    scene.hub.grants.set(ids[0]!, {} as never);
    expect(await names()).toEqual(['glucose/day']);
    altered({ signed: 'nonsense' });
    expect(await names()).toEqual(['glucose/day']);
  });

  test('are not those whose terms the hub altered', async () => {
    const signed = parseSigned(Message.grant, fromHex(papers().signed));
    const wider = { ...signed, message: { ...signed.message, lastDay: day + 400 } };
    altered({ signed: toHex(encodeSigned(Message.grant, wider)) });
    expect(await names()).toEqual(['glucose/day']);
    // Signed by the patient once, and not what they put on chain.
    const draft = Message.sign(Message.grant, wider.message, patient.signerKey);
    altered({ signed: toHex(encodeSigned(Message.grant, draft)) });
    expect(await names()).toEqual(['glucose/day']);
  });

  test('are not those with another’s signature, or none that holds', async () => {
    const { message, ...rest } = parseSigned(Message.grant, fromHex(papers().signed));
    const bad = { message, ...rest, signature: rest.signature.with(3, rest.signature[3]! ^ 1) };
    altered({ signed: toHex(encodeSigned(Message.grant, bad)) });
    expect(await names()).toEqual(['glucose/day']);
    // The same words, signed by someone who does not speak for the patient.
    altered({
      signed: toHex(encodeSigned(Message.grant, Message.sign(Message.grant, message, clinic.signerKey))),
    });
    expect(await names()).toEqual(['glucose/day']);
  });

  test('are not those whose keys the hub altered or swapped', async () => {
    altered({ keys: scene.hub.grants.get(ids[1]!)!.keys });
    expect(await names()).toEqual(['glucose/day']);
    const keys = fromHex(papers().keys);
    altered({ keys: toHex(keys.with(40, keys[40]! ^ 1)) });
    expect(await names()).toEqual(['glucose/day']);
    // Anyone can seal to the reader's public key.
    const { salt, streams } = (await held())[0]!.keys;
    const made = { salt, purpose: 'treatment', streams };
    const sealed = GrantKeys.seal(made, fromHex(ids[0]!), Wallet.encryptionKey(clinic), W.random);
    altered({ keys: toHex(sealed) });
    expect(await names()).toEqual(['glucose/day']);
  });

  test('cannot be opened by who is not that reader', async () => {
    expect(await held({ ...clinic, encryptionSeed: W.random(32) })).toEqual([]);
  });

  test('are not told as none, where the hub is down', async () => {
    const down = { ...network, hub: { name: 'hub', url: 'http://127.0.0.1:1' } };
    expect(await S.codeOf(Held.from(down, clinic, patient.account))).toBe('SERVICE_UNREACHABLE');
  });
});

describe('the best grant', () => {
  const wanted = { stream: 'glucose/raw' as const, firstDay: day, lastDay: day + 3 };

  test('is of the stream, then of the days, then alive', async () => {
    const [daily, raw] = (await held()) as [Held.Held, Held.Held];
    expect(Held.best([daily, raw], wanted, network.now())).toBe(raw);
    const narrow = { ...raw, message: { ...raw.message, lastDay: day } };
    expect(Held.best([narrow, raw], wanted, network.now())).toBe(raw);
    const revoked = { ...raw, onChain: { ...raw.onChain, revokedAt: 1 } };
    expect(Held.best([revoked, raw], wanted, network.now())).toBe(raw);
    const expired = { ...raw, onChain: { ...raw.onChain, expiresAt: 1 } };
    expect(Held.best([expired, raw], wanted, network.now())).toBe(raw);
    // A refusal that says why is better than a grant of something else.
    expect(Held.best([daily, revoked], wanted, network.now())).toBe(revoked);
    expect(Held.best([], wanted, network.now())).toBeUndefined();
  });
});
