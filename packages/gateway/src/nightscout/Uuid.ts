// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';

const namespace = Buffer.from('NightscoutRocks!', 'ascii');

/** A version 5 UUID (RFC 9562) under Nightscout's namespace. */
export function v5(name: string): string {
  const hash = createHash('sha1').update(namespace).update(name).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
