// Copyright the Islet authors. AGPL-3.0-or-later.
import { equalSecret, toHex, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import type { Device } from '@islet/core/Devices';
import type { Account } from './Accounts.js';

export type Paired = { account: Account; device: Device };

/** Finds who presents a secret. The table is keyed by a few bytes of a hash that nobody can steer; the rest is compared in constant time. */
export type DeviceKeys = {
  /** Takes over an account's list, instead of the one before. */
  learn(account: Account): void;
  /** Whose device this secret (or its SHA-1 in hexadecimal, in either case of letters) is. */
  find(secret: string): Paired | undefined;
};

const prefix = (hash: Uint8Array): string => toHex(hash.subarray(0, 8));

export function deviceKeys(accounts: Iterable<Account>): DeviceKeys {
  const table = new Map<string, (Paired & { hash: Uint8Array })[]>();
  const places = new Map<string, string[]>();

  function learn(account: Account): void {
    for (const place of places.get(account.hex) ?? []) {
      const others = table.get(place)?.filter((one) => one.account.hex !== account.hex) ?? [];
      if (others.length > 0) table.set(place, others);
      else table.delete(place);
    }
    const hashes = account.devices.flatMap((device) => [
      { account, device, hash: device.secretHash },
      { account, device, hash: device.sha1Hash },
    ]);
    for (const one of hashes) table.set(prefix(one.hash), [...(table.get(prefix(one.hash)) ?? []), one]);
    places.set(
      account.hex,
      hashes.map((one) => prefix(one.hash)),
    );
  }

  function match(text: string): Paired | undefined {
    const hash = sha256(utf8(text));
    return table.get(prefix(hash))?.find((one) => equalSecret(one.hash, hash));
  }

  for (const account of accounts) learn(account);
  return {
    learn,
    find: (secret) =>
      match(secret) ?? (/^[0-9a-fA-F]{40}$/.test(secret) ? match(secret.toLowerCase()) : undefined),
  };
}
