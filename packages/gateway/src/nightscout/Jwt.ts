// Copyright the Islet authors. AGPL-3.0-or-later.
import { plain, toHex, utf8 } from '@islet/core/crypto/bytes';
import { hmac } from '@islet/core/crypto/hash';
import type { Account } from '../Accounts.js';
import type { Paired } from '../DeviceKeys.js';
import { JWT_MS } from '../limits.js';

/**
 * Tokens for a few hours (RFC 7519, HS256), as Nightscout's API v3 wants them. One names a device and its key's hash,
 * never the key: whoever it stands for is looked up at every call, so that it ends with the device.
 */
export type Jwt = {
  /** Times in seconds. */
  issue(paired: Paired): Promise<{ token: string; iat: number; exp: number }>;
  /** Whose token this is, while it and the device are valid. */
  find(token: string): Promise<Paired | undefined>;
};

export type Options = { localKey: Uint8Array; accounts: Map<string, Account>; now: () => number };

const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
const shape = /^([\w-]{1,200})\.([\w-]{1,800})\.([\w-]{43})$/;
const algorithm = { name: 'HMAC', hash: 'SHA-256' } as const;

/** What stands for a device's key in a token. */
const markOf = ({ device }: Paired): string => toHex(device.secretHash.subarray(0, 16));

export function jwt({ localKey, accounts, now }: Options): Jwt {
  const raw = plain(hmac(localKey, utf8('islet/jwt/v1')));
  const key = crypto.subtle.importKey('raw', raw as Uint8Array<ArrayBuffer>, algorithm, false, [
    'sign',
    'verify',
  ]);

  return {
    async issue(paired) {
      const iat = Math.floor(now() / 1000);
      const exp = iat + JWT_MS / 1000;
      const claims = { account: paired.account.hex, device: paired.device.id, key: markOf(paired), iat, exp };
      const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      const signature = await crypto.subtle.sign('HMAC', await key, Buffer.from(signed));
      return { token: `${signed}.${Buffer.from(signature).toString('base64url')}`, iat, exp };
    },
    async find(token) {
      const found = shape.exec(token);
      if (!found || found[1] !== header) return undefined;
      const signature = Buffer.from(found[3]!, 'base64url');
      const signed = Buffer.from(`${found[1]}.${found[2]}`);
      if (!(await crypto.subtle.verify('HMAC', await key, signature, signed))) return undefined;
      // Signed by us, so of our shape.
      const claims = JSON.parse(Buffer.from(found[2]!, 'base64url').toString('utf8')) as {
        account: string;
        device: string;
        key: string;
        exp: number;
      };
      const account = accounts.get(claims.account);
      const device = account?.devices.find(({ id }) => id === claims.device);
      if (!account || !device || claims.exp * 1000 <= now()) return undefined;
      const paired = { account, device };
      return markOf(paired) === claims.key ? paired : undefined;
    },
  };
}
