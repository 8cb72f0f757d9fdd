// Copyright the Islet authors. AGPL-3.0-or-later.
// Signatures of Web Crypto, which is what browsers and secure elements sign with, against the contracts on a real
// executor: with the precompile for P-256 (EIP-7951, Osaka) and without.
import { createHash, webcrypto } from 'node:crypto';
import { fromHex, to0x, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Message from '@islet/core/Message';
import { describe, expect, test } from 'vitest';
import * as Abi from './Abi.js';
import { bytecode } from './abi/bytecode.js';
import { identityAbi } from './abi/Identity.js';
import { p256VerifierAbi } from './abi/P256Verifier.js';
import { webAuthnVerifierAbi } from './abi/WebAuthnVerifier.js';
import { CHAIN_ID, devKey, start } from './anvil.testkit.js';
import * as Contract from './Contract.js';
import * as Deployment from './Deployment.js';
import * as Founding from './Founding.js';
import { connect } from './Rpc.js';
import * as Sender from './Sender.js';
import { devAddress } from './scene.testkit.js';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const accepted = fromHex('024ad318');
const digest = sha256(utf8('what is signed'));

type Key = { key: Uint8Array; sign(bytes: Uint8Array): Promise<[r: Uint8Array, s: Uint8Array]> };

async function newKey(): Promise<Key> {
  const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const raw = new Uint8Array(await webcrypto.subtle.exportKey('raw', pair.publicKey));
  return {
    key: raw.slice(1),
    async sign(bytes) {
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
      const both = new Uint8Array(await webcrypto.subtle.sign(algorithm, pair.privateKey, bytes));
      return [both.slice(0, 32), lower(both.slice(32))];
    },
  };
}

/** Authenticators give either form; the contracts take the lower only. */
function lower(s: Uint8Array): Uint8Array {
  const value = BigInt(to0x(s));
  return value > order / 2n ? fromHex((order - value).toString(16).padStart(64, '0')) : s;
}

/** As a browser answers `navigator.credentials.get`, encoded as the verifier takes it. */
async function assertion(key: Key, challenge: Uint8Array, flags = 0x05): Promise<Uint8Array> {
  const json = JSON.stringify({
    type: 'webauthn.get',
    challenge: Buffer.from(challenge).toString('base64url'),
    origin: 'https://islet.example',
  });
  const data = Buffer.concat([sha256(utf8('islet.example')), Uint8Array.of(flags, 0, 0, 0, 0)]);
  const [r, s] = await key.sign(Buffer.concat([data, createHash('sha256').update(json).digest()]));
  const encoded = Abi.encodeDeploy(assertionAbi, '0x', {
    r,
    s,
    challengeIndex: BigInt(json.indexOf('"challenge"')),
    typeIndex: BigInt(json.indexOf('"type"')),
    authenticatorData: new Uint8Array(data),
    clientDataJSON: json,
  });
  return fromHex(encoded);
}

const assertionAbi = [
  {
    type: 'constructor',
    inputs: [
      { name: 'r', type: 'bytes32' },
      { name: 's', type: 'bytes32' },
      { name: 'challengeIndex', type: 'uint256' },
      { name: 'typeIndex', type: 'uint256' },
      { name: 'authenticatorData', type: 'bytes' },
      { name: 'clientDataJSON', type: 'string' },
    ],
  },
] as const;

describe.each([
  ['with the precompile', 'osaka', 0, 100_000],
  ['without it', 'prague', 200_000, 600_000],
])('%s', (_name, hardfork, least, most) => {
  test('the verifiers take their key’s signature of just that digest', async () => {
    await using anvil = await start(hardfork);
    await anvil.ask('evm_setAutomine', true);
    const rpc = connect(anvil.url, { abis: [] });
    const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });
    const p256 = await Deployment.deploy(sender, p256VerifierAbi, bytecode.P256Verifier, {});
    const webAuthn = await Deployment.deploy(sender, webAuthnVerifierAbi, bytecode.WebAuthnVerifier, {});
    const [key, other] = await Promise.all([newKey(), newKey()]);
    const plain = Buffer.concat(await key.sign(utf8('what is signed')));
    const signed = await assertion(key, digest);
    const check = (to: typeof p256, args: { key: Uint8Array; hash: Uint8Array; signature: Uint8Array }) =>
      Contract.read(rpc, to, p256VerifierAbi, 'verify', args);

    expect(await check(p256, { key: key.key, hash: digest, signature: plain })).toEqual(accepted);
    expect(await check(webAuthn, { key: key.key, hash: digest, signature: signed })).toEqual(accepted);
    const wrong = { key: other.key, hash: digest };
    expect(await check(p256, { ...wrong, signature: plain })).not.toEqual(accepted);
    expect(await check(webAuthn, { ...wrong, signature: signed })).not.toEqual(accepted);
    const elsewhere = { key: key.key, hash: sha256(digest) };
    expect(await check(p256, { ...elsewhere, signature: plain })).not.toEqual(accepted);
    expect(await check(webAuthn, { ...elsewhere, signature: signed })).not.toEqual(accepted);
    const unverified = await assertion(key, digest, 0x01);
    expect(await check(webAuthn, { key: key.key, hash: digest, signature: unverified })).not.toEqual(
      accepted,
    );

    const data = Abi.encodeCall(webAuthnVerifierAbi, 'verify', {
      key: key.key,
      hash: digest,
      signature: signed,
    });
    const gas = Number(await anvil.ask('eth_estimateGas', { from: devAddress, to: webAuthn, data }));
    expect(gas).toBeGreaterThan(least);
    expect(gas).toBeLessThan(most);
  });
});

test('a passkey begins an account', async () => {
  await using anvil = await start();
  await anvil.ask('evm_setAutomine', true);
  const rpc = connect(anvil.url, { abis: Founding.abis });
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });
  const org = new Uint8Array(32).fill(1);
  const deployment = await Founding.deploy(rpc, sender, CHAIN_ID, {
    founders: [{ org, admin: sender.address }],
    relays: [{ org, relay: sender.address }],
    custodians: [{ org, signingKey: org, account: devAddress }],
    threshold_: 1n,
    delay_: 0n,
    budget: 100,
  });
  const passkey = await newKey();
  const signer = new Uint8Array(Buffer.concat([fromHex(deployment.webAuthnVerifier.slice(2)), passkey.key]));
  const message = {
    chain: BigInt(CHAIN_ID),
    target: fromHex(deployment.identity.slice(2)),
    account: new Uint8Array(32).fill(9),
    signer,
    encryptionKeyHash: new Uint8Array(32).fill(8),
    deadline: 4_000_000_000n,
  };
  const register = async (signature: Uint8Array) =>
    sender.send({
      to: deployment.identity,
      data: Abi.encodeCall(identityAbi, 'register', {
        m: { ...message, target: deployment.identity },
        signature,
      }),
    });
  await expect(register(await assertion(await newKey(), digestOf()))).rejects.toMatchObject({
    code: 'IDENTITY_BAD_SIGNATURE',
  });
  await register(await assertion(passkey, digestOf()));
  const asked = { account: message.account, signer };
  expect(await Contract.read(rpc, deployment.identity, identityAbi, 'speaksFor', asked)).toBe(true);

  function digestOf(): Uint8Array {
    return Message.digestOf(Message.register, message as never);
  }
});
