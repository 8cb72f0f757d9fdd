// Copyright the Islet authors. AGPL-3.0-or-later.
// What is computed rather than sent: hashes, keys, codes, dealings, paddings, digests.
import { utf8 } from '../../dist/crypto/bytes.js';
import { domainHash, sha256 } from '../../dist/crypto/hash.js';
import * as Hpke from '../../dist/crypto/hpke.js';
import * as Secp256k1 from '../../dist/crypto/secp256k1.js';
import { deal } from '../../dist/crypto/shamir.js';
import { structHash, typeString } from '../../dist/crypto/typedData.js';
import * as Xwing from '../../dist/crypto/xwing.js';
import * as Circle from '../../dist/Circle.js';
import * as KeyTree from '../../dist/KeyTree.js';
import * as Message from '../../dist/Message.js';
import * as Padding from '../../dist/Padding.js';
import * as Stream from '../../dist/Stream.js';
import { kinds } from '../../dist/wire/Stated.js';
import { account, day, drawn, grantId, recorded, rootSeed, seed } from './seeds.mjs';

export const all = async () => [
  {
    file: 'domain-hash',
    about: 'SHA-256 over: one byte of length and the domain, then each part behind four big-endian bytes of length.',
    cases: [
      hashed('no parts', 'islet/example/v1', []),
      hashed('one part', 'islet/example/v1', [utf8('part')]),
      hashed('two parts, one empty', 'islet/example/v1', [new Uint8Array(), seed('part')]),
    ],
  },
  {
    file: 'key-tree',
    about:
      'The tree of keyed hashes behind locks P and C. `days` gives the leaf and the seeds of its key pairs; `cover` the fewest nodes for a range of days.',
    cases: await Promise.all([
      tree('a fortnight', 0, 'glucose/raw', day, day + 13),
      tree('one day', 1, 'glucose/day', day, day),
      tree('from the first day to the last but one', 255, 'insulin/raw', 0, 2 ** 17 - 2),
    ]),
  },
  {
    file: 'stream-codes',
    about: 'What stands for streams and purposes on chain: keccak-256 over a prefix, the grant’s salt and the word.',
    cases: [
      code('glucose/raw', 'treatment'),
      code('glucose/day', 'research'),
      code('document/raw', 'own'),
    ],
  },
  {
    file: 'circle-id',
    about: 'The id of a circle of carers: the EIP-712 hash (hashStruct) of what the patient signed of it.',
    cases: [circleOf(account), { ...circleOf(seed('other')), maxPeople: 32, until: 2 ** 53 - 1 }].map((circle, i) => ({
      name: i === 0 ? 'three people' : 'its integers at their ends',
      input: { circle },
      gives: { id: Circle.idOf(circle) },
    })),
  },
  {
    file: 'statement-kinds',
    about: 'The kinds of a wallet’s Statement: the keccak-256 of the document’s name.',
    cases: Object.entries(kinds).map(([name, kind]) => ({ name, input: { name }, gives: { kind } })),
  },
  {
    file: 'shamir',
    about:
      'Dealing over GF(2^8) modulo x^8+x^4+x^3+x+1. The coefficients of x^1, x^2 … are HKDF-SHA-256 (no salt, info islet/shamir/v1) of the seed, in runs as long as the secret; a share is the y bytes and its x.',
    cases: [dealt('two of three', 2, 3), dealt('three of five', 3, 5), dealt('two of two', 2, 2)],
  },
  {
    file: 'x-wing-box',
    about:
      'X-Wing (X25519 with ML-KEM-768), then XChaCha20-Poly1305 with key (32) and nonce (24) from HKDF-SHA-256: input the shared secret, salt the ciphertext, info and associated data the context.',
    cases: [box('a few bytes', utf8('plaintext'), utf8('context')), box('nothing', utf8(''), utf8(''))],
  },
  {
    file: 'padding',
    about: 'Four big-endian bytes of length, the content, zeros to a coarse size. Contents here are the first bytes of 00 01 02 … ff 00 …',
    cases: [0, 1, 252, 253, 4092, 4093, 5000, 8188, 8189, 100_000, 1 << 20].map((length) => {
      const padded = Padding.pad(Uint8Array.from({ length }, (_, i) => i));
      return { name: `${length} bytes`, input: { length }, gives: { paddedLength: padded.length, sha256: sha256(padded) } };
    }),
  },
  {
    file: 'message',
    about:
      'The EIP-712 messages that people sign (domain: name Islet, version 1, and the chain and contract that the message itself names). Signatures: RFC 6979, low s, v 27 or 28.',
    cases: messages(),
  },
];

const hashed = (name, domain, parts) => ({ name, input: { domain, parts }, gives: { hash: domainHash(domain, ...parts) } });

async function tree(name, generation, stream, firstDay, lastDay) {
  const root = KeyTree.root(rootSeed, generation, stream);
  const days = [firstDay, lastDay].map((d) => {
    const leaf = KeyTree.leaf([root], d);
    return { day: d, leaf, xwing: KeyTree.keySeed(leaf, 'xwing'), hpke: KeyTree.keySeed(leaf, 'hpke') };
  });
  const late = { xwing: KeyTree.lateSeed(root, 'xwing'), hpke: KeyTree.lateSeed(root, 'hpke') };
  const publicKeys = {
    xwingSha256: sha256(Xwing.publicKeyOf(days[0].xwing)),
    hpke: await Hpke.publicKeyOf(days[0].hpke),
  };
  const cover = KeyTree.cover(root, firstDay, lastDay);
  return {
    name,
    input: { seed: rootSeed, generation, stream, firstDay, lastDay },
    gives: { root: root.key, cover, days, late, publicKeysOfFirstDay: publicKeys },
  };
}

function code(stream, purpose) {
  const salt = seed('salt');
  const gives = { streamCode: Stream.code(salt, stream), purposeCode: Stream.purposeCode(salt, purpose) };
  return { name: `${stream}, ${purpose}`, input: { salt, stream, purpose }, gives };
}

function dealt(name, threshold, n) {
  const [secret, from] = [seed('lock secret'), seed('deal')];
  return { name, input: { secret, seed: from, threshold, n }, gives: { shares: deal(secret, from, threshold, n) } };
}

function box(name, plaintext, context) {
  const { draws, random } = recorded(`box ${name}`);
  const secret = seed('reader');
  const sealed = Xwing.seal(Xwing.publicKeyOf(secret), context, plaintext, random);
  return { name, input: { seed: secret, context, plaintext, draws }, gives: { sealed } };
}

function circleOf(patient) {
  return { patient, keeper: seed('keeper'), maxPeople: 3, until: 1_769_904_000, salt: seed('circle salt') };
}

function messages() {
  const key = Secp256k1.secretKeyFrom(drawn('wallet'));
  const place = { chain: 31_337n, target: seed('contract').slice(0, 20) };
  const reader = seed('reader account');
  const codes = ['glucose/raw', 'insulin/raw'].map((s) => Stream.code(seed('salt'), s));
  const purpose = Stream.purposeCode(seed('salt'), 'treatment');
  const window = { firstDay: day, lastDay: day + 13 };
  const once = { nonce: 2n ** 200n + 7n, deadline: 1_767_300_000 };
  const gateway = { account, gatewayKey: seed('gateway key'), ...once };
  const circle = circleOf(account);
  const circleId = Circle.idOf(circle);
  const guardian = { guardian: seed('guardian'), salt: seed('guardian salt') };
  const list = [
    [Message.register, { account, signer: Secp256k1.addressOf(key), encryptionKeyHash: seed('key hash'), deadline: once.deadline }],
    [Message.authoriseGateway, gateway],
    [Message.endGateway, gateway],
    [
      Message.grant,
      {
        ...{ grantId, patient: account, reader, streams: codes, ...window },
        ...{ rollingDays: 14, notBefore: 1_767_225_600, expiresAt: 1_769_904_000 },
        ...{ weekdays: 31, fromMinute: 480, toMinute: 930, offsetMinutes: -300 },
        ...{ purpose, maxUses: 5, emergency: true, nodesHash: seed('nodes') },
        deadline: once.deadline,
      },
    ],
    [Message.grant, {
      ...{ grantId, patient: account, reader, streams: [], firstDay: -1, lastDay: 2 ** 31 - 1 },
      ...{ rollingDays: 2 ** 16 - 1, notBefore: 0, expiresAt: 2 ** 53 - 1 },
      ...{ weekdays: 255, fromMinute: 0, toMinute: 2 ** 16 - 1, offsetMinutes: -(2 ** 15) },
      ...{ purpose, maxUses: 2 ** 32 - 1, emergency: false, nodesHash: seed('nodes') },
      deadline: 0,
    }],
    [Message.revoke, { grantId, patient: account, deadline: once.deadline }],
    [Message.request, { grantId, patient: account, reader, streams: codes, ...window, purpose, oneTimeKeyHash: seed('one-time'), statement: new Uint8Array(32), ...once }],
    [Message.close, { requestId: seed('request'), patient: account, outcome: 2, noteHash: new Uint8Array(32), ...once }],
    [Message.erase, { erasureId: seed('erasure'), account, streams: codes, ...window, scopeHash: seed('scope'), ...once }],
    [Message.confirm, { erasureId: seed('erasure'), custodian: 3, receiptHash: seed('receipt'), deadline: once.deadline }],
    [Message.statement, { account, kind: kinds.streamKeys, hash: seed('document'), version: 3 }],
    [Message.addSigner, { account, signer: drawn('passkey signer')(84), ...once }],
    [Message.removeSigner, { account, signer: drawn('other signer')(20), ...once }],
    [Message.replaceEncryptionKey, { account, encryptionKeyHash: seed('key hash'), ...once }],
    [Message.setGuardians, { account, guardians: [seed('first'), seed('second')], threshold: 2, delay: 259_200, ...once }],
    [Message.approve, { account, ...guardian, newSigner: drawn('new signer')(20), attempt: 1, deadline: once.deadline }],
    [Message.withdrawApproval, { account, ...guardian, attempt: 2 ** 32 - 1, deadline: once.deadline }],
    [Message.object, { account, attempt: 1, deadline: once.deadline }],
    [Message.openCircle, { ...circle, keyHash: seed('circle key'), deadline: once.deadline }],
    [Message.admit, { circle: circleId, keeper: circle.keeper, reader, ...once }],
    [Message.dismiss, { circle: circleId, by: account, reader, ...once }],
    [Message.replaceCircleKey, { circle: circleId, by: circle.keeper, keyHash: seed('circle key'), ...once }],
    [Message.endCircle, { circle: circleId, patient: account, deadline: once.deadline }],
  ];
  return list.map(([struct, rest], i) => {
    const message = { ...place, ...rest };
    const { signer, signature } = Message.sign(struct, message, key);
    return {
      name: `${struct.name}${i === 4 ? ', its integers at their ends' : ''}`,
      input: { kind: struct.name, message, secretKey: key },
      gives: {
        type: typeString(struct),
        structHash: structHash(struct, message),
        digest: Message.digestOf(struct, message),
        signer,
        signature,
      },
    };
  });
}

export { messages };
