// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as AskOf from './Ask.js';
import * as AskAnswer from './AskAnswer.js';
import * as Bundle from './Bundle.js';
import { encode } from './codec.js';
import type { Codec } from './core.testkit.js';
import { fromHex } from './crypto/bytes.js';
import * as Ed25519 from './crypto/ed25519.js';
import type { Struct } from './crypto/typedData.js';
import * as Devices from './Devices.js';
import * as Epoch from './Epoch.js';
import * as Erasure from './Erasure.js';
import * as ErasureReceipt from './ErasureReceipt.js';
import * as Guardians from './Guardians.js';
import * as Head from './Head.js';
import * as Hubs from './Hubs.js';
import * as Message from './Message.js';
import * as PasskeyBackup from './PasskeyBackup.js';
import * as Readings from './Readings.js';
import * as Receipt from './Receipt.js';
import * as Release from './Release.js';
import * as RoleKey from './RoleKey.js';
import * as SeedShares from './SeedShares.js';
import * as Segment from './Segment.js';
import * as Shares from './Shares.js';
import { encodeSigned, parseSigned } from './signed.js';
import * as Wrapped from './Wrapped.js';
import * as Ask from './wire/Ask.js';
import * as Asks from './wire/Asks.js';
import * as Carried from './wire/Carried.js';
import * as Erasing from './wire/Erasing.js';
import * as Fetch from './wire/Fetch.js';
import * as Followed from './wire/Followed.js';
import * as Put from './wire/Put.js';
import * as Receipts from './wire/Receipts.js';
import * as Relay from './wire/Relay.js';
import * as Stated from './wire/Stated.js';

/** A case of a vector file: bytes are bytes, everything else is as JSON has it. */
// biome-ignore lint/suspicious/noExplicitAny: files of forty shapes; every use is compared with what the code makes
export type Case = { name: string; input: any; bytes: Uint8Array; gives: any; decodeOnly?: true };

const folder = fileURLToPath(new URL('../vectors/', import.meta.url));

export const textOf = (file: string): string => readFileSync(`${folder}${file}.json`, 'utf8');

export const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json') && name !== 'names.json')
    .map((name) => name.slice(0, -5));

export const casesOf = (file: string): Case[] => JSON.parse(textOf(file), revive).cases;

const revive = (_: string, value: unknown): unknown =>
  typeof value === 'string' && /^0x([0-9a-f]{2})*$/.test(value) ? fromHex(value) : value;

/** Gives the draws that a vector lists, in order; throws where other lengths are drawn, or more. */
export function replayed(draws: Uint8Array[]): (length: number) => Uint8Array {
  const left = [...draws];
  return (length) => {
    const next = left.shift();
    if (next?.length !== length) throw new Error(`a draw of ${length} bytes is not in the vector`);
    return next;
  };
}

export const structOf = (kind: string): Struct =>
  [
    Message.register,
    Message.authoriseGateway,
    Message.endGateway,
    Message.addSigner,
    Message.removeSigner,
    Message.replaceEncryptionKey,
    Message.setGuardians,
    Message.approve,
    Message.withdrawApproval,
    Message.object,
    Message.openCircle,
    Message.admit,
    Message.dismiss,
    Message.replaceCircleKey,
    Message.endCircle,
    Message.grant,
    Message.revoke,
    Message.request,
    Message.close,
    Message.erase,
    Message.confirm,
    Message.statement,
  ].find((s) => s.name === kind)!;

/** The message with its 256-bit integers as such: JSON has them as decimal text. */
export function messageOf(struct: Struct, plain: Record<string, unknown>): never {
  const fields = struct.fields.map(([type, name]) => [
    name,
    type === 'uint256' ? BigInt(plain[name] as string) : plain[name],
  ]);
  return Object.fromEntries(fields) as never;
}

const signer = Ed25519.fromSeed(casesOf('release-note')[0]!.input.signingSeed);
const list = (name: string): Codec<unknown> => ({
  decode: (bytes) => Ask.parseList(name, bytes),
  encode: (value) => Ask.encodeList(name, value as Uint8Array[]),
});
const assembled = <T extends { bytes: Uint8Array }>(parse: (bytes: Uint8Array) => T): Codec<T> => ({
  decode: parse,
  encode: (value) => value.bytes,
});

/** Every format that is one CBOR array by itself, by the name of its vector file. */
// biome-ignore lint/suspicious/noExplicitAny: each codec has a type of its own
export const codecs: Record<string, Codec<any>> = {
  epoch: assembled(Epoch.parse),
  segment: assembled(Segment.parse),
  'segment-header': {
    decode: Segment.parseHeader,
    encode: async ({ header: h, signature }: Segment.SignedHeader) =>
      encode('islet/segment-header', 1, [
        ...[h.account, h.stream, h.day, h.epochHash, h.gateway, h.chain, h.number, h.previous],
        ...[
          h.cites.map((t) => [t.chain, t.number, t.hash]),
          h.blind,
          h.sealedAt,
          h.ciphertextHash,
          signature,
        ],
      ]),
  },
  shares: assembled(Shares.parse),
  reshared: assembled(Shares.parse),
  head: assembled(Head.parse),
  readings: { decode: Readings.decodeRun, encode: Readings.encodeRun },
  receipt: { decode: Receipt.parseReceipt, encode: Receipt.encodeReceipt },
  'head-proof': { decode: Receipt.parseHeadProof, encode: Receipt.encodeHeadProof },
  'release-note': {
    decode: async (bytes) => Release.parseNote(bytes, (await signer).publicKey),
    encode: async (note) => Release.signNote(note, await signer),
  },
  'erasure-receipt': {
    decode: ErasureReceipt.parse,
    encode: async (receipt: ErasureReceipt.Receipt) =>
      receipt.role === 'hub'
        ? ErasureReceipt.signAsHub(receipt, casesOf('erasure-receipt')[1]!.input.relayKey)
        : ErasureReceipt.sign(receipt, await signer),
  },
  'erasure-scope': { decode: Erasure.parseScope, encode: Erasure.encodeScope },
  'erasure-handover': { decode: Erasing.parseHandover, encode: Erasing.encodeHandover },
  'erasure-done': { decode: Erasing.parseDone, encode: Erasing.encodeDone },
  'stream-keys': { decode: Bundle.parseStreamKeys, encode: Bundle.encodeStreamKeys },
  'custodian-keys': {
    decode: async (bytes) => Bundle.parseCustodianKeys(bytes, (await signer).publicKey),
    encode: async (bundle) => Bundle.signCustodianKeys(bundle, await signer),
  },
  ask: { decode: AskOf.parseAsk, encode: AskOf.encodeAsk },
  'sealed-ask': { decode: AskOf.parseSealed, encode: AskOf.encodeSealed },
  'ask-answer': { decode: AskAnswer.parseAnswer, encode: AskAnswer.encodeAnswer },
  'sealed-ask-answer': { decode: AskAnswer.parseSealed, encode: AskAnswer.encodeSealed },
  asks: { decode: Asks.parseAsks, encode: Asks.encodeAsks },
  'role-key': { decode: RoleKey.parseRoleKey, encode: RoleKey.encodeRoleKey },
  devices: { decode: Devices.parseDevices, encode: Devices.encodeDevices },
  put: { decode: Put.parsePut, encode: Put.encodePut },
  fetch: { decode: Fetch.parseFetch, encode: Fetch.encodeFetch },
  fetched: { decode: Fetch.parseFetched, encode: Fetch.encodeFetched },
  followed: { decode: Followed.parseFollowed, encode: Followed.encodeFollowed },
  receipts: { decode: Receipts.parseReceipts, encode: Receipts.encodeReceipts },
  relay: { decode: Relay.parseRelay, encode: Relay.encodeRelay },
  enrol: { decode: Ask.parseEnrol, encode: Ask.encodeEnrol },
  'more-keys': { decode: Ask.parseMoreKeys, encode: Ask.encodeMoreKeys },
  'ask-release': { decode: Ask.parseAskRelease, encode: Ask.encodeAskRelease },
  'ask-receipts': list('islet/ask-receipts'),
  bundles: list('islet/bundles'),
  notes: list('islet/notes'),
  papers: list('islet/papers'),
  signed: {
    decode: (bytes) => parseSigned(Message.grant, bytes),
    encode: (signed) => encodeSigned(Message.grant, signed),
  },
  guardians: { decode: Guardians.parseGuardians, encode: Guardians.encodeGuardians },
  'sealed-share': {
    decode: SeedShares.parse,
    encode: ({ place, purpose, sealed }: SeedShares.Sealed) =>
      encode('islet/sealed-share', 1, [place.account, place.dealing, place.index, purpose, sealed]),
  },
  wrapped: { decode: Wrapped.parseWrapped, encode: Wrapped.encodeWrapped },
  'passkey-backup': {
    decode: PasskeyBackup.parsePasskeyBackup,
    encode: PasskeyBackup.encodePasskeyBackup,
  },
  approvals: list('islet/approvals'),
  'guardian-answer': list('islet/guardian-answer'),
  hubs: { decode: Hubs.parseHubs, encode: Hubs.encodeHubs },
  carried: { decode: Carried.parseCarried, encode: Carried.encodeCarried },
  stated: { decode: Stated.parseDocument, encode: Stated.encodeDocument },
};
