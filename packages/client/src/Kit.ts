// Copyright the Islet authors. AGPL-3.0-or-later.
// The recovery kit: a whole wallet as text for paper.
import * as Aead from '@islet/core/crypto/aead';
import * as Argon2 from '@islet/core/crypto/argon2';
import { concat, utf8 } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';
import * as Wallet from './Wallet.js';

/** Whoever holds it is that person; where it has a passphrase, whoever knows that besides. */
export type Kit = { wallet: Wallet.Wallet; role: 'patient' | 'clinician'; dayOffsetMinutes: number };

const domain = 'islet/recovery-kit/v1';
const sumBytes = 4;
const [plain, locked] = [1, 2] as const;
const isClinician = 1;
const isP256 = 2;
const headBytes = 6;
const keysEnd = headBytes + 4 * 32;
/** Of a locked kit: version, passes, KiB, salt, nonce. */
const lockBytes = 1 + 1 + 4 + 16 + 24;

/** A kit that anyone can use who finds it. */
export const print = (kit: Kit): string => Paper.write(domain, bodyOf(kit), sumBytes);

/** A kit that needs a passphrase too. There is no way in without it: not by us, and not by the guardians, who need no kit. */
export function printLocked(
  kit: Kit,
  passphrase: string,
  random: (length: number) => Uint8Array,
  cost: Argon2.Cost = Argon2.usual,
): string {
  const head = new Uint8Array(6);
  head.set([locked, cost.passes]);
  new DataView(head.buffer).setUint32(2, cost.memoryKiB);
  const clear = concat(head, random(16), random(24));
  const key = Argon2.keyFrom(passphrase, clear.slice(6, 22), cost);
  const sealed = Aead.encrypt(key, clear.slice(22), concat(utf8(domain), clear), bodyOf(kit));
  return Paper.write(domain, concat(clear, sealed), sumBytes);
}

/** Whether a text is a kit that needs a passphrase. Throws `KIT_UNREADABLE`. */
export const isLocked = (text: string): boolean => bytesOf(text)[0] === locked;

/** Reads a kit. Throws `KIT_UNREADABLE` and, where the passphrase is missing or another, `KIT_WRONG_PASSPHRASE`. */
export function read(text: string, passphrase?: string): Kit {
  const bytes = bytesOf(text);
  if (bytes[0] === plain) return kitOf(bytes);
  if (bytes[0] !== locked || bytes.length < lockBytes + 16) throw new UnreadableError();
  if (passphrase === undefined) throw new WrongPassphraseError();
  const cost = {
    passes: bytes[1]!,
    memoryKiB: new DataView(bytes.buffer, bytes.byteOffset).getUint32(2),
  };
  // Stops: a text that would take all of a machine's memory.
  if (cost.passes < 1 || cost.passes > 16 || cost.memoryKiB < 8 || cost.memoryKiB > 1 << 20)
    throw new UnreadableError();
  const clear = bytes.slice(0, lockBytes);
  const key = Argon2.keyFrom(passphrase, clear.slice(6, 22), cost);
  const body = Aead.decrypt(key, clear.slice(22), concat(utf8(domain), clear), bytes.slice(lockBytes));
  if (!body) throw new WrongPassphraseError();
  return kitOf(body);
}

function bytesOf(text: string): Uint8Array {
  const bytes = Paper.read(domain, text, sumBytes);
  if (!bytes) throw new UnreadableError();
  return bytes;
}

function bodyOf({ wallet, role, dayOffsetMinutes }: Kit): Uint8Array {
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  head[0] = plain;
  head[1] = (role === 'clinician' ? isClinician : 0) | (wallet.signerKind === 'p256' ? isP256 : 0);
  view.setUint16(2, wallet.generation);
  view.setInt16(4, dayOffsetMinutes);
  const { account, signerKey, encryptionSeed, rootSeed } = wallet;
  return concat(head, account, signerKey, encryptionSeed, rootSeed, utf8(wallet.name));
}

function kitOf(body: Uint8Array): Kit {
  const flags = body[1] ?? 0;
  if (body.length < keysEnd || body[0] !== plain || flags > (isClinician | isP256))
    throw new UnreadableError();
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const key = (i: number): Uint8Array => body.slice(headBytes + 32 * i, headBytes + 32 * (i + 1));
  return {
    wallet: Wallet.parse(
      Wallet.format({
        name: new TextDecoder().decode(body.slice(keysEnd)),
        account: key(0),
        signerKey: key(1),
        ...(flags & isP256 ? { signerKind: 'p256' as const } : {}),
        encryptionSeed: key(2),
        rootSeed: key(3),
        generation: view.getUint16(2),
      }),
    ),
    role: flags & isClinician ? 'clinician' : 'patient',
    dayOffsetMinutes: view.getInt16(4),
  };
}

export class UnreadableError extends IsletError {
  override readonly name = 'Kit.UnreadableError';
  constructor() {
    super(
      'KIT_UNREADABLE',
      'This is not a recovery kit, or a letter of it is wrong. Compare it with the paper.',
    );
  }
}

export class WrongPassphraseError extends IsletError {
  override readonly name = 'Kit.WrongPassphraseError';
  constructor() {
    super('KIT_WRONG_PASSPHRASE', 'The kit needs its passphrase, and this is not it. Type it again.');
  }
}
