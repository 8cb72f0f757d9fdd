// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Content from '@islet/core/Content';
import { toHex } from '@islet/core/crypto/bytes';
import * as Hpke from '@islet/core/crypto/hpke';
import type { Day } from '@islet/core/Day';
import * as Emergency from '@islet/core/Emergency';
import * as Epoch from '@islet/core/Epoch';
import { IsletError } from '@islet/core/IsletError';
import * as KeyTree from '@islet/core/KeyTree';
import * as Message from '@islet/core/Message';
import { codeOf, sentenceOf } from '@islet/core/Reason';
import * as Release from '@islet/core/Release';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import * as Streams from '@islet/core/Stream';
import { encodeFetch, type Part } from '@islet/core/wire/Fetch';
import { encryptionKeyOf } from './Account.js';
import { checkContent, checkSummaries } from './Agreement.js';
import * as Dealers from './Dealers.js';
import * as Erased from './Erased.js';
import { UnknownReaderError } from './Granting.js';
import type { Held } from './Held.js';
import * as Hubs from './Hubs.js';
import { deadline, type Network, nonce, placeOf } from './Network.js';
import { type Answer, type Ticket, unlock } from './Opening.js';
import { relay } from './Relaying.js';
import * as Serving from './Serving.js';
import { TamperedError } from './Tampered.js';
import type { Asked, Proven } from './Verification.js';
import type { Wallet } from './Wallet.js';

export type Wanted = { streams: Stream[]; firstDay: Day; lastDay: Day };

/** What a request brought, opened and verified. */
export type Opened = {
  requestId: string;
  segments: OpenedSegment[];
  /** `completeUntil`: nothing sealed before this moment is missing, unknown after; UTC ms. */
  verified: { segments: number; receipts: number; heads: number; chainHead: number; completeUntil: number };
  custodians: Answer[];
  /** What of this the person erased: nothing is left of it, and that is nobody's fault. */
  erased: Erased.Erased[];
  /** What the hub served and what it was checked against, for an export. */
  served: { parts: Part[]; asked: Asked };
};

export type OpenedSegment = {
  stream: Stream;
  day: Day | null;
  content: Content.Content;
  proven: Proven;
  contentKey: Uint8Array;
};

/** The patient's own data, without a grant. Recorded like any other look. */
export function own(network: Network, wallet: Wallet, wanted: Wanted): Promise<Opened> {
  return look(network, wallet, wanted, rightOfOwner(network, wallet), true);
}

/** What a patient may by being the patient. */
export function rightOfOwner(network: Network, wallet: Wallet): Right {
  const salt = network.random(32);
  const seedOf = (stream: Stream, day: Day | null): Uint8Array | undefined => {
    const root = KeyTree.root(wallet.rootSeed, wallet.generation, stream);
    return day === null
      ? KeyTree.lateSeed(root, 'xwing')
      : KeyTree.keySeed(KeyTree.leaf([root], day)!, 'xwing');
  };
  const patient = wallet.account;
  return { grantId: new Uint8Array(32), grant: null, salt, purpose: 'own', patient, stated: null, seedOf };
}

/** A patient's data under a grant. The contract decides first; a refusal is on record and thrown as `DeniedError`. */
export function granted(network: Network, reader: Wallet, held: Held, wanted: Wanted): Promise<Opened> {
  return look(network, reader, wanted, rightOfGrant(held), false);
}

/**
 * The same under an emergency grant, for a reason in the reader's own words: its salted hash goes on record, the words
 * to the patient alone. Throws `EMERGENCY_BAD_REASON`, `GRANT_UNKNOWN_READER`.
 */
export async function inEmergency(
  network: Network,
  reader: Wallet,
  held: Held,
  wanted: Wanted,
  text: string,
): Promise<Opened> {
  if (text.trim() === '' || text.length > Emergency.maxLength) throw new BadReasonError();
  await network.chain.follow();
  const patientKey = await encryptionKeyOf(network, held.message.patient);
  if (!patientKey) throw new UnknownReaderError();
  const reason = { salt: network.random(32), text };
  const sealed = Emergency.seal(reason, patientKey, network.random);
  const stated = { statement: Emergency.statementOf(reason), sealed };
  return look(network, reader, wanted, { ...rightOfGrant(held), stated }, false);
}

/** What a reader may by a grant. */
export function rightOfGrant(held: Held): Right {
  const seedOf = (stream: Stream, day: Day | null): Uint8Array | undefined => {
    const nodes = held.keys.streams.find((s) => s.stream === stream)?.nodes ?? [];
    const leaf = day === null ? undefined : KeyTree.leaf(nodes, day);
    return leaf && KeyTree.keySeed(leaf, 'xwing');
  };
  const { salt, purpose } = held.keys;
  const { patient } = held.message;
  return { grantId: held.grantId, grant: held.signed, salt, purpose, patient, stated: null, seedOf };
}

/** A request that rests on no grant at all: always denied, always recorded. */
export function withoutGrant(
  network: Network,
  reader: Wallet,
  patient: Uint8Array,
  wanted: Wanted,
): Promise<Opened> {
  const right = {
    grantId: network.random(32),
    grant: null,
    salt: network.random(32),
    purpose: 'treatment',
    patient,
    stated: null,
    seedOf: () => undefined,
  };
  return look(network, reader, wanted, right, false);
}

/** On what a request rests. */
export type Right = {
  grantId: Uint8Array;
  grant: Uint8Array | null;
  salt: Uint8Array;
  purpose: string;
  patient: Uint8Array;
  /** The reason of an emergency: its hash on chain, and itself for the patient. */
  stated: { statement: Uint8Array; sealed: Uint8Array } | null;
  seedOf: SeedOf;
};

async function look(
  network: Network,
  reader: Wallet,
  wanted: Wanted,
  right: Right,
  late: boolean,
): Promise<Opened> {
  const served = await fetch(network, reader, wanted, right, late);
  const { checked, ticket, head, parts, asked } = served;
  const { erased = [] } = asked;
  const { secrets, answers } = await unlock(network, checked.proven, ticket);
  const keys = contentKeys(checked.proven, secrets, right.seedOf);
  const segments = await Promise.all(checked.proven.map((p) => open(p, keys.get(toHex(p.epoch.hash))!)));
  checkSummaries(segments);
  const verified = {
    segments: segments.length,
    receipts: checked.receipts,
    heads: checked.heads,
    chainHead: head.number,
    // A gateway's clock may run ahead; of what is later than the chain's own time nobody knows anything.
    completeUntil: Math.min(checked.completeUntil, head.at),
  };
  return {
    requestId: toHex(ticket.requestId),
    segments,
    verified,
    custodians: answers,
    erased: Erased.touching(erased, wanted),
    served: { parts, asked },
  };
}

/** What a hub serves for a request that the contract granted, checked but not opened. */
export async function fetch(installed: Network, reader: Wallet, wanted: Wanted, right: Right, late: boolean) {
  await installed.chain.follow();
  return fetchFrom(await Hubs.at(installed, right.patient), reader, wanted, right, late);
}

/** The same from those hubs of the network, wherever the person's data are. */
export async function fetchFrom(
  network: Network,
  reader: Wallet,
  wanted: Wanted,
  right: Right,
  late: boolean,
) {
  const erased = await Erased.of(network, right.patient);
  Erased.requireSomeLeft(erased, wanted);
  const ticket = await ask(network, reader, wanted, right, Release.oneTimeKeyHash);
  const { state: view } = network.chain;
  // The view grows while we ask.
  const batchesBefore = new Map(view.batches);
  const { request, blockNumber } = ticket;
  const body = encodeFetch({ ...wanted, request, salt: right.salt, blockNumber });
  const served = await Serving.served(network, body, async (): Promise<Asked> => {
    await network.chain.freshHead();
    const dealers = Dealers.of(network.deployment, view, right.patient);
    return { patient: right.patient, ...wanted, view, dealers, batchesBefore, late, erased };
  });
  return { ticket, head: network.chain.head!, ...served };
}

/**
 * Has the contract decide. `hashOf` says what the one-time key is for: to look, or to follow. Throws `DeniedError` and
 * `NotDecidedError`.
 */
export async function ask(
  network: Network,
  reader: Wallet,
  wanted: Wanted,
  right: Right,
  hashOf: (publicKey: Uint8Array) => Uint8Array,
): Promise<Ticket> {
  const oneTimeSeed = network.random(32);
  const message: Message.Request = {
    ...placeOf(network, 'consent'),
    grantId: right.grantId,
    patient: right.patient,
    reader: reader.account,
    streams: wanted.streams.map((s) => Streams.code(right.salt, s)),
    firstDay: wanted.firstDay,
    lastDay: wanted.lastDay,
    purpose: Streams.purposeCode(right.salt, right.purpose),
    oneTimeKeyHash: hashOf(await Hpke.publicKeyOf(oneTimeSeed)),
    statement: right.stated?.statement ?? new Uint8Array(32),
    nonce: nonce(network),
    deadline: deadline(network),
  };
  const along = {
    ...(right.grant && { grant: right.grant }),
    ...(right.stated && { keys: right.stated.sealed }),
  };
  const { bytes, answer } = await relay(network, reader, Message.request, message, along);
  const requestId = Message.digestOf(Message.request, message);
  await network.chain.freshHead();
  const decision = network.chain.state.decisions.get(toHex(requestId));
  // The relay said it is decided; our own view must say so too.
  if (!decision) throw new NotDecidedError();
  if (decision.reason !== 0) throw new DeniedError(decision.reason, toHex(requestId));
  return {
    requestId,
    request: bytes,
    grant: right.grant,
    salt: right.salt,
    streams: wanted.streams,
    purpose: right.purpose,
    oneTimeSeed,
    blockNumber: answer.blockNumber,
  };
}

type SeedOf = (stream: Stream, day: Day | null) => Uint8Array | undefined;

/** The content key of every epoch, once each: with both locks. */
export function contentKeys(
  proven: Proven[],
  secrets: Map<string, Uint8Array>,
  seedOf: SeedOf,
): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  for (const { epoch, place } of proven) {
    const id = toHex(epoch.hash);
    if (keys.has(id)) continue;
    const { stream, day } = epoch.header;
    const seed = seedOf(stream, day);
    if (!seed) throw new TamperedError('DAY_NOT_GRANTED', 'the grant holds no key for this day', place);
    try {
      keys.set(id, Epoch.open(epoch, seed, secrets.get(id)!));
    } catch (cause) {
      if (!(cause instanceof IsletError)) throw cause;
      // Stops: a key of the gateway's choosing, or a commitment to another key than the one sealed under.
      throw new TamperedError(cause.code, 'the keys granted and released do not open it', place, { cause });
    }
  }
  return keys;
}

/** Opens a segment that passed every check before. What does not hold is thrown with its place. */
export async function open(proven: Proven, contentKey: Uint8Array): Promise<OpenedSegment> {
  const { segment, epoch, place } = proven;
  const { stream, day } = segment.header;
  let content: Content.Content;
  try {
    content = await Content.parse(Segment.open(segment, epoch, contentKey));
  } catch (cause) {
    if (!(cause instanceof IsletError)) throw cause;
    throw new TamperedError(cause.code, 'it does not open, or is not what a gateway writes', place, {
      cause,
    });
  }
  checkContent(content, proven);
  return { stream, day, content, proven, contentKey };
}

/** The contract refused, by policy; the refusal is on record. */
export class DeniedError extends IsletError {
  override readonly name = 'DeniedError';
  readonly requestId: string;
  constructor(reason: number, requestId: string) {
    super(
      codeOf(reason),
      `Refused, and on record: ${sentenceOf(reason)}. Ask the patient for a grant that fits.`,
    );
    this.requestId = requestId;
  }
}

export class BadReasonError extends IsletError {
  override readonly name = 'Access.BadReasonError';
  constructor() {
    super(
      'EMERGENCY_BAD_REASON',
      `An emergency needs a reason, in at most ${Emergency.maxLength} characters. The patient will read it.`,
    );
  }
}

export class NotDecidedError extends IsletError {
  override readonly name = 'NotDecidedError';
  constructor() {
    super(
      'REQUEST_NOT_DECIDED',
      'The relay says the request is decided, but the chain does not have it. Try again through another hub.',
    );
  }
}
