// Copyright the Islet authors. AGPL-3.0-or-later.
// What people copy and type to name an account.
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';

const domain = 'islet/account-code/v1';
const sumBytes = 3;

/** What one tells another so that they can be granted something: the account's public id with a check sum. */
export const ofAccount = (account: Uint8Array): string => Paper.write(domain, account, sumBytes);

/** The account of a code or of an invitation link. Throws `WEB_BAD_CODE`. */
export function toAccount(text: string): Uint8Array {
  const code = /[#&?]code=([0-9A-Za-z-]+)/.exec(text)?.[1] ?? text;
  const account = Paper.read(domain, code, sumBytes);
  if (account?.length !== 32) throw new BadCodeError();
  return account;
}

export class BadCodeError extends IsletError {
  override readonly name = 'BadCodeError';
  constructor() {
    super('WEB_BAD_CODE', 'This is not a code of Islet, or a letter of it is wrong. Copy all of it again.');
  }
}
