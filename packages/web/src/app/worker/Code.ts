// Copyright the Islet authors. AGPL-3.0-or-later.
// Texts that people copy, print and type: an account's code, and the recovery kit.
import * as Wallet from '@islet/client/Wallet';
import { concat, equal, utf8 } from '@islet/core/crypto/bytes';
import { domainHash } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';

/** Crockford's base 32: no letter that looks like another. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const alike: Record<string, string> = { O: '0', I: '1', L: '1', U: 'V' };

function decode(text: string): Uint8Array | undefined {
  const out: number[] = [];
  let [bits, value] = [0, 0];
  for (const letter of text.toUpperCase().replace(/[\s-]/g, '')) {
    const at = alphabet.indexOf(alike[letter] ?? letter);
    if (at < 0) return undefined;
    value = (value << 5) | at;
    bits += 5;
    if (bits < 8) continue;
    out.push((value >> (bits - 8)) & 255);
    bits -= 8;
    value &= (1 << bits) - 1;
  }
  return Uint8Array.from(out);
}

const withSum = (domain: string, bytes: Uint8Array, length: number): Uint8Array =>
  concat(bytes, domainHash(domain, bytes).subarray(0, length));

function checked(domain: string, bytes: Uint8Array | undefined, length: number): Uint8Array | undefined {
  const body = bytes?.subarray(0, -length);
  return bytes && body && equal(withSum(domain, body, length), bytes) ? body : undefined;
}

const accountDomain = 'islet/account-code/v1';
const kitDomain = 'islet/recovery-kit/v1';

/** What one tells another so that they can be granted something: the account's public id with a check sum. */
export const ofAccount = (account: Uint8Array): string => Paper.write(accountDomain, account, 3);

/** The account of a code or of an invitation link. Throws `WEB_BAD_CODE`. */
export function toAccount(text: string): Uint8Array {
  const code = /[#&?]code=([0-9A-Za-z-]+)/.exec(text)?.[1] ?? text;
  const account = checked(accountDomain, decode(code), 3);
  if (account?.length !== 32) throw new BadCodeError();
  return account;
}

export type Kit = { wallet: Wallet.Wallet; role: 'patient' | 'clinician'; dayOffsetMinutes: number };

/** A whole wallet as text for paper. Whoever holds it is that person. */
export function ofKit({ wallet, role, dayOffsetMinutes }: Kit): string {
  const head = new Uint8Array(6);
  const view = new DataView(head.buffer);
  head[0] = 1;
  head[1] = role === 'patient' ? 0 : 1;
  view.setUint16(2, wallet.generation);
  view.setInt16(4, dayOffsetMinutes);
  const { account, signerKey, encryptionSeed, rootSeed } = wallet;
  const body = concat(head, account, signerKey, encryptionSeed, rootSeed, utf8(wallet.name));
  return Paper.write(kitDomain, body, 4);
}

/** Throws `WEB_BAD_KIT`. */
export function toKit(text: string): Kit {
  const body = checked(kitDomain, decode(text), 4);
  if (!body || body.length < 134 || body[0] !== 1) throw new BadKitError();
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const key = (i: number): Uint8Array => body.slice(6 + 32 * i, 38 + 32 * i);
  const wallet: Wallet.Wallet = {
    name: new TextDecoder().decode(body.subarray(134)),
    account: key(0),
    signerKey: key(1),
    encryptionSeed: key(2),
    rootSeed: key(3),
    generation: view.getUint16(2),
  };
  return {
    wallet: Wallet.parse(Wallet.format(wallet)),
    role: body[1] === 0 ? 'patient' : 'clinician',
    dayOffsetMinutes: view.getInt16(4),
  };
}

export class BadCodeError extends IsletError {
  override readonly name = 'BadCodeError';
  constructor() {
    super('WEB_BAD_CODE', 'This is not a code of Islet, or a letter of it is wrong. Copy all of it again.');
  }
}

export class BadKitError extends IsletError {
  override readonly name = 'BadKitError';
  constructor() {
    super(
      'WEB_BAD_KIT',
      'This is not a recovery kit, or a letter of it is wrong. Compare it with the paper.',
    );
  }
}
