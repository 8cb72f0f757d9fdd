// Copyright the Islet authors. AGPL-3.0-or-later.
// Custodians that are down, refuse or lie, and gateways that deal falsely: who is named, and who suffices.
import * as View from '@islet/chain/View';
import { toHex } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import * as Hpke from '@islet/core/crypto/hpke';
import * as Message from '@islet/core/Message';
import * as Release from '@islet/core/Release';
import { encodeSigned } from '@islet/core/signed';
import { parseAskRelease } from '@islet/core/wire/Ask';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { misdeal } from './mischief.testkit.js';
import type { Network } from './Network.js';
import { type Answer, type Ticket, TooFewCustodiansError, unlock } from './Opening.js';
import { codeOf } from './scene.testkit.js';
import { type Handout, type ReleasingCustodian, startCustodian } from './services.testkit.js';
import { TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const { day } = W;
const wallet = Wallet.create('patient', W.random);
let custodians: ReleasingCustodian[];
let network: Network;
let ticket: Ticket;
let raw: W.Writer;
/** Two epochs that passed every check but opening. */
let two: Proven[];

beforeAll(async () => {
  const keys = await W.custodians();
  custodians = await Promise.all(keys.map((c) => startCustodian(c, Date.now)));
  const state = View.empty();
  for (const { index, signer } of keys)
    state.custodians.set(index, { org: '', signingKey: toHex(signer.publicKey), account: '' });
  const chain = { state } as Network['chain'];
  const services = custodians.map(({ url }, i) => ({ name: `custodian ${i + 1}`, url }));
  network = { chain, custodians: services, now: Date.now, random: W.random } as Network;
  raw = W.writer(wallet, 'glucose/raw', await W.signingKey(), custodians, Date.UTC(2024, 4, 12));
  const message = {
    chain: 1n,
    target: W.random(20),
    grantId: W.random(32),
    patient: wallet.account,
    reader: wallet.account,
    streams: [],
    firstDay: day,
    lastDay: day + 6,
    purpose: W.random(32),
    oneTimeKeyHash: W.random(32),
    nonce: 1n,
    deadline: 1,
  };
  ticket = {
    requestId: Message.digestOf(Message.request, message),
    request: encodeSigned(Message.request, Message.sign(Message.request, message, wallet.signerKey)),
    grant: null,
    salt: W.random(32),
    streams: ['glucose/raw'],
    purpose: 'own',
    oneTimeSeed: W.random(32),
    blockNumber: 1,
  };
  two = [];
  for (const at of [day, day + 1]) two.push(proven(await W.seal(raw, at, W.cgm(at, 3))));
});
afterEach(() => {
  for (const c of custodians) Object.assign(c, { lie: undefined, refusal: undefined });
});
afterAll(async () => {
  for (const c of custodians) await c.close();
});

const proven = ({ segment, epoch, shares }: W.Sealed): Proven => {
  const { stream, day } = segment.header;
  const place = { stream, day, segment: toHex(segment.hash), nth: 1, of: 1 };
  return { segment, epoch, shares, receipt: new Uint8Array(), listed: 'open', place };
};

const open = (on: Network = network, what = two) => unlock(on, what, ticket);
const nowhere = { name: 'custodian', url: 'http://127.0.0.1:1' };
const truth = () => raw.all.slice(0, 2).map((s) => [toHex(s.epoch.hash), s.secrets.lockSecret] as const);
const released = (answers: Answer[]): number[] =>
  answers
    .filter((a) => a.outcome === 'released')
    .map((a) => a.custodian)
    .sort();

/** With the third custodian refusing too, a liar leaves too few, and all answers are told. */
async function answersWhenTooFew(): Promise<Answer[]> {
  custodians[2]!.refusal = 'RELEASE_NOT_ENROLLED';
  const error = await open().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TooFewCustodiansError);
  return (error as TooFewCustodiansError).answers.sort((a, b) => a.custodian - b.custodian);
}

describe('custodians', () => {
  test.each([0, 1, 2])('suffice without any one of them (%i)', async (down) => {
    const services = network.custodians.map((c, i) => (i === down ? nowhere : c));
    const { secrets, answers } = await open({ ...network, custodians: services });
    expect([...secrets]).toEqual(truth());
    expect(released(answers)).toEqual([1, 2, 3].filter((n) => n !== down + 1));
  });

  test('that are too few are told one by one, with their codes', async () => {
    const attempt = open({ ...network, custodians: [nowhere, network.custodians[1]!, nowhere] });
    expect(await codeOf(attempt)).toBe('TOO_FEW_CUSTODIANS');
    await expect(attempt).rejects.toThrow(/custodian 1: failed \(SERVICE_UNREACHABLE\)/);
    await expect(attempt).rejects.toThrow(/custodian 3: failed \(SERVICE_UNREACHABLE\)/);
  });

  test('that all refuse for one reason give that reason', async () => {
    for (const c of custodians) c.refusal = 'DENIED_REVOKED';
    expect(await codeOf(open())).toBe('DENIED_REVOKED');
    custodians[0]!.refusal = 'RELEASE_TOO_LATE';
    expect(await codeOf(open())).toBe('TOO_FEW_CUSTODIANS');
  });

  test('that the chain does not list are not believed', async () => {
    for (const c of custodians.slice(0, 2)) c.refusal = 'RELEASE_NOT_ENROLLED';
    const services = [...network.custodians, network.custodians[0]!];
    const error = await open({ ...network, custodians: services }).catch((e: unknown) => e);
    expect((error as TooFewCustodiansError).answers.find((a) => a.custodian === 4)).toMatchObject({
      outcome: 'failed',
      code: 'CUSTODIAN_UNKNOWN',
    });
  });

  test('are not asked where there is nothing to open', async () => {
    const asked = custodians.map((c) => c.asked.length);
    expect((await open(network, [])).answers).toEqual([]);
    expect(custodians.map((c) => c.asked.length)).toEqual(asked);
  });

  test('are asked for each epoch once, however many segments it has', async () => {
    const { secrets } = await open(network, [...two, ...two]);
    expect(secrets.size).toBe(2);
    expect(parseAskRelease(custodians[0]!.asked.at(-1)!.body).epochs.length).toBe(2);
  });
});

describe('a custodian that hands out', () => {
  const self = () => custodians[1]!;
  const seal = (h: Handout, change: Partial<Release.Note> = {}, shares = h.shares, signer = self().signer) =>
    Release.seal({ ...h.note, ...change }, shares, h.ask.oneTimeKey, signer, W.random(32));

  const lies: [string, string, (h: Handout) => Promise<Uint8Array>][] = [
    [
      'a false share',
      'SHARE_FALSE',
      (h) =>
        seal(
          h,
          {},
          h.shares.map(() => Uint8Array.from([...W.random(32), 2])),
        ),
    ],
    [
      'a true share of one epoch for another',
      'SHARE_FALSE',
      (h) => seal(h, {}, [...h.shares.slice(1), h.shares[0]!]),
    ],
    [
      'another custodian’s true share',
      'SHARE_FALSE',
      (h) =>
        seal(
          h,
          {},
          h.shares.map((s) => s.with(-1, 3)),
        ),
    ],
    [
      'a release sealed to another one-time key',
      'RELEASE_UNREADABLE',
      async (h) =>
        Release.seal(h.note, h.shares, await Hpke.publicKeyOf(W.random(32)), self().signer, W.random(32)),
    ],
    ['a release for another request', 'RELEASE_UNREADABLE', (h) => seal(h, { requestId: W.random(32) })],
    [
      'a release that names another request inside',
      'RELEASE_MISNAMED',
      async (h) => {
        const note = { ...h.note, requestId: W.random(32) };
        const oneTime = { seed: W.random(32) };
        const sealed = await Release.seal(
          note,
          h.shares,
          await Hpke.publicKeyOf(oneTime.seed),
          self().signer,
          W.random(32),
        );
        return reseal(sealed, oneTime.seed, note.requestId, h);
      },
    ],
    [
      'a release of other epochs',
      'RELEASE_MISNAMED',
      (h) => seal(h, { epochs: h.note.epochs.map(() => W.random(32)) }),
    ],
    [
      'a release of fewer epochs',
      'RELEASE_MISNAMED',
      (h) => seal(h, { epochs: h.note.epochs.slice(1) }, h.shares.slice(1)),
    ],
    ['a release in another’s name', 'RELEASE_MISNAMED', (h) => seal(h, { custodian: 3 })],
    [
      'a release that it did not sign',
      'RELEASE_UNREADABLE',
      async (h) => seal(h, {}, h.shares, await Ed25519.fromSeed(W.random(32))),
    ],
    ['bytes that are no release', 'RELEASE_UNREADABLE', async () => W.random(200)],
  ];

  test.each(lies)('%s is named (%s), and the data open without it', async (_, code, lie) => {
    self().lie = lie;
    const answers = await answersWhenTooFew();
    expect(answers.map((a) => [a.custodian, a.outcome, a.code])).toEqual([
      [1, 'released', undefined],
      [2, 'lied', code],
      [3, 'failed', 'RELEASE_NOT_ENROLLED'],
    ]);
    custodians[2]!.refusal = undefined;
    const opened = await open();
    expect([...opened.secrets]).toEqual(truth());
    expect(released(opened.answers)).toEqual([1, 3]);
  });

  const info = new TextEncoder().encode('islet/release/v1');
  /** What `Release.seal` would not do: seals a note that names one request under another’s id. */
  async function reseal(
    sealed: Uint8Array,
    seed: Uint8Array,
    id: Uint8Array,
    h: Handout,
  ): Promise<Uint8Array> {
    const { decode, encode } = await import('@islet/core/codec');
    const f = decode('islet/sealed-release', 1, sealed);
    const signed = await Hpke.open(seed, info, id, { encapsulated: f.bytes(32), ciphertext: f.bytes() });
    const again = await Hpke.seal(h.ask.oneTimeKey, info, h.note.requestId, signed!, W.random(32));
    return encode('islet/sealed-release', 1, [again.encapsulated, again.ciphertext]);
  }
});

describe('a gateway that deals', () => {
  type Opened = Awaited<ReturnType<typeof W.openEpoch>>;
  /** An epoch more, its shares dealt like that; gives what is found. */
  async function dealt(falsely: (of: Opened) => Promise<W.Sealed['shares']>): Promise<string> {
    const opened = await W.openEpoch(raw, day + 2);
    const shares = await falsely(opened);
    const sealed = await W.seal(raw, day + 2, W.cgm(day + 2, 3), { opened: { ...opened, shares } });
    return open(network, [...two, proven(sealed)]).then(
      () => 'nothing',
      (error) =>
        error instanceof TamperedError
          ? `${error.code}, ${error.place.stream}, day ${error.place.day! - day}: ${error.what}`
          : String(error),
    );
  }
  const other = ({ epoch }: Opened) => W.deal(raw, epoch, W.random(32));

  test('shares of another secret is found out, with the place', async () => {
    expect(await dealt(other)).toBe(
      'SHARES_MISDEALT, glucose/raw, day 2: its gateway dealt shares that do not open it',
    );
  });

  test('one custodian a false share is found out by those who open without it', async () => {
    custodians[2]!.refusal = 'RELEASE_NOT_ENROLLED';
    expect(await dealt(async (of) => misdeal(raw, of.shares, await other(of), [3]))).toBe(
      'SHARES_MISDEALT, glucose/raw, day 2: its gateway dealt some custodian a false share',
    );
  });

  test('as it should is believed', async () => {
    expect(await dealt(async (of) => misdeal(raw, of.shares, of.shares, [3]))).toBe('nothing');
  });
});
