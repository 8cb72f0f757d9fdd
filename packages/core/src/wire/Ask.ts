// Copyright the Islet authors. AGPL-3.0-or-later.
// What is asked of a custodian.

import { maxDays } from '../Bundle.js';
import { decode, encode, type Item } from '../codec.js';
import type { Day } from '../Day.js';
import { last as lastDay } from '../Day.js';
import type { Stream } from '../Stream.js';
import { takeStream } from './Fetch.js';

/** Public keys wanted: of which streams, from which day, for how many days. */
export type Wanted = { stream: Stream; firstDay: Day; days: number }[];

/** The patient enrols: the signed Register message pins who speaks for the account from now on. */
export type Enrol = { register: Uint8Array; wanted: Wanted };

/** A gateway asks for more days of an enrolled account. */
export type MoreKeys = { account: Uint8Array; wanted: Wanted };

/** A reader asks for the shares of a granted request. */
export type AskRelease = {
  request: Uint8Array;
  /** The signed Grant; null for the patient's own access. */
  grant: Uint8Array | null;
  salt: Uint8Array;
  streams: Stream[];
  purpose: string;
  oneTimeKey: Uint8Array;
  blockNumber: number;
  epochs: { epoch: Uint8Array; shares: Uint8Array; segmentHeader: Uint8Array; receipt: Uint8Array }[];
};

const wantedItem = (wanted: Wanted): Item => wanted.map((w): Item => [w.stream, w.firstDay, w.days]);

const takeWanted = (f: ReturnType<typeof decode>): Wanted =>
  f.list(
    (g) =>
      g.tuple((t) => ({
        stream: takeStream(t.text(64)),
        firstDay: t.int(0, lastDay),
        days: t.int(0, maxDays),
      })),
    64,
  );

export const encodeEnrol = (e: Enrol): Uint8Array =>
  encode('islet/enrol', 1, [e.register, wantedItem(e.wanted)]);

export function parseEnrol(bytes: Uint8Array): Enrol {
  const f = decode('islet/enrol', 1, bytes);
  const enrol = { register: f.bytes(), wanted: takeWanted(f) };
  f.end();
  return enrol;
}

export const encodeMoreKeys = (m: MoreKeys): Uint8Array =>
  encode('islet/more-keys', 1, [m.account, wantedItem(m.wanted)]);

export function parseMoreKeys(bytes: Uint8Array): MoreKeys {
  const f = decode('islet/more-keys', 1, bytes);
  const more = { account: f.bytes(32), wanted: takeWanted(f) };
  f.end();
  return more;
}

/** A list of byte strings: bundles, notes. */
export const encodeList = (name: string, list: Uint8Array[]): Uint8Array => encode(name, 1, [list as Item]);

export function parseList(name: string, bytes: Uint8Array): Uint8Array[] {
  const f = decode(name, 1, bytes);
  const list = f.list((g) => g.bytes());
  f.end();
  return list;
}

const askName = 'islet/ask-release';
export const maxEpochs = 4096;

export const encodeAskRelease = (a: AskRelease): Uint8Array =>
  encode(askName, 1, [
    a.request,
    a.grant,
    a.salt,
    a.streams,
    a.purpose,
    a.oneTimeKey,
    a.blockNumber,
    a.epochs.map((e): Item => [e.epoch, e.shares, e.segmentHeader, e.receipt]),
  ]);

export function parseAskRelease(bytes: Uint8Array): AskRelease {
  const f = decode(askName, 1, bytes);
  const ask: AskRelease = {
    request: f.bytes(),
    grant: f.nullable((g) => g.bytes()),
    salt: f.bytes(32),
    streams: f.list((g) => takeStream(g.text(64)), 32),
    purpose: f.text(64),
    oneTimeKey: f.bytes(32),
    blockNumber: f.int(),
    epochs: f.list(
      (g) =>
        g.tuple((t) => ({
          epoch: t.bytes(),
          shares: t.bytes(),
          segmentHeader: t.bytes(),
          receipt: t.bytes(),
        })),
      maxEpochs,
    ),
  };
  f.end();
  return ask;
}
