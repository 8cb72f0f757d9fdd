// Copyright the Islet authors. AGPL-3.0-or-later.
// What keeps keys from being lost: guardians, shares of the seeds, secrets under several locks, passkeys.
import { toBase64url } from '../../dist/base64.js';
import { concat, utf8 } from '../../dist/crypto/bytes.js';
import { sha256 } from '../../dist/crypto/hash.js';
import * as P256 from '../../dist/crypto/p256.js';
import * as WebAuthn from '../../dist/crypto/webAuthn.js';
import * as Xwing from '../../dist/crypto/xwing.js';
import * as Guardians from '../../dist/Guardians.js';
import * as PasskeyBackup from '../../dist/PasskeyBackup.js';
import * as SeedShares from '../../dist/SeedShares.js';
import { encodeList } from '../../dist/wire/Ask.js';
import * as Wrapped from '../../dist/Wrapped.js';
import { account, drawn, recorded, rootSeed, seed } from './seeds.mjs';

const dealing = seed('dealing').slice(0, 16);
const secret = { rootSeed, encryptionSeed: seed('encryption'), generation: 3, dayOffsetMinutes: -300, role: 'patient' };
const reading = { ...secret, dayOffsetMinutes: 0, role: 'clinician' };
const shares = SeedShares.deal(secret, account, dealing, 2, 3);

export const all = async () => [
  {
    file: 'guardians',
    about: 'What a person states to custodians about their guardians; `commitments` is what stands on chain, in order.',
    cases: [
      guardiansOf('two of three', {
        ...{ account, threshold: 2, delay: 259_200, dealing },
        guardians: [1, 2, 3].map((i) => ({
          ...{ account: seed(`guardian ${i}`), salt: seed(`salt ${i}`) },
          signers: i === 1 ? [drawn('signer 1')(20), drawn('passkey 1')(84)] : [drawn(`signer ${i}`)(20)],
          share: i === 3 ? null : { hash: seed(`share ${i}`), commitment: seed(`commitment ${i}`) },
        })),
      }),
      guardiansOf('none', { account, threshold: 0, delay: 86_400, guardians: [], dealing: null }),
    ],
  },
  {
    file: 'seed-shares',
    about:
      'Root seed, encryption seed, role (one byte: 0 patient, 1 clinician), generation (one byte) and day offset (two bytes, signed) and a check of 16 bytes (the hash of domain islet/seed-check/v1 over the 68 before), dealt as in `shamir`; the dealing’s seed is HKDF-SHA-256 of those 84 bytes, salt account ‖ dealing, info islet/seed-dealing/v1. `drill` answers the question with each share.',
    cases: [
      dealtOf('two of three', secret),
      dealtOf('two of three, of a clinician', reading),
    ],
  },
  {
    file: 'sealed-share',
    about: 'A share sealed as in `x-wing-box`, to a guardian for keeping or to the person’s one-time key for recovery. The context is the same array without its last field.',
    cases: ['keeping', 'recovery'].map((purpose) => {
      const { draws, random } = recorded(`share ${purpose}`);
      const place = { account, dealing, index: 2 };
      const openerSeed = seed('opener');
      const bytes = SeedShares.seal(place, purpose, shares[1], Xwing.publicKeyOf(openerSeed), random);
      return { name: purpose, input: { place, purpose, share: shares[1], openerSeed, draws }, bytes };
    }),
  },
  {
    file: 'wrapped',
    about: 'One secret under a passphrase (Argon2id, one lane) and a passkey’s PRF (HKDF-SHA-256, salt the id, info islet/wrapped-passkey/v1), each XChaCha20-Poly1305 with the array of id, check and the lock as associated data.',
    cases: [wrapped()],
  },
  {
    file: 'passkey-backup',
    about: 'What a wallet needs to read, for a passkey: XChaCha20-Poly1305 with HKDF-SHA-256 of the PRF’s output (salt the account, info islet/passkey-backup-key/v1), associated data the same array without its last two fields. Inside is islet/passkey-backup-secret, padded as in `padding`. The PRF is asked with `prfInput`; `place` is the name a hub keeps it under.',
    cases: [
      passkeyBackup('of a patient', { role: 'patient', name: 'Ana María', dayOffsetMinutes: -300, formerEncryptionSeeds: [] }),
      passkeyBackup('after a hand-over', { role: 'clinician', name: '', dayOffsetMinutes: 0, formerEncryptionSeeds: [seed('former')] }),
    ],
  },
  {
    file: 'approvals',
    about: 'To a custodian: signed Approve messages, one for each guardian, that make a quorum.',
    cases: [
      { name: 'two', input: { list: [drawn('a')(24), drawn('b')(24)] }, bytes: encodeList('islet/approvals', [drawn('a')(24), drawn('b')(24)]) },
    ],
  },
  {
    file: 'guardian-answer',
    about: 'A guardian to whom they help: the signed Approve message, and the share as `sealed-share` for recovery.',
    cases: [
      { name: 'one', input: { list: [drawn('a')(24), drawn('s')(24)] }, bytes: encodeList('islet/guardian-answer', [drawn('a')(24), drawn('s')(24)]) },
    ],
  },
  {
    file: 'passkey',
    about: 'A passkey’s signature of a digest: ABI encoding of (r, s, challengeIndex, typeIndex, authenticatorData, clientDataJSON), as ERC-7913 verifiers of WebAuthn take it. `signature` is ECDSA P-256 (RFC 6979 here) over SHA-256 of authenticatorData ‖ SHA-256(clientDataJSON), low s.',
    cases: [passkey()],
  },
];

function dealtOf(name, secret) {
  const shares = SeedShares.deal(secret, account, dealing, 2, 3);
  return {
    name,
    input: { ...secret, account, dealing, threshold: 2, n: 3, question: seed('question') },
    gives: {
      shares,
      commitments: shares.map((s, i) => SeedShares.commitment({ account, dealing, index: i + 1 }, s)),
      drill: shares.map((s) => SeedShares.drillAnswer(s, seed('question'))),
    },
  };
}

function guardiansOf(name, guardians) {
  return {
    name,
    input: guardians,
    bytes: Guardians.encodeGuardians(guardians),
    gives: { commitments: guardians.guardians.map(Guardians.commitment) },
  };
}

function wrapped() {
  const { draws, random } = recorded('wrapped');
  const passphrase = 'correct horse';
  const passkey = { credential: drawn('credential')(20), input: seed('prf input'), output: seed('prf output') };
  const cost = { memoryKiB: 8 * 1024, passes: 1 };
  let made = Wrapped.of(rootSeed, random);
  made = Wrapped.withPassphrase(made, rootSeed, passphrase, random, cost);
  made = Wrapped.withPasskey(made, rootSeed, passkey, random);
  return { name: 'two locks', input: { secret: rootSeed, passphrase, cost, passkey, draws }, bytes: Wrapped.encodeWrapped(made) };
}

function passkeyBackup(name, about) {
  const { draws, random } = recorded(`passkey backup ${name}`);
  const place = { account, passkey: drawn('passkey of an account')(64) };
  const secret = { ...about, generation: 3, rootSeed, encryptionSeed: seed('encryption') };
  const output = seed('prf output');
  const made = PasskeyBackup.seal(place, secret, output, random);
  return {
    name,
    input: { place, secret, output, draws },
    bytes: PasskeyBackup.encodePasskeyBackup(made),
    gives: { prfInput: PasskeyBackup.prfInput(), place: PasskeyBackup.placeOf(place) },
  };
}

function passkey() {
  const secretKey = P256.secretKeyFrom(drawn('passkey'));
  const digest = seed('digest');
  const text = `{"type":"webauthn.get","challenge":"${toBase64url(digest)}","origin":"https://islet.example","crossOrigin":false}`;
  const clientDataJSON = utf8(text);
  const authenticatorData = concat(sha256(utf8('islet.example')), new Uint8Array([0x1d, 0, 0, 0, 7]));
  const signature = P256.sign(sha256(concat(authenticatorData, sha256(clientDataJSON))), secretKey);
  const publicKey = P256.publicKeyOf(secretKey);
  return {
    name: 'present, verified, backed up',
    input: { secretKey, digest, authenticatorData, clientDataJSON },
    gives: { publicKey, signature, encoded: WebAuthn.encodeRaw({ authenticatorData, clientDataJSON, signature }, digest) },
  };
}
