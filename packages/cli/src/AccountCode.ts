// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';
import type * as Home from './Home.js';
import * as People from './People.js';

// As the app writes it (packages/web/src/app/worker/Code.ts).
const domain = 'islet/account-code/v1';

/** An account by the name of a wallet here, its code, or its id in hexadecimal. Throws `CLI_BAD_ACCOUNT`. */
export async function read(home: Home.Home, text: string): Promise<Uint8Array> {
  if (/^[0-9a-f]{64}$/.test(text)) return fromHex(text);
  if ((await People.names(home)).includes(text)) return (await People.need(home, text)).wallet.account;
  const account = Paper.read(domain, text, 3);
  if (account?.length !== 32) throw new BadAccountError();
  return account;
}

/** Whether a text is longer than any name of a wallet: then it is a code or an id, or nothing. */
export const isLong = (text: string): boolean => text.length > 32;

export const print = (account: Uint8Array): string => Paper.write(domain, account, 3);

export class BadAccountError extends IsletError {
  override readonly name = 'BadAccountError';
  constructor() {
    super(
      'CLI_BAD_ACCOUNT',
      'This is no name of a wallet here, no account code and no account id. Copy all of it again.',
    );
  }
}
