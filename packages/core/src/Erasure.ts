// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { equal, toHex } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import * as Days from './Day.js';
import { UnknownStreamError } from './Epoch.js';
import type { Erase } from './Message.js';
import { code, isStream, type Stream } from './Stream.js';

/**
 * What an erasure is of, in words: handed to those who have to carry it out, never to the chain, which has its hash
 * and the streams' salted codes. No stream at all means all of them, for all days.
 */
export type Scope = {
  salt: Uint8Array;
  /** In the order of their names. */
  streams: Stream[];
  /** Ids of the person's grants that lie wholly inside, whose sealed keys go too; with everything, all go. */
  grants: Uint8Array[];
};

/** What is erased: no streams for all of them. */
export type Extent = { streams: readonly Stream[]; firstDay: Days.Day; lastDay: Days.Day };

const name = 'islet/erasure-scope';
/** Grants named in one scope. */
export const maxGrants = 1_000;

export const encodeScope = (s: Scope): Uint8Array =>
  encode(name, 1, [s.salt, s.streams as Item, s.grants as Item]);

/** Throws `FORMAT_MALFORMED`, `STREAM_UNKNOWN`. */
export function parseScope(bytes: Uint8Array): Scope {
  const f = decode(name, 1, bytes);
  const salt = f.bytes(32);
  const streams = f.list((g) => {
    const stream = g.text(64);
    if (!isStream(stream)) throw new UnknownStreamError();
    return stream;
  }, 32);
  const grants = f.list((g) => g.bytes(32), maxGrants);
  f.end();
  requireRising(streams);
  requireRising(grants.map(toHex));
  return { salt, streams, grants };
}

function requireRising(names: readonly string[]): void {
  if (names.some((one, i) => i > 0 && one <= names[i - 1]!))
    throw new MalformedError(name, 'lists something twice or out of order');
}

/** What a signed Erase commits to. */
export const hashOf = (scope: Uint8Array): Uint8Array => sha256(scope);

/** The codes that a scope's streams have on chain, in its order. */
export const codesOf = ({ salt, streams }: Scope): Uint8Array[] => streams.map((s) => code(salt, s));

/** Whether a message is about exactly this scope, of days that are some. `bytes` is the scope as it was handed over. */
export function isAbout(message: Erase, bytes: Uint8Array, scope: Scope): boolean {
  const { streams, firstDay, lastDay, scopeHash } = message;
  const codes = codesOf(scope);
  const isRange = Days.isDay(firstDay) && Days.isDay(lastDay) && firstDay <= lastDay;
  const isAll = firstDay === Days.first && lastDay === Days.last;
  return (
    equal(scopeHash, hashOf(bytes)) &&
    isRange &&
    (streams.length > 0 || isAll) &&
    codes.length === streams.length &&
    codes.every((one, i) => equal(one, streams[i]!))
  );
}

export const extentOf = (message: Erase, scope: Scope): Extent => ({
  streams: scope.streams,
  firstDay: message.firstDay,
  lastDay: message.lastDay,
});

export const isEverything = ({ streams }: Pick<Extent, 'streams'>): boolean => streams.length === 0;

/**
 * Whether an erasure takes a stream day. Late data (null) may be of any day, nobody can tell which before it is
 * opened, so an erasure of any day of a stream takes it.
 */
export const covers = (extent: Extent, stream: Stream, day: Days.Day | null): boolean =>
  (isEverything(extent) || extent.streams.includes(stream)) &&
  (day === null || (day >= extent.firstDay && day <= extent.lastDay));
