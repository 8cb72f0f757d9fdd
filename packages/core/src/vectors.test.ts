// Copyright the Islet authors. AGPL-3.0-or-later.
// The published vectors (packages/core/vectors): every format's encoder gives exactly those bytes, its decoder the input.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as AskOf from './Ask.js';
import * as AskAnswer from './AskAnswer.js';
import * as Batch from './Batch.js';
import * as Bundle from './Bundle.js';
import * as Calendar from './Calendar.js';
import * as Circle from './Circle.js';
import * as Content from './Content.js';
import { decode, encode } from './codec.js';
import { concat, equal, fromHex, toHex, utf8 } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import { domainHash, sha256 } from './crypto/hash.js';
import * as Hpke from './crypto/hpke.js';
import * as P256 from './crypto/p256.js';
import { combine, deal } from './crypto/shamir.js';
import { structHash, typeString } from './crypto/typedData.js';
import * as WebAuthn from './crypto/webAuthn.js';
import * as Xwing from './crypto/xwing.js';
import * as Devices from './Devices.js';
import * as Emergency from './Emergency.js';
import * as Epoch from './Epoch.js';
import * as GrantKeys from './GrantKeys.js';
import * as Guardians from './Guardians.js';
import * as Head from './Head.js';
import * as KeyTree from './KeyTree.js';
import * as Message from './Message.js';
import * as Padding from './Padding.js';
import * as PasskeyBackup from './PasskeyBackup.js';
import * as Readings from './Readings.js';
import * as Receipt from './Receipt.js';
import * as Release from './Release.js';
import * as RoleKey from './RoleKey.js';
import * as SeedShares from './SeedShares.js';
import * as Segment from './Segment.js';
import * as Shares from './Shares.js';
import * as Stream from './Stream.js';
import { encodeSigned, parseSigned } from './signed.js';
import {
  type Case,
  casesOf,
  codecs,
  files,
  messageOf,
  replayed,
  structOf,
  textOf,
} from './vectors.testkit.js';
import * as Wrapped from './Wrapped.js';
import * as Ask from './wire/Ask.js';
import { kinds } from './wire/Stated.js';

/** What a case's input makes: its bytes, and what it says it gives. And that its bytes give the input back. */
type Check = (
  c: Case,
) => Promise<{ bytes?: Uint8Array; gives?: unknown }> | { bytes?: Uint8Array; gives?: unknown };

/** Encoder and decoder are one pair, and the input is what they take. */
const direct =
  (file: string, of: (input: Case['input']) => unknown = (input) => input): Check =>
  async ({ input, bytes }) => {
    expect(await codecs[file]!.decode(bytes)).toEqual(of(input));
    return { bytes: await codecs[file]!.encode(of(input)) };
  };

const inContext = (grantId: Uint8Array) => new Uint8Array([...utf8('islet/grant-keys/v1'), ...grantId]);

const checks: Record<string, Check> = {
  'domain-hash': ({ input }) => ({ gives: { hash: domainHash(input.domain, ...input.parts) } }),
  'key-tree': async ({ input: { seed, generation, stream, firstDay, lastDay } }) => {
    const root = KeyTree.root(seed, generation, stream);
    const cover = KeyTree.cover(root, firstDay, lastDay);
    const days = [firstDay, lastDay].map((day: number) => {
      const leaf = KeyTree.leaf(cover, day)!;
      return { day, leaf, xwing: KeyTree.keySeed(leaf, 'xwing'), hpke: KeyTree.keySeed(leaf, 'hpke') };
    });
    const publicKeysOfFirstDay = {
      xwingSha256: sha256(Xwing.publicKeyOf(days[0]!.xwing)),
      hpke: await Hpke.publicKeyOf(days[0]!.hpke),
    };
    const late = { xwing: KeyTree.lateSeed(root, 'xwing'), hpke: KeyTree.lateSeed(root, 'hpke') };
    return { gives: { root: root.key, cover, days, late, publicKeysOfFirstDay } };
  },
  'stream-codes': ({ input: { salt, stream, purpose } }) => ({
    gives: { streamCode: Stream.code(salt, stream), purposeCode: Stream.purposeCode(salt, purpose) },
  }),
  'emergency-reason': ({ input: { reason, patientSeed, draws }, bytes, gives }) => {
    const statement = Emergency.statementOf(reason);
    expect(Emergency.open(gives.sealed, statement, patientSeed)).toEqual(reason);
    const sealed = Emergency.seal(reason, Xwing.publicKeyOf(patientSeed), replayed(draws));
    const context = new Uint8Array([...utf8('islet/emergency-reason/v1'), ...statement]);
    expect(Xwing.open(patientSeed, context, sealed)).toEqual(bytes);
    return { bytes, gives: { statement, sealed } };
  },
  ask: direct('ask'),
  'sealed-ask': ({ input: { ask, place, patientSeed, draws }, bytes }) => {
    const sealed = AskOf.seal(ask, place, Xwing.publicKeyOf(patientSeed), replayed(draws));
    expect(AskOf.open(AskOf.parseSealed(bytes), patientSeed)).toEqual(ask);
    return { bytes: AskOf.encodeSealed(sealed) };
  },
  'ask-answer': direct('ask-answer'),
  'sealed-ask-answer': ({ input: { answer, of, askerSeed, draws }, bytes }) => {
    const sealed = AskAnswer.seal(answer, of, Xwing.publicKeyOf(askerSeed), replayed(draws));
    expect(AskAnswer.open(AskAnswer.parseSealed(bytes), askerSeed)).toEqual(answer);
    return { bytes: AskAnswer.encodeSealed(sealed) };
  },
  asks: direct('asks', ({ list }) => list),
  'role-key': ({ input: { role, reader, seed, readerSeed, draws }, bytes }) => {
    const key = RoleKey.seal({ role, reader }, seed, Xwing.publicKeyOf(readerSeed), replayed(draws));
    expect(RoleKey.parseRoleKey(bytes)).toEqual(key);
    expect(RoleKey.open(key, readerSeed)).toEqual(seed);
    return { bytes: RoleKey.encodeRoleKey(key), gives: { place: RoleKey.placeOf(role, reader) } };
  },
  'circle-id': ({ input: { circle } }) => ({ gives: { id: Circle.idOf(circle) } }),
  'statement-kinds': ({ input }) => ({ gives: { kind: kinds[input.name as keyof typeof kinds] } }),
  shamir: async ({ input: { secret, seed, threshold, n }, gives }) => {
    expect(equal(await combine(gives.shares.slice(-threshold)), secret)).toBe(true);
    return { gives: { shares: deal(secret, seed, threshold, n) } };
  },
  'x-wing-box': ({ input: { seed, context, plaintext, draws }, gives }) => {
    expect(Xwing.open(seed, context, gives.sealed)).toEqual(plaintext);
    return { gives: { sealed: Xwing.seal(Xwing.publicKeyOf(seed), context, plaintext, replayed(draws)) } };
  },
  padding: ({ input: { length } }) => {
    const padded = Padding.pad(Uint8Array.from({ length }, (_, i) => i));
    return { gives: { paddedLength: padded.length, sha256: sha256(padded) } };
  },
  message: ({ input: { kind, message: plain, secretKey }, gives }) => {
    const struct = structOf(kind);
    const message = messageOf(struct, plain);
    const { signer, signature } = Message.sign(struct, message, secretKey);
    expect(Message.verify(struct, { message, signer: gives.signer, signature: gives.signature })).toBe(true);
    const digest = Message.digestOf(struct, message);
    return {
      gives: { type: typeString(struct), structHash: structHash(struct, message), digest, signer, signature },
    };
  },
  signed: ({ input: { kind, message: plain, signer, signature }, bytes }) => {
    const struct = structOf(kind);
    const signed = { message: messageOf(struct, plain), signer, signature };
    expect(parseSigned(struct, bytes)).toEqual(signed);
    return { bytes: encodeSigned(struct, signed) };
  },
  readings: direct('readings', ({ readings }) => readings),
  content: async ({ input, bytes, decodeOnly }) => {
    const content = await Content.parse(bytes);
    const [kind] = Object.keys(input);
    expect(content).toEqual({ kind, ...input });
    if (decodeOnly) return { bytes };
    if (kind === 'report') return { bytes: await Content.encodeReport(input.report) };
    return {
      bytes: await (kind === 'readings'
        ? Content.encodeReadings(input.readings)
        : Content.encodeSummary(input.summary)),
    };
  },
  summary: async ({ input: { summary }, bytes }) => {
    expect(await Content.parse(new Uint8Array([1, 0, ...bytes]))).toEqual({ kind: 'summary', summary });
    return { bytes: (await Content.encodeSummary(summary)).slice(2) };
  },
  report: async ({ input: { report }, bytes }) => {
    expect(await Content.parse(new Uint8Array([2, 0, ...bytes]))).toEqual({ kind: 'report', report });
    return { bytes: (await Content.encodeReport(report)).slice(2) };
  },
  epoch: async ({ input: { about, daySeed, gatewaySeed, draws }, bytes, gives }) => {
    const parsed = Epoch.parse(bytes);
    expect(parsed.header).toMatchObject(about);
    expect(await Epoch.verify(parsed)).toBe(true);
    expect(Epoch.open(parsed, daySeed, gives.lockSecret)).toEqual(gives.contentKey);
    const signer = await Ed25519.fromSeed(gatewaySeed);
    const made = await Epoch.create(about, Xwing.publicKeyOf(daySeed), signer, replayed(draws));
    return { bytes: made.epoch.bytes, gives: { ...made.secrets, hash: made.epoch.hash } };
  },
  segment: async ({ input, bytes }) => {
    const epoch = Epoch.parse(input.epoch);
    const parsed = Segment.parse(bytes);
    expect(parsed.header).toMatchObject(input.place);
    expect(await Segment.verify(parsed)).toBe(true);
    expect(Segment.open(parsed, epoch, input.contentKey)).toEqual(input.plaintext);
    const signer = await Ed25519.fromSeed(input.gatewaySeed);
    const { place, contentKey, plaintext, draws } = input;
    const made = await Segment.seal(epoch, contentKey, place, plaintext, signer, replayed(draws));
    return { bytes: made.bytes, gives: { hash: made.hash, leaf: Segment.leaf(made) } };
  },
  'segment-header': ({ input, bytes }) => {
    const { header, hash } = Segment.parseHeader(bytes);
    const segment = Segment.parse(input.segment);
    return { bytes: segment.headerBytes, gives: { header, hash, leaf: Segment.leaf(segment) } };
  },
  shares: async ({
    input: { epoch, lockSecret, version, threshold, custodianSeeds, gatewaySeed },
    bytes,
  }) => {
    const of = Epoch.parse(epoch);
    const parsed = Shares.parse(bytes);
    const keys: Uint8Array[] = await Promise.all(custodianSeeds.map(Hpke.publicKeyOf));
    expect(await Shares.verify(parsed, of)).toBe(true);
    expect(await Shares.rederives(parsed, of, lockSecret, keys)).toBe(true);
    const shares = await Promise.all(
      custodianSeeds.map((seed: Uint8Array, i: number) => Shares.openOwn(parsed, of, i + 1, seed)),
    );
    expect(await combine(shares.slice(1))).toEqual(lockSecret);
    const signer = await Ed25519.fromSeed(gatewaySeed);
    const made = await Shares.create(of, lockSecret, { version, threshold, keys }, signer);
    return { bytes: made.bytes, gives: { shares } };
  },
  reshared: async ({
    input: { epoch, lockSecret, version, threshold, custodianSeeds, dealerSeed, signerKey, chain, target },
    bytes,
  }) => {
    const of = Epoch.parse(epoch);
    const { account } = of.header;
    const keys: Uint8Array[] = await Promise.all(custodianSeeds.map(Hpke.publicKeyOf));
    const dealer = await Ed25519.fromSeed(dealerSeed);
    const hash = sha256(dealer.publicKey);
    const message = {
      chain: BigInt(chain),
      target,
      account,
      kind: kinds.dealer,
      hash,
      version: 1_767_225_600_000,
    };
    const naming = Message.sign(Message.statement, message, signerKey);
    const dealt = await Shares.create(of, lockSecret, { version, threshold, keys }, dealer);
    const here = { chainId: Number(chain), identity: target };
    const parsed = Shares.parse(bytes);
    expect(Shares.mayDeal(parsed, of, here, (signer) => equal(signer, naming.signer))).toBe(true);
    expect(await Shares.verify(parsed, of)).toBe(true);
    return { bytes: Shares.reshared(dealt, naming).bytes, gives: { dealer: dealer.publicKey, hash } };
  },
  'custodian-keys': async ({ input, bytes }) => {
    const { seed, firstDay, days, signingSeed, ...about } = input;
    const signer = await Ed25519.fromSeed(signingSeed);
    const bundle = await Bundle.custodianKeys(KeyTree.root(seed, 0, about.stream), about, firstDay, days);
    expect(await Bundle.parseCustodianKeys(bytes, signer.publicKey)).toEqual(bundle);
    return { bytes: await Bundle.signCustodianKeys(bundle, signer) };
  },
  'stream-keys': ({ input: { seed, firstDay, days, ...about }, bytes }) => {
    const root = KeyTree.root(seed, about.generation, about.stream);
    const bundle = Bundle.streamKeys(root, about, firstDay, days);
    expect(Bundle.parseStreamKeys(bytes)).toEqual(bundle);
    return { bytes: Bundle.encodeStreamKeys(bundle), gives: { hash: Bundle.hashOf(bytes) } };
  },
  'erasure-receipt': direct('erasure-receipt', ({ receipt }) => receipt),
  'erasure-scope': direct('erasure-scope'),
  'erasure-handover': direct('erasure-handover'),
  'erasure-done': direct('erasure-done'),
  'release-note': async ({ input: { note, signingSeed }, bytes }) => {
    const signer = await Ed25519.fromSeed(signingSeed);
    expect(await Release.parseNote(bytes, signer.publicKey)).toEqual(note);
    return { bytes: await Release.signNote(note, signer) };
  },
  release: async ({ input }) => {
    const outer = decode('islet/sealed-release', 1, await sealedRelease(input));
    const sealed = { encapsulated: outer.bytes(32), ciphertext: outer.bytes() };
    const { requestId } = input.note;
    return { bytes: (await Hpke.open(input.oneTimeSeed, utf8('islet/release/v1'), requestId, sealed))! };
  },
  'sealed-release': async ({ input, bytes }) => {
    const { publicKey } = await Ed25519.fromSeed(input.signingSeed);
    const opened = await Release.open(bytes, input.note.requestId, input.oneTimeSeed, publicKey);
    expect(opened).toMatchObject({ note: input.note, shares: input.shares });
    const key = await Hpke.publicKeyOf(input.oneTimeSeed);
    const gives = { oneTimeKeyHash: Release.oneTimeKeyHash(key), followKeyHash: Release.followKeyHash(key) };
    return { bytes: await sealedRelease(input), gives };
  },
  'grant-keys': ({ input: { keys, grantId, readerSeed, draws }, gives }) => {
    expect(GrantKeys.open(gives.sealed, grantId, readerSeed)).toEqual(keys);
    const sealed = GrantKeys.seal(keys, grantId, Xwing.publicKeyOf(readerSeed), replayed(draws));
    const bytes = Xwing.open(readerSeed, inContext(grantId), sealed)!;
    return { bytes, gives: { sealed, hash: GrantKeys.hashOf(sealed) } };
  },
  devices: direct('devices'),
  calendar: ({ input, gives }) => {
    const calendar = Calendar.empty();
    for (const [day, entry] of input.entries) Calendar.set(calendar, day, entry);
    const { root, fresh } = Calendar.nodes(calendar);
    const have = new Map(
      gives.nodes.map((n: { hash: Uint8Array; bytes: Uint8Array }) => [toHex(n.hash), n.bytes]),
    );
    expect([...Calendar.entries(gives.root, have as Map<string, Uint8Array>, 0, 2 ** 17 - 1)]).toEqual(
      input.entries,
    );
    const nodes = [...fresh].map(([hash, node]) => ({ hash: fromHex(hash), bytes: node }));
    return { bytes: nodes[0]!.bytes, gives: { root, nodes } };
  },
  head: async ({ input: { statement, gatewaySeed }, bytes }) => {
    const parsed = Head.parse(bytes);
    expect(parsed.statement).toEqual(statement);
    expect(await Head.verify(parsed)).toBe(true);
    const made = await Head.create(statement, await Ed25519.fromSeed(gatewaySeed));
    const { account, stream, gateway } = statement;
    return { bytes: made.bytes, gives: { hash: made.hash, mapKey: Head.mapKey(account, stream, gateway) } };
  },
  batch: ({ input: { hub, number, leaves, map } }) => {
    const { root, batch } = Batch.build(hub, number, leaves, map);
    return { gives: { root, sortedKeys: batch.map.map((e) => e.key) } };
  },
  receipt: ({ input: { receipt }, bytes, gives: { leaf } }) => {
    const root = Receipt.rootOfLeaf(Receipt.parseReceipt(bytes), leaf);
    return { bytes: Receipt.encodeReceipt(receipt), gives: { leaf, root } };
  },
  'head-proof': ({ input: { proof }, bytes, gives: { entry } }) => {
    const root = Receipt.rootOfHead(Receipt.parseHeadProof(bytes), entry);
    return { bytes: Receipt.encodeHeadProof(proof), gives: { entry, root } };
  },
  put: direct('put'),
  hubs: direct('hubs'),
  carried: direct('carried'),
  fetch: direct('fetch'),
  fetched: direct('fetched', ({ parts }) => parts),
  followed: direct('followed'),
  receipts: direct('receipts', ({ answer }) => answer),
  relay: direct('relay'),
  enrol: direct('enrol'),
  'more-keys': direct('more-keys'),
  'ask-release': direct('ask-release'),
  'ask-receipts': direct('ask-receipts', ({ list }) => list),
  bundles: direct('bundles', ({ list }) => list),
  notes: direct('notes', ({ list }) => list),
  papers: direct('papers', ({ list }) => list),
  stated: direct('stated', ({ message, signer, signature, bytes }) => ({
    signed: { message: messageOf(Message.statement, message), signer, signature },
    bytes,
  })),
  guardians: ({ input, bytes }) => {
    expect(Guardians.parseGuardians(bytes)).toEqual(input);
    const commitments = input.guardians.map(Guardians.commitment);
    return { bytes: Guardians.encodeGuardians(input), gives: { commitments } };
  },
  'seed-shares': async ({ input: { account, dealing, threshold, n, question, ...secret }, gives }) => {
    const shares = SeedShares.deal(secret, account, dealing, threshold, n);
    expect(await SeedShares.combine(gives.shares.slice(-threshold))).toEqual(secret);
    const commitments = shares.map((s, i) => SeedShares.commitment({ account, dealing, index: i + 1 }, s));
    return { gives: { shares, commitments, drill: shares.map((s) => SeedShares.drillAnswer(s, question)) } };
  },
  'sealed-share': ({ input: { place, purpose, share, openerSeed, draws }, bytes }) => {
    expect(SeedShares.open(SeedShares.parse(bytes), openerSeed)).toEqual(share);
    const key = Xwing.publicKeyOf(openerSeed);
    return { bytes: SeedShares.seal(place, purpose, share, key, replayed(draws)) };
  },
  wrapped: ({ input: { secret, passphrase, cost, passkey, draws }, bytes }) => {
    const parsed = Wrapped.parseWrapped(bytes);
    expect(Wrapped.open(parsed, { kind: 'passphrase', passphrase })).toEqual(secret);
    expect(Wrapped.open(parsed, { kind: 'passkey', ...passkey })).toEqual(secret);
    const random = replayed(draws);
    const first = Wrapped.withPassphrase(Wrapped.of(secret, random), secret, passphrase, random, cost);
    return { bytes: Wrapped.encodeWrapped(Wrapped.withPasskey(first, secret, passkey, random)) };
  },
  'passkey-backup': ({ input: { place, secret, output, draws }, bytes }) => {
    expect(PasskeyBackup.open(PasskeyBackup.parsePasskeyBackup(bytes), output)).toEqual(secret);
    const made = PasskeyBackup.seal(place, secret, output, replayed(draws));
    return {
      bytes: PasskeyBackup.encodePasskeyBackup(made),
      gives: { prfInput: PasskeyBackup.prfInput(), place: PasskeyBackup.placeOf(place) },
    };
  },
  approvals: direct('approvals', ({ list }) => list),
  'guardian-answer': direct('guardian-answer', ({ list }) => list),
  passkey: ({ input: { secretKey, digest, authenticatorData, clientDataJSON }, gives }) => {
    expect(WebAuthn.verify(digest, gives.encoded, gives.publicKey)).toBe(true);
    const signature = P256.sign(sha256(concat(authenticatorData, sha256(clientDataJSON))), secretKey);
    const encoded = WebAuthn.encodeRaw({ authenticatorData, clientDataJSON, signature }, digest);
    return { gives: { publicKey: P256.publicKeyOf(secretKey), signature, encoded } };
  },
  ingest: ({ input: { importId, readings }, bytes }) => {
    const f = decode('islet/ingest', 1, bytes);
    expect([f.text(128), Readings.decodeRun(f.bytes())]).toEqual([importId, readings]);
    f.end();
    return { bytes: encode('islet/ingest', 1, [importId, Readings.encodeRun(readings)]) };
  },
};

async function sealedRelease(input: Case['input']): Promise<Uint8Array> {
  const signer = await Ed25519.fromSeed(input.signingSeed);
  const oneTimeKey = await Hpke.publicKeyOf(input.oneTimeSeed);
  return Release.seal(input.note, input.shares, oneTimeKey, signer, input.ephemeralSeed);
}

describe.each(files())('the vectors of %s', (file) => {
  test('are what the code makes of their inputs, and give the inputs back', async () => {
    const cases = casesOf(file);
    expect(cases.length).toBeGreaterThan(0);
    for (const c of cases) {
      const made = await checks[file]!(c);
      expect([c.name, made.bytes && toHex(made.bytes)]).toEqual([c.name, c.bytes && toHex(c.bytes)]);
      expect([c.name, made.gives]).toEqual([c.name, c.gives]);
    }
  });
});

describe('every name islet/…', () => {
  const packages = fileURLToPath(new URL('../../', import.meta.url));
  const sources = readdirSync(packages)
    .map((room) => `${packages}${room}/src/`)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => `${folder}${file}`))
    .filter((file) => file.endsWith('.ts') && !/\.(test|testkit)\.ts$/.test(file));
  const named = (text: string) => [...text.matchAll(/['`](islet\/[\w/${}. +-]+)['`]/g)].map((m) => m[1]!);
  const used = new Set(sources.flatMap((file) => named(readFileSync(file, 'utf8'))));
  /** Names put together from a template, written out. */
  const written: Record<string, string[]> = {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: what stands in the sources
    'islet/${purpose}/v1': ['islet/xwing/v1', 'islet/hpke/v1', 'islet/deal/v1', 'islet/deal-ephemeral-N/v1'],
    'islet/late/${purpose}/v1': ['islet/late/xwing/v1', 'islet/late/hpke/v1'],
    'islet/view/v1/${key}/${number}': ['islet/view/v1/KEY/NUMBER'],
    'islet/vault-key/v1/${id}': ['islet/vault-key/v1/ID'],
    'islet/vault/v1/${id}': ['islet/vault/v1/ID'],
    'islet/kept-view/v1/${vault.id}/${slot}': ['islet/kept-view/v1/ID/SLOT'],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: what stands in the sources
  };
  const names = JSON.parse(textOf('names'));
  const elsewhere = { ...names.domains, ...names.kinds, ...names.local };

  test('in the sources has a vector file, or stands in names.json with where it is pinned down', () => {
    expect(used.size).toBeGreaterThan(50);
    const all = [...used].flatMap((name) => written[name] ?? [name]);
    const missing = all.filter((name) => !files().includes(name.slice(6)) && !(name in elsewhere));
    expect(missing).toEqual([]);
  });

  test('in names.json is still used, and points to vector files that there are', () => {
    const all = new Set([...used].flatMap((name) => written[name] ?? [name]));
    expect(Object.keys(elsewhere).filter((name) => !all.has(name))).toEqual([]);
    const pointed = Object.values({ ...names.domains, ...names.kinds }).flat() as string[];
    expect(pointed.filter((file) => !files().includes(file))).toEqual([]);
  });

  test('has a check here for every vector file, and the other way round', () => {
    expect(Object.keys(checks).sort()).toEqual(files().sort());
    expect(Object.keys(codecs).filter((file) => !files().includes(file))).toEqual([]);
  });
});

test('devices are made from their secrets as the vectors say: SHA-256 of the text, and of its SHA-1 in hexadecimal', async () => {
  const device = await Devices.of({ id: 'a', name: 'b', may: 'read' }, 'abc');
  expect(toHex(device.secretHash)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(equal(device.sha1Hash, sha256(utf8('a9993e364706816aba3e25717850c26c9cd0d89d')))).toBe(true);
});

test('a list of one name is not read as another', () => {
  expect(() => Ask.parseList('islet/notes', Ask.encodeList('islet/bundles', []))).toThrow('islet/notes');
});
