// Copyright the Islet authors. AGPL-3.0-or-later.
import { beforeAll, describe, expect, test } from 'vitest';
import { encode, MalformedError } from './codec.js';
import { decoded, drawn, flipped, spoilt } from './core.testkit.js';
import { toHex, utf8 } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import * as Hpke from './crypto/hpke.js';
import * as Release from './Release.js';

const random = drawn('release');
const note: Release.Note = {
  requestId: random(32),
  custodian: 2,
  epochs: [random(32), random(32)],
  blockNumber: 9,
  blockHash: random(32),
  at: 1_767_225_600_000,
};
const shares = [random(33), random(33)];
const oneTimeSeed = random(32);
let signer: Ed25519.SigningKey;
let other: Ed25519.SigningKey;
let oneTimeKey: Uint8Array;
beforeAll(async () => {
  signer = await Ed25519.fromSeed(random(32));
  other = await Ed25519.fromSeed(random(32));
  oneTimeKey = await Hpke.publicKeyOf(oneTimeSeed);
});
const seal = (n = note, s = shares) => Release.seal(n, s, oneTimeKey, signer, random(32));
const open = (bytes: Uint8Array, key = signer.publicKey, requestId = note.requestId, seed = oneTimeSeed) =>
  Release.open(bytes, requestId, seed, key);

describe('a release', () => {
  test('gives the reader who asked the note and the shares', async () => {
    const release = await open(await seal());
    expect(release).toMatchObject({ note, shares });
    expect(await Release.parseNote(await Release.signNote(note, signer), signer.publicKey)).toEqual(note);
  });

  test('is closed to any other request, key and custodian, and when spoilt', async () => {
    const bytes = await seal();
    expect(await open(bytes, other.publicKey)).toBeUndefined();
    expect(await open(bytes, signer.publicKey, flipped(note.requestId, 0))).toBeUndefined();
    expect(await open(bytes, signer.publicKey, note.requestId, random(32))).toBeUndefined();
    const codec = { decode: open, encode: () => bytes };
    for (const altered of spoilt(bytes, 41)) expect(await decoded(codec, altered)).toBeUndefined();
  });

  test('is not believed where note and shares were not signed together, in this order and number', async () => {
    const sealed = async (n: Release.Note, s: Uint8Array[], signature: Uint8Array) => {
      const inner = encode('islet/release', 1, [await Release.signNote(n, signer), s, signature]);
      const box = await Hpke.seal(oneTimeKey, utf8('islet/release/v1'), note.requestId, inner, random(32));
      return encode('islet/sealed-release', 1, [box.encapsulated, box.ciphertext]);
    };
    const { signature } = (await open(await seal()))!;
    expect(await open(await sealed(note, shares, signature))).toBeDefined();
    const others: [Release.Note, Uint8Array[]][] = [
      [note, shares.toReversed()],
      [note, [shares[0]!, random(33)]],
      [{ ...note, at: 0 }, shares],
      [{ ...note, epochs: note.epochs.toReversed() }, shares],
    ];
    for (const [n, s] of others) expect(await open(await sealed(n, s, signature))).toBeUndefined();
    for (const some of [[], shares.slice(1), [...shares, random(33)]])
      expect(await open(await seal(note, some))).toBeUndefined();
    await expect(sealed(note, [random(32)], signature).then((b) => open(b))).rejects.toThrow(MalformedError);
  });

  test('has a note that another key did not sign, with no field changed', async () => {
    const bytes = await Release.signNote(note, signer);
    expect(await Release.parseNote(bytes, other.publicKey)).toBeUndefined();
    const signature = bytes.slice(-64);
    const changes: Partial<Release.Note>[] = [
      { requestId: random(32) },
      { custodian: 1 },
      { epochs: note.epochs.slice(1) },
      { blockNumber: 10 },
      { blockHash: random(32) },
      { at: 0 },
    ];
    expect(changes.length).toBe(Object.keys(note).length);
    for (const change of changes) {
      const altered = await Release.signNote(
        { ...note, ...change },
        { ...signer, sign: async () => signature },
      );
      expect(await Release.parseNote(altered, signer.publicKey)).toBeUndefined();
    }
  });

  test('of one request is told from that of another by its one-time key', () => {
    expect(toHex(Release.oneTimeKeyHash(oneTimeKey))).not.toBe(
      toHex(Release.oneTimeKeyHash(flipped(oneTimeKey, 0))),
    );
  });
});
