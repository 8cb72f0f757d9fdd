// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex, uint64, utf8 } from './crypto/bytes.js';
import { verify as verifySignature } from './crypto/ed25519.js';
import { domainHash } from './crypto/hash.js';

/** One of the person's own devices looked into the gateway's local window: which, when, at how many readings. */
export type Look = {
  account: string;
  device: string;
  at: number;
  count: number;
  /** The line before, by its signature, so that none can be taken out; empty for the first. */
  previous: string;
  signature: string;
};

/** What the gateway signs of a line. Account, previous and signature are hexadecimal. */
export const signedBytes = (look: Omit<Look, 'signature'>): Uint8Array =>
  domainHash(
    'islet/look/v1',
    fromHex(look.account),
    utf8(look.device),
    uint64(look.at),
    uint64(look.count),
    fromHex(look.previous),
  );

/** Whether the gateway signed these lines and each follows the one before. */
export async function verify(looks: Look[], gatewayKey: Uint8Array): Promise<boolean> {
  for (const [i, look] of looks.entries()) {
    if (i > 0 && look.previous !== looks[i - 1]!.signature) return false;
    if (!(await verifySignature(fromHex(look.signature), signedBytes(look), gatewayKey))) return false;
  }
  return true;
}
