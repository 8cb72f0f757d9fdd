// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Fields, type Item, MalformedError } from './codec.js';
import { concat, uint64, utf8 } from './crypto/bytes.js';
import * as Xwing from './crypto/xwing.js';
import * as Days from './Day.js';
import { UnknownStreamError } from './Epoch.js';
import { minutesPerDay } from './Hours.js';
import * as Padding from './Padding.js';
import { grantable, type Purpose } from './Purpose.js';
import { isStream } from './Stream.js';
import type { Terms } from './Terms.js';
import * as Words from './Words.js';

/** What someone asks of a patient: a grant to `reader` (the asker, or a role that the asker holds) and why. */
export type Ask = { reader: Uint8Array; terms: Terms; why: string };

/** Who asks whom, under a random id, until when (UTC ms). The hub that passes the ask on sees this, and no more. */
export type Place = { asker: Uint8Array; patient: Uint8Array; id: Uint8Array; deadline: number };

/** An ask on its way. The asker's account signs a Statement about the document; kind `ask`. */
export type Sealed = Place & { sealed: Uint8Array };

/** The longest that an ask may wait, from when it was signed. */
export const maxLife = 30 * 24 * 3_600_000;

const name = 'islet/ask';
const sealedName = 'islet/sealed-ask';
const maxStreams = 32;
/** A fixed offset east or west of UTC, minutes: as far as any zone lies. */
const maxOffset = 14 * 60;

export const encodeAsk = ({ reader, terms: t, why }: Ask): Uint8Array => {
  const { weekdays, fromMinute, toMinute, offsetMinutes } = t.hours;
  const terms: Item[] = [
    ...[t.streams as Item, t.firstDay, t.lastDay, t.rollingDays, t.notBefore, t.expiresAt],
    ...[[weekdays, fromMinute, toMinute, offsetMinutes], t.purpose, t.maxUses, t.emergency],
  ];
  return encode(name, 1, [reader, terms, why]);
};

/** Throws `FORMAT_MALFORMED`, `STREAM_UNKNOWN`: also for terms that no grant could have, and a why that is not plain. */
export function parseAsk(bytes: Uint8Array): Ask {
  const f = decode(name, 1, bytes);
  const ask = { reader: f.bytes(32), terms: f.tuple(takeTerms), why: f.text(Words.maxLength) };
  f.end();
  const { streams, firstDay, lastDay, notBefore, expiresAt, hours } = ask.terms;
  if (streams.length === 0 || new Set(streams).size !== streams.length)
    throw new MalformedError(name, 'names no stream, or one twice');
  if (firstDay > lastDay || notBefore >= expiresAt || hours.fromMinute >= hours.toMinute)
    throw new MalformedError(name, 'ends before it begins');
  if (!Words.isPlain(ask.why)) throw new MalformedError(name, 'gives a reason that is not plain text');
  return ask;
}

const takeTerms = (f: Fields): Terms => ({
  streams: f.list((g) => {
    const stream = g.text(64);
    if (!isStream(stream)) throw new UnknownStreamError();
    return stream;
  }, maxStreams),
  firstDay: f.int(Days.first, Days.last),
  lastDay: f.int(Days.first, Days.last),
  rollingDays: f.int(0, 2 ** 16 - 1),
  notBefore: f.int(),
  expiresAt: f.int(),
  hours: f.tuple((h) => ({
    weekdays: h.int(1, 127),
    fromMinute: h.int(0, minutesPerDay - 1),
    toMinute: h.int(1, minutesPerDay),
    offsetMinutes: h.int(-maxOffset, maxOffset),
  })),
  purpose: takePurpose(f),
  maxUses: f.int(0, 2 ** 32 - 1),
  emergency: f.bool(),
});

function takePurpose(f: Fields): Purpose {
  const text = f.text(64);
  const found = grantable.find((one) => one === text);
  if (found === undefined) throw new MalformedError(name, 'has a purpose that nobody can grant for');
  return found;
}

/** Seals to the patient's X-Wing key, padded, and bound to its place: under another asker, patient, id or deadline it does not open. */
export const seal = (
  ask: Ask,
  place: Place,
  patientKey: Uint8Array,
  random: (length: number) => Uint8Array,
): Sealed => ({
  ...place,
  sealed: Xwing.seal(patientKey, context(place), Padding.pad(encodeAsk(ask)), random),
});

/** The ask, or `undefined` where it was sealed to another, or in another place. Throws as `parseAsk` does. */
export function open(sealed: Sealed, patientSeed: Uint8Array): Ask | undefined {
  const padded = Xwing.open(patientSeed, context(sealed), sealed.sealed);
  const plaintext = padded && Padding.unpad(padded);
  return plaintext && parseAsk(plaintext);
}

export const encodeSealed = (s: Sealed): Uint8Array =>
  encode(sealedName, 1, [s.asker, s.patient, s.id, s.deadline, s.sealed]);

/** Throws `FORMAT_MALFORMED`. */
export function parseSealed(bytes: Uint8Array): Sealed {
  const f = decode(sealedName, 1, bytes);
  const sealed = {
    ...{ asker: f.bytes(32), patient: f.bytes(32), id: f.bytes(32) },
    ...{ deadline: f.int(), sealed: f.bytes() },
  };
  f.end();
  return sealed;
}

/** Whether an ask is one that may still be answered: not over, and asked for no longer than asks may wait. `askedAt`: its Statement's version. */
export const isOpen = ({ deadline }: Pick<Place, 'deadline'>, askedAt: number, now: number): boolean =>
  now < deadline && deadline - askedAt <= maxLife;

const context = ({ asker, patient, id, deadline }: Place): Uint8Array =>
  concat(utf8('islet/ask/v1'), asker, patient, id, uint64(deadline));
