// Copyright the Islet authors. AGPL-3.0-or-later.
// What is signed, sealed, kept and anchored.
import * as Ask from '../../dist/Ask.js';
import * as AskAnswer from '../../dist/AskAnswer.js';
import * as Batch from '../../dist/Batch.js';
import * as Bundle from '../../dist/Bundle.js';
import * as Calendar from '../../dist/Calendar.js';
import * as Content from '../../dist/Content.js';
import { decode, encode } from '../../dist/codec.js';
import { toHex } from '../../dist/crypto/bytes.js';
import { sha256 } from '../../dist/crypto/hash.js';
import * as Ed25519 from '../../dist/crypto/ed25519.js';
import { addressOf } from '../../dist/crypto/secp256k1.js';
import * as Hpke from '../../dist/crypto/hpke.js';
import * as Xwing from '../../dist/crypto/xwing.js';
import * as Devices from '../../dist/Devices.js';
import * as Emergency from '../../dist/Emergency.js';
import * as Epoch from '../../dist/Epoch.js';
import * as ErasureReceipt from '../../dist/ErasureReceipt.js';
import * as GrantKeys from '../../dist/GrantKeys.js';
import * as Head from '../../dist/Head.js';
import * as KeyTree from '../../dist/KeyTree.js';
import * as Message from '../../dist/Message.js';
import * as Readings from '../../dist/Readings.js';
import * as Receipt from '../../dist/Receipt.js';
import * as Release from '../../dist/Release.js';
import * as RoleKey from '../../dist/RoleKey.js';
import * as Segment from '../../dist/Segment.js';
import * as Shares from '../../dist/Shares.js';
import { encodeSigned } from '../../dist/signed.js';
import { kinds } from '../../dist/wire/Stated.js';
import { messages } from './keys.mjs';
import { arrows, readings, report, summary } from './readings.mjs';
import { account, day, drawn, grantId, recorded, rootSeed, seed, stream } from './seeds.mjs';

const gatewaySeed = seed('gateway');
const custodianSeeds = [1, 2, 3].map((i) => seed(`custodian ${i} key of the day`));
const daySeed = KeyTree.keySeed(KeyTree.leaf([KeyTree.root(rootSeed, 0, stream)], day), 'xwing');

/** One epoch with a segment, shares, a calendar, a head, a batch and a release: every record of one reading's life. */
export async function life() {
  const gateway = await Ed25519.fromSeed(gatewaySeed);
  const opened = recorded('epoch');
  const about = { account, stream, day, openedAt: 1_767_225_600_000, revision: 0 };
  const { epoch, secrets } = await Epoch.create(about, Xwing.publicKeyOf(daySeed), gateway, opened.random);
  const sealed = recorded('segment');
  const place = { chain: drawn('chain')(16), number: 1, previous: Segment.genesis, cites: [], sealedAt: 1_767_225_601_000 };
  const plaintext = await Content.encodeReadings(readings.slice(0, 1));
  const segment = await Segment.seal(epoch, secrets.contentKey, place, plaintext, gateway, sealed.random);
  const cites = [{ chain: drawn('older chain')(16), number: 7, hash: seed('older tip') }];
  const next = { ...place, number: 2, previous: segment.hash, cites, sealedAt: place.sealedAt + 1 };
  const again = recorded('second segment');
  const second = await Segment.seal(epoch, secrets.contentKey, next, plaintext, gateway, again.random);
  const keys = await Promise.all(custodianSeeds.map(Hpke.publicKeyOf));
  const shares = await Shares.create(epoch, secrets.lockSecret, { version: 1, threshold: 2, keys }, gateway);
  return { about, epoch, secrets, place, next, plaintext, segment, second, shares, opened, sealed, again };
}

export async function all() {
  const made = await life();
  return [
    {
      file: 'readings',
      about: 'A run of readings: sources once, in the order of their first use; times as differences in ms; each row [kind, source, difference, offset, said, id, …its own]. Version 2, where any glucose has an arrow: each row of glucose ends with it, or null.',
      cases: [
        bytesOf('one of every kind', { readings }, Readings.encodeRun(readings)),
        bytesOf('none', { readings: [] }, Readings.encodeRun([])),
        bytesOf('an arrow on one of two: version 2', { readings: arrows }, Readings.encodeRun(arrows)),
      ],
    },
    {
      file: 'content',
      about: 'A segment’s plaintext: one byte for readings (0), a summary (1) or a report (2), one for stored (0) or raw DEFLATE (1), then the run, summary or report. Compressors differ: what is deflated need only be read.',
      cases: [
        bytesOf('readings, stored', { readings: readings.slice(0, 2) }, await Content.encodeReadings(readings.slice(0, 2))),
        bytesOf('a summary', { summary }, await Content.encodeSummary(summary)),
        bytesOf('a report', { report }, await Content.encodeReport(report)),
        { ...bytesOf('readings, deflated', { readings: readings.concat(readings) }, await Content.encodeReadings(readings.concat(readings))), decodeOnly: true },
      ],
    },
    {
      file: 'summary',
      about: 'The summary of one stream day or week: the sensor’s interval in minutes and parts [index, [n, sum, sum of squares, very low, low, in range, high, very high, tight]], none below 3 readings.',
      cases: [bytesOf('a day', { summary }, (await Content.encodeSummary(summary)).slice(2))],
    },
    {
      file: 'report',
      about: 'The report of 14 stream days: the sensor’s interval in minutes, days with readings, counts as in a summary, and for each hour of the stream day [hour, [[bin, count], …]], bins of 10 mg/dL, the last from 600 on.',
      cases: [bytesOf('a report', { report }, (await Content.encodeReport(report)).slice(2))],
    },
    ...(await ofEpochs(made)),
    ...(await ofCustodians()),
    ...(await ofBatches(made)),
    ...ofWallets(),
  ];
}

const bytesOf = (name, input, bytes, gives) => ({ name, input, bytes, ...(gives && { gives }) });

async function ofEpochs({ about, epoch, secrets, place, next, plaintext, segment, second, shares, opened, sealed, again }) {
  const lateSeed = KeyTree.lateSeed(KeyTree.root(rootSeed, 0, stream), 'xwing');
  const lateDraws = recorded('late epoch');
  const late = await Epoch.create(
    { ...about, day: null, revision: 0 },
    Xwing.publicKeyOf(lateSeed),
    await Ed25519.fromSeed(gatewaySeed),
    lateDraws.random,
  );
  const segmentOf = (s, at, draws) => ({
    input: { epoch: epoch.bytes, contentKey: secrets.contentKey, place: at, plaintext, gatewaySeed, draws },
    gives: { hash: s.hash, leaf: Segment.leaf(s) },
  });
  return [
    {
      file: 'epoch',
      about: 'The header of one content key behind two locks. Drawn in this order: 64 bytes for X-Wing, 32 lock secret, 16 id.',
      cases: [
        bytesOf('of a day', { about, daySeed, gatewaySeed, draws: opened.draws }, epoch.bytes, { ...secrets, hash: epoch.hash }),
        bytesOf(
          'late',
          { about: { ...about, day: null }, daySeed: lateSeed, gatewaySeed, draws: lateDraws.draws },
          late.epoch.bytes,
          { ...late.secrets, hash: late.epoch.hash },
        ),
      ],
    },
    {
      file: 'segment',
      about: 'Readings sealed under an epoch’s content key, padded, as one link of a writer chain. Drawn: the 32 bytes of the blind.',
      cases: [
        { name: 'the first of a chain', bytes: segment.bytes, ...segmentOf(segment, place, sealed.draws) },
        { name: 'the second, citing an older chain', bytes: second.bytes, ...segmentOf(second, next, again.draws) },
      ],
    },
    {
      file: 'segment-header',
      about: 'The clear part of a segment with its signature: what its hash and its leaf are of.',
      cases: [segment, second].map((s, i) => ({
        name: i === 0 ? 'the first of a chain' : 'the second, citing an older chain',
        input: { segment: s.bytes },
        bytes: s.headerBytes,
        gives: { header: s.header, hash: s.hash, leaf: Segment.leaf(s) },
      })),
    },
    {
      file: 'shares',
      about: 'The lock secret of an epoch dealt to custodians’ X25519 keys (given by their HPKE seeds). Nothing is drawn: all follows from the lock secret.',
      cases: [
        bytesOf(
          'two of three',
          { epoch: epoch.bytes, lockSecret: secrets.lockSecret, version: 1, threshold: 2, custodianSeeds, gatewaySeed },
          shares.bytes,
          { shares: await Promise.all(custodianSeeds.map((s, i) => Shares.openOwn(shares, epoch, i + 1, s))) },
        ),
      ],
    },
    {
      file: 'reshared',
      about: 'Shares that the wallet dealt to a later set of custodians: a record as islet/shares, and its signed Statement of kind dealer about the SHA-256 of the dealer’s key.',
      cases: [await dealtAnew(epoch, secrets.lockSecret)],
    },
  ];
}

async function dealtAnew(epoch, lockSecret) {
  const [dealerSeed, signerKey] = [seed('dealer'), seed('patient signer')];
  const dealer = await Ed25519.fromSeed(dealerSeed);
  const keys = await Promise.all(custodianSeeds.map(Hpke.publicKeyOf));
  const dealt = await Shares.create(epoch, lockSecret, { version: 2, threshold: 2, keys }, dealer);
  const hash = sha256(dealer.publicKey);
  const place = { chain: 31_337n, target: seed('identity contract').slice(0, 20) };
  const message = { ...place, account, kind: kinds.dealer, hash, version: 1_767_225_600_000 };
  const made = Shares.reshared(dealt, Message.sign(Message.statement, message, signerKey));
  const input = { epoch: epoch.bytes, lockSecret, version: 2, threshold: 2, custodianSeeds, dealerSeed, signerKey, ...place };
  return bytesOf('to the set after', input, made.bytes, { dealer: dealer.publicKey, hash });
}

async function ofCustodians() {
  const signingSeed = seed('custodian 1 signing');
  const signer = await Ed25519.fromSeed(signingSeed);
  const relayKey = seed('relay key');
  const erased = { erasureId: seed('erasure'), account, scopeHash: seed('scope'), firstDay: day, lastDay: day + 13, at: 1_767_230_000_000 };
  const receipt = { role: 'custodian', keeper: signer.publicKey, custodian: 1, ...erased, dropped: [['secrets', 2]] };
  const hubReceipt = { role: 'hub', keeper: addressOf(relayKey), custodian: 0, ...erased, dropped: [['segments', 14], ['epochs', 14], ['shares', 14]] };
  const custodianRoot = seed('custodian 1 secret');
  const about = { custodian: 1, account, stream };
  const bundle = await Bundle.custodianKeys(KeyTree.root(custodianRoot, 0, stream), about, day, 3);
  const note = {
    requestId: seed('request'),
    custodian: 1,
    epochs: [seed('epoch hash 1'), seed('epoch hash 2')],
    blockNumber: 42,
    blockHash: seed('block'),
    at: 1_767_230_000_000,
  };
  const oneTimeSeed = seed('one-time');
  const ephemeralSeed = seed('ephemeral');
  const shares = [drawn('share 1')(33), drawn('share 2')(33)];
  const oneTimeKey = await Hpke.publicKeyOf(oneTimeSeed);
  const bytes = await Release.seal(note, shares, oneTimeKey, signer, ephemeralSeed);
  const outer = decode('islet/sealed-release', 1, bytes);
  const box = { encapsulated: outer.bytes(32), ciphertext: outer.bytes() };
  const inner = await Hpke.open(oneTimeSeed, new TextEncoder().encode('islet/release/v1'), note.requestId, box);
  const input = { note, shares, signingSeed, oneTimeSeed, ephemeralSeed };
  return [
    {
      file: 'custodian-keys',
      about: 'A custodian’s public X25519 keys for a run of days of one patient and stream, and the late key, signed with Ed25519. The root is that of the custodian’s own tree, generation 0.',
      cases: [
        bytesOf('three days', { ...about, seed: custodianRoot, firstDay: day, days: 3, signingSeed }, await Bundle.signCustodianKeys(bundle, signer)),
      ],
    },
    {
      file: 'release-note',
      about: 'A custodian’s signed word on what it released.',
      cases: [bytesOf('two epochs', { note, signingSeed }, await Release.signNote(note, signer))],
    },
    {
      file: 'erasure-receipt',
      about: 'A keeper’s signed word that its part of an erasure is done. Custodians and gateways sign with Ed25519, a hub with its relay key (secp256k1), all the same digest.',
      cases: [
        bytesOf('a custodian', { receipt, signingSeed }, await ErasureReceipt.sign(receipt, signer)),
        bytesOf('a hub', { receipt: hubReceipt, relayKey }, ErasureReceipt.signAsHub(hubReceipt, relayKey)),
      ],
    },
    {
      file: 'release',
      about: 'What a reader gets: the note, the shares in the note’s order, and a signature over both. Travels sealed (see sealed-release).',
      cases: [bytesOf('two shares', input, inner)],
    },
    {
      file: 'sealed-release',
      about: 'A release sealed with HPKE to the request’s one-time key, the request id as associated data.',
      cases: [bytesOf('two shares', input, bytes, { oneTimeKeyHash: Release.oneTimeKeyHash(oneTimeKey), followKeyHash: Release.followKeyHash(oneTimeKey) })],
    },
  ];
}

async function ofBatches({ segment, second }) {
  const gateway = await Ed25519.fromSeed(gatewaySeed);
  const calendar = Calendar.empty();
  const entries = [
    [0, { closed: null, open: [] }],
    [day - 40, { closed: seed('compact'), open: [] }],
    [day, { closed: null, open: [segment.hash, second.hash] }],
    [day + 1, { closed: seed('summary'), open: [seed('open')] }],
  ];
  for (const [at, entry] of entries) Calendar.set(calendar, at, entry);
  const { root, fresh } = Calendar.nodes(calendar);
  const nodes = [...fresh.values()];
  const statement = {
    ...{ account, stream, gateway: gateway.publicKey, blind: seed('head blind'), at: 1_767_225_700_000 },
    ...{ calendar: root, late: [seed('late')], tip: { chain: second.header.chain, number: 2, hash: second.hash } },
  };
  const head = await Head.create(statement, gateway);
  const bare = { ...statement, calendar: new Uint8Array(32), late: [], tip: null };
  const emptyHead = await Head.create(bare, gateway);
  const key = Head.mapKey(account, stream, gateway.publicKey);
  const hub = seed('hub').slice(0, 20);
  const leaves = [Segment.leaf(segment), Segment.leaf(second), ...[3, 4, 5].map((i) => seed(`leaf ${i}`))];
  const map = [{ key, headHash: head.hash }, ...[1, 2].map((i) => ({ key: seed(`key ${i}`), headHash: seed(`head ${i}`) }))];
  const batch = Batch.build(hub, 9, leaves, map);
  const receipts = leaves.map((_, i) => Receipt.ofLeaf(batch, i));
  const proofs = batch.batch.map.map((_, i) => Receipt.ofHead(batch, i));
  const alone = Receipt.ofLeaf(Batch.build(hub, 1, [leaves[0]], []), 0);
  return [
    {
      file: 'calendar',
      about: 'A stream’s calendar as nodes of hashes: pages of 32 days, 64 pages a middle node, 64 of those under the root. `bytes` is the first page.',
      cases: [bytesOf('four days', { entries }, nodes[0], { root, nodes: nodes.map((bytes) => ({ hash: Calendar.hashOf(bytes), bytes })) })],
    },
    {
      file: 'head',
      about: 'What a gateway states of a stream at a time. `mapKey` is its place in a batch’s map.',
      cases: [
        bytesOf('with a calendar and a tip', { statement, gatewaySeed }, head.bytes, { hash: head.hash, mapKey: key }),
        bytesOf('of an empty stream', { statement: bare, gatewaySeed }, emptyHead.bytes, { hash: emptyHead.hash, mapKey: key }),
      ],
    },
    {
      file: 'batch',
      about: 'Leaves and a map of heads (sorted by key) under one root: two RFC 9162 trees, bound with hub, number and both sizes.',
      cases: [
        { name: 'five leaves and three heads', input: { hub, number: 9, leaves, map }, gives: { root: batch.root, sortedKeys: batch.batch.map.map((e) => e.key) } },
        { name: 'nothing', input: { hub, number: 1, leaves: [], map: [] }, gives: { root: Batch.build(hub, 1, [], []).root, sortedKeys: [] } },
      ],
    },
    {
      file: 'receipt',
      about: 'A leaf’s proof of inclusion in a batch; `root` is what leaf and receipt lead to, to be compared with the chain’s.',
      cases: [
        ...receipts.map((receipt, i) => bytesOf(`leaf ${i} of five`, { receipt }, Receipt.encodeReceipt(receipt), { leaf: leaves[i], root: batch.root })),
        bytesOf('the only leaf', { receipt: alone }, Receipt.encodeReceipt(alone), { leaf: leaves[0], root: Batch.build(hub, 1, [leaves[0]], []).root }),
      ],
    },
    {
      file: 'head-proof',
      about: 'A head’s proof of inclusion in a batch’s map.',
      cases: proofs.map((proof, i) => bytesOf(`head ${i} of three`, { proof }, Receipt.encodeHeadProof(proof), { entry: batch.batch.map[i], root: batch.root })),
    },
  ];
}

function ofWallets() {
  const grantDraws = recorded('grant keys');
  const readerSeed = seed('reader');
  const streams = ['glucose/raw', 'glucose/day'];
  const salt = seed('salt');
  const granted = { salt, purpose: 'treatment', streams: GrantKeys.derive(rootSeed, 0, streams, day, day + 13) };
  const sealed = GrantKeys.seal(granted, grantId, Xwing.publicKeyOf(readerSeed), grantDraws.random);
  const reasonDraws = recorded('emergency');
  const reason = { salt: seed('reason salt'), text: 'Found unconscious – no companion.' };
  const sealedReason = Emergency.seal(reason, Xwing.publicKeyOf(seed('patient')), reasonDraws.random);
  const roleDraws = recorded('role key');
  const roleAndReader = { role: seed('role'), reader: seed('reader account') };
  const roleKey = RoleKey.seal(roleAndReader, seed('role seed'), Xwing.publicKeyOf(readerSeed), roleDraws.random);
  const asking = {
    reader: seed('reader account'),
    terms: {
      ...{ streams: ['glucose/report', 'glucose/day'], firstDay: day, lastDay: day + 55, rollingDays: 28 },
      ...{ notBefore: 1_767_225_600_000, expiresAt: 1_769_817_600_000, purpose: 'treatment', maxUses: 5, emergency: false },
      hours: { weekdays: 31, fromMinute: 480, toMinute: 930, offsetMinutes: -300 },
    },
    why: 'Für Ihren Termin am 3. Februar.',
  };
  const askPlace = { asker: seed('reader account'), patient: account, id: seed('ask'), deadline: 1_768_435_200_000 };
  const askDraws = recorded('ask');
  const sealedAsk = Ask.seal(asking, askPlace, Xwing.publicKeyOf(seed('patient')), askDraws.random);
  const answers = [
    ['granted', { grantId, word: null }],
    ['declined, with a word', { grantId: null, word: 'Nicht vor dem Termin.' }],
  ];
  const about = { account, stream, generation: 0, dayOffsetMinutes: 60 };
  const bundle = Bundle.streamKeys(KeyTree.root(rootSeed, 0, stream), about, day, 2);
  const devices = [
    { id: 'phone', name: 'xDrip on my phone', may: 'write', secretHash: seed('secret 1'), sha1Hash: seed('sha 1'), zone: 'Europe/Berlin' },
    { id: 'watch', name: 'Uhr ⌚', may: 'read', secretHash: seed('secret 2'), sha1Hash: seed('sha 2') },
    { id: 'loop', name: 'Loop', may: 'both', secretHash: seed('secret 3'), sha1Hash: seed('sha 3'), streams: ['glucose/raw', 'carbs/raw'] },
  ];
  const nodes = granted.streams.map((s) => [s.stream, s.nodes.map((n) => [n.depth, n.index, n.key])]);
  return [
    {
      file: 'grant-keys',
      about: 'What travels with a grant: salt, purpose, and the tree nodes of each stream. `bytes` is the plaintext; `sealed` the X-Wing box for the reader, context islet/grant-keys/v1 and the grant’s id.',
      cases: [
        bytesOf(
          'two streams, a fortnight',
          { keys: granted, grantId, readerSeed, draws: grantDraws.draws },
          encode('islet/grant-keys', 1, [salt, granted.purpose, nodes]),
          { sealed, hash: GrantKeys.hashOf(sealed) },
        ),
      ],
    },
    {
      file: 'emergency-reason',
      about: 'Why someone broke the glass. `bytes` is the plaintext; `sealed` the X-Wing box for the patient, context islet/emergency-reason/v1 and the statement, which is the hash on chain.',
      cases: [
        bytesOf(
          'a reason',
          { reason, patientSeed: seed('patient'), draws: reasonDraws.draws },
          encode('islet/emergency-reason', 1, [reason.salt, reason.text]),
          { statement: Emergency.statementOf(reason), sealed: sealedReason },
        ),
      ],
    },
    {
      file: 'ask',
      about: 'What someone asks of a patient: who is to read, the terms of the grant in the order of `Terms`, and why in their own words.',
      cases: [bytesOf('a visit', asking, Ask.encodeAsk(asking))],
    },
    {
      file: 'sealed-ask',
      about: 'An ask on its way: asker, patient, id, deadline, and the ask padded as in `padding` and boxed for the patient, context islet/ask/v1 and the four before. The asker’s account signs a Statement of kind `ask` about its SHA-256.',
      cases: [
        bytesOf(
          'a visit',
          { ask: asking, place: askPlace, patientSeed: seed('patient'), draws: askDraws.draws },
          Ask.encodeSealed(sealedAsk),
        ),
      ],
    },
    {
      file: 'ask-answer',
      about: 'What the patient says: the id of what was granted, or null; a word to it, or null.',
      cases: answers.map(([title, answer]) => bytesOf(title, answer, AskAnswer.encodeAnswer(answer))),
    },
    {
      file: 'sealed-ask-answer',
      about: 'An answer on its way: asker, patient, the ask’s id, and the answer padded and boxed for the asker, context islet/ask-answer/v1 and the three before. The patient’s account signs a Statement of kind `askAnswer` about its SHA-256.',
      cases: answers.map(([title, answer]) => {
        const { draws, random } = recorded(`answer ${title}`);
        const of = { asker: askPlace.asker, patient: account, id: askPlace.id };
        const sealed = AskAnswer.seal(answer, of, Xwing.publicKeyOf(seed('reader')), random);
        return bytesOf(title, { answer, of, askerSeed: seed('reader'), draws }, AskAnswer.encodeSealed(sealed));
      }),
    },
    {
      file: 'role-key',
      about: 'A role’s X-Wing seed, boxed for one person who holds the role with context islet/role-key/v1, role and person. The organisation’s admin signs a Statement about its SHA-256. `place` is the name a hub keeps it under.',
      cases: [
        bytesOf(
          'one',
          { ...roleAndReader, seed: seed('role seed'), readerSeed, draws: roleDraws.draws },
          RoleKey.encodeRoleKey(roleKey),
          { place: RoleKey.placeOf(roleAndReader.role, roleAndReader.reader) },
        ),
      ],
    },
    {
      file: 'stream-keys',
      about: 'The patient’s public X-Wing keys for a run of days, and the late key. The wallet signs a Statement about their SHA-256.',
      cases: [bytesOf('two days', { ...about, seed: rootSeed, firstDay: day, days: 2 }, Bundle.encodeStreamKeys(bundle), { hash: Bundle.hashOf(Bundle.encodeStreamKeys(bundle)) })],
    },
    {
      file: 'devices',
      about: 'The person’s own devices and what each may: 0 write, 1 read, 2 both; the last field lists the streams it may follow, null for all. Hashes are SHA-256 of the secret’s text, and of the hexadecimal text of its SHA-1.',
      cases: [bytesOf('three', { account, devices }, Devices.encodeDevices({ account, devices })), bytesOf('none', { account, devices: [] }, Devices.encodeDevices({ account, devices: [] }))],
    },
    {
      file: 'signed',
      about: 'A signed message for the way between parts: its name, its fields in order (uint256 as hexadecimal text), signer, signature.',
      cases: messages().map(({ name, input, gives: { signer, signature } }) => ({
        name,
        input: { ...input, signer, signature },
        bytes: encodeSigned(structOf(input.kind), { message: input.message, signer, signature }),
      })),
    },
  ];
}

const structOf = (kind) => Object.values(Message).find((s) => s?.name === kind && s.fields);
export { bytesOf, structOf, toHex };
