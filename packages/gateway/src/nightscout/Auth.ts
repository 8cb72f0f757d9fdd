// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal } from '@islet/core/crypto/bytes';
import * as Devices from '@islet/core/Devices';
import type { Stream } from '@islet/core/Stream';
import type { Context as Call } from 'hono';
import type { DeviceKeys, Paired } from '../DeviceKeys.js';
import { FAILURES, FAILURES_MS } from '../limits.js';
import { mayNot, tooMany, unauthorised } from '../Refusal.js';
import { addressOf, secretsIn } from '../routes/request.js';
import { isFields, type Json, textOf } from './Json.js';
import type { Jwt } from './Jwt.js';

/** Who asks, in any of the forms that clients use. */
export type Auth = {
  /** Throws 401, and 429 for an address that guesses. */
  need(c: Call, body?: Json): Promise<Paired>;
  /** The same without an opinion. */
  find(c: Call, body?: Json): Promise<Paired | undefined>;
  /** By what a socket presents: a key, its SHA-1, or a token. */
  ofSecrets(secrets: (string | undefined)[]): Promise<Paired | undefined>;
  /** Throws 401 where the device was taken off the list meanwhile. */
  still(paired: Paired): void;
  /** Counts a failed login. Throws 429 where an address has too many. */
  failed(address: string): void;
  jwt: Jwt;
};

export function auth(deviceKeys: DeviceKeys, jwt: Jwt, now: () => number): Auth {
  const failures = new Map<string, { since: number; count: number }>();

  async function ofSecrets(secrets: (string | undefined)[]): Promise<Paired | undefined> {
    for (const secret of secrets) {
      if (!secret || secret.length > maxSecret) continue;
      const found = deviceKeys.find(secret) ?? (await jwt.find(secret)) ?? byTail(secret);
      if (found) return found;
    }
    return undefined;
  }

  /** `name-secret`, as Nightscout writes access tokens: only what follows the last hyphen counts. */
  function byTail(secret: string): Paired | undefined {
    const tail = secret.slice(secret.lastIndexOf('-') + 1);
    return tail.length >= 16 && tail.length < secret.length ? deviceKeys.find(tail) : undefined;
  }

  const find = (c: Call, body?: Json): Promise<Paired | undefined> =>
    ofSecrets([...secretsIn(c), ...secretsOf(body)]);

  function failed(address: string): void {
    const at = now();
    const seen = failures.get(address);
    // A clock that was set back begins anew.
    if (seen && at >= seen.since && at - seen.since < FAILURES_MS) {
      seen.count++;
      if (seen.count > FAILURES) throw tooMany(Math.ceil((seen.since + FAILURES_MS - at) / 1000));
      return;
    }
    if (failures.size > maxAddresses) failures.clear();
    failures.set(address, { since: at, count: 1 });
  }

  return {
    find,
    ofSecrets,
    jwt,
    failed,
    async need(c, body) {
      const paired = await find(c, body);
      if (paired) return paired;
      failed(addressOf(c));
      throw unauthorised();
    },
    still({ account, device }) {
      const listed = account.devices.find(({ id }) => id === device.id);
      if (!listed || !isUnchanged(listed, device)) throw unauthorised();
    },
  };
}

/** Whether a device of a newer list has the same key and powers. */
const isUnchanged = (a: Devices.Device, b: Devices.Device): boolean =>
  equal(a.secretHash, b.secretHash) && a.may === b.may && String(a.streams) === String(b.streams);

const maxSecret = 2048;
const maxAddresses = 10_000;

/** In a record, or the first of a list. */
function secretsOf(body: Json | undefined): (string | undefined)[] {
  const first = Array.isArray(body) ? body[0] : body;
  return isFields(first) ? [textOf(first.secret), textOf(first.token)] : [];
}

export function needWrite({ device }: Paired): void {
  if (!Devices.mayWrite(device)) throw mayNot('write');
}

export function needRead({ device }: Paired): void {
  if (!Devices.mayRead(device)) throw mayNot('read');
}

/** Whether a device may follow all of these streams. */
export const follows = ({ device }: Paired, streams: Iterable<Stream>): boolean => {
  for (const stream of streams) if (!Devices.mayFollow(device, stream)) return false;
  return true;
};

/** A device's powers as Nightscout's permissions. */
export const permissionsOf = ({ device }: Paired): string[] => [
  ...(Devices.mayWrite(device) ? ['api:*:create', 'api:*:update', 'api:*:delete'] : []),
  ...(Devices.mayRead(device) ? ['*:*:read'] : []),
];
