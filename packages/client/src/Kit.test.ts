// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as KeyRequest from './KeyRequest.js';
import * as Kit from './Kit.js';
import * as S from './scene.testkit.js';
import * as Wallet from './Wallet.js';
import { random } from './writer.testkit.js';

const cost = { memoryKiB: 8, passes: 1 };
const kitOf = (change: Partial<Wallet.Wallet> = {}): Kit.Kit => ({
  wallet: { ...Wallet.create('Ana María', random), ...change },
  role: 'patient',
  dayOffsetMinutes: -300,
});
const codeOf = (work: () => unknown) => S.codeOf(new Promise((done) => done(work())));

describe('a recovery kit', () => {
  test('gives back the wallet, with or without a passphrase', () => {
    for (const kit of [
      kitOf(),
      kitOf({ signerKind: 'p256', generation: 255 }),
      { ...kitOf(), role: 'clinician' as const },
    ]) {
      expect(Kit.read(Kit.print(kit))).toEqual(kit);
      const locked = Kit.printLocked(kit, 'three words here', random, cost);
      expect(Kit.read(locked, 'three words here')).toEqual(kit);
      expect([Kit.isLocked(locked), Kit.isLocked(Kit.print(kit))]).toEqual([true, false]);
    }
  });

  test('with a passphrase opens with no other, and not without', async () => {
    const locked = Kit.printLocked(kitOf(), 'three words here', random, cost);
    expect(await codeOf(() => Kit.read(locked))).toBe('KIT_WRONG_PASSPHRASE');
    expect(await codeOf(() => Kit.read(locked, 'three words'))).toBe('KIT_WRONG_PASSPHRASE');
  });

  test('with any letter wrong says so', () => {
    const kits = [Kit.print(kitOf()), Kit.printLocked(kitOf(), 'p', random, cost)];
    fc.assert(
      fc.property(fc.constantFrom(...kits), fc.nat(), (text, n) => {
        const at = n % text.length;
        fc.pre(text[at] !== '-');
        const wrong = text.slice(0, at) + (text[at] === 'Z' ? 'Y' : 'Z') + text.slice(at + 1);
        expect(() => Kit.read(wrong, 'p')).toThrow(Kit.UnreadableError);
        expect(() => Kit.read(text.slice(0, at), 'p')).toThrow(Kit.UnreadableError);
      }),
      { numRuns: 60 },
    );
  });

  test('is the text that the app has printed since its first version', () => {
    const wallet = {
      ...Wallet.create('x', random),
      account: new Uint8Array(32).fill(1),
      signerKey: new Uint8Array(32).fill(2),
      encryptionSeed: new Uint8Array(32).fill(3),
      rootSeed: new Uint8Array(32).fill(4),
    };
    const text = Kit.print({ wallet, role: 'patient', dayOffsetMinutes: 60 });
    expect(text.slice(0, 35)).toBe('04000-0007G-0G208-1040G-20810-40G20');
  });
});

describe('a request for keys', () => {
  const request = { account: random(32), signer: random(20), keyHash: random(32) };

  test('is read as it was printed, for either kind of signer, and with no letter wrong', () => {
    for (const one of [request, { ...request, signer: random(84) }]) {
      const text = KeyRequest.print(one);
      expect(KeyRequest.read(text)).toEqual(one);
      const wrong = text.slice(0, -1) + (text.endsWith('0') ? '4' : '0');
      expect(() => KeyRequest.read(wrong)).toThrow(KeyRequest.UnreadableError);
      expect(() => KeyRequest.read(text.slice(0, -9))).toThrow(KeyRequest.UnreadableError);
    }
    expect(() => KeyRequest.read(KeyRequest.print({ ...request, signer: random(21) }))).toThrow(
      KeyRequest.UnreadableError,
    );
  });

  test('has other words with any other key, signer or account', () => {
    const said = new Set(
      [
        request,
        ...(['account', 'signer', 'keyHash'] as const).map((f) => ({
          ...request,
          [f]: random(request[f].length),
        })),
      ].map(KeyRequest.words),
    );
    expect(said.size).toBe(4);
    for (const words of said)
      expect(words).toMatch(/^([bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz] ?){4}$/);
  });
});
