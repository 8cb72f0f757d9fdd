// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { plain, toHex, utf8 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import { streams as allStreams, type Stream } from './Stream.js';
import { takeStream } from './wire/Fetch.js';

/** What a device's key opens. `both` is chosen by the person for an app that knows one key only; nothing sets it by itself. */
export type Power = 'write' | 'read' | 'both';

/**
 * One of the person's own devices. A device that writes cannot read, and the other way round, unless the person chose
 * `both` for an app that knows one key only. One that reads may be held to given streams. Uploaders send the
 * secret as it is or its SHA-1 in hexadecimal, whatever their author thought of, so there is a hash of each. Hashes
 * are not salted: a secret must be random, 128 bits or more, never a word that somebody chose.
 */
export type Device = {
  id: string;
  name: string;
  may: Power;
  /** SHA-256 of the secret's text. */
  secretHash: Uint8Array;
  /** SHA-256 of the lower-case hexadecimal text of the secret's SHA-1. */
  sha1Hash: Uint8Array;
  /** The IANA time zone of the device's clock, for uploaders that tell UTC only. */
  zone?: string;
  /** The raw streams that it may follow; all of them where not said. */
  streams?: Stream[];
};

export type Devices = { account: Uint8Array; devices: Device[] };

/** Devices of one person. */
export const maxDevices = 256;
const maxStreams = allStreams.length;

const name = 'islet/devices';
const powers = ['write', 'read', 'both'] as const satisfies Power[];

export const mayWrite = ({ may }: Pick<Device, 'may'>): boolean => may !== 'read';
export const mayRead = ({ may }: Pick<Device, 'may'>): boolean => may !== 'write';
/** Whether a device may follow a stream. */
export const mayFollow = (device: Pick<Device, 'may' | 'streams'>, stream: Stream): boolean =>
  mayRead(device) && (device.streams === undefined || device.streams.includes(stream));

/** A device as the list holds it, from its secret. */
export async function of(
  about: Pick<Device, 'id' | 'name' | 'may' | 'zone' | 'streams'>,
  secret: string,
): Promise<Device> {
  const sha1 = new Uint8Array(await crypto.subtle.digest('SHA-1', plain(utf8(secret))));
  return { ...about, secretHash: sha256(utf8(secret)), sha1Hash: sha256(utf8(toHex(sha1))) };
}

export const encodeDevices = ({ account, devices }: Devices): Uint8Array =>
  encode(name, 1, [
    account,
    devices.map(
      (d): Item => [
        d.id,
        d.name,
        powers.indexOf(d.may),
        d.secretHash,
        d.sha1Hash,
        d.zone ?? null,
        d.streams ?? null,
      ],
    ),
  ]);

/** Throws `FORMAT_MALFORMED`, also where two devices share an id or a secret. */
export function parseDevices(bytes: Uint8Array): Devices {
  const f = decode(name, 1, bytes);
  const account = f.bytes(32);
  const devices = f.list(
    (g) =>
      g.tuple((t): Device => {
        const device = {
          id: t.text(64),
          name: t.text(128),
          may: powers[t.int(0, powers.length - 1)]!,
          secretHash: t.bytes(32),
          sha1Hash: t.bytes(32),
        };
        const zone = t.nullable((n) => n.text(64));
        const streams = t.nullable((n) => n.list((one) => takeStream(one.text(64)), maxStreams));
        return { ...device, ...(zone === null ? {} : { zone }), ...(streams === null ? {} : { streams }) };
      }),
    maxDevices,
  );
  f.end();
  const distinct = new Set(devices.flatMap((d) => [`id ${d.id}`, toHex(d.secretHash), toHex(d.sha1Hash)]));
  if (distinct.size !== 3 * devices.length) throw new MalformedError(name, 'names a device twice');
  return { account, devices };
}
