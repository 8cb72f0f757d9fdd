// Copyright the Islet authors. AGPL-3.0-or-later.
// What a new device asks for, as text that goes by any way, and words to compare by voice.
import { concat } from '@islet/core/crypto/bytes';
import { domainHash } from '@islet/core/crypto/hash';
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';

/** Whose keys, what signs there from now on (ERC-7913), and the SHA-256 of the X-Wing key to seal them to. */
export type KeyRequest = { account: Uint8Array; signer: Uint8Array; keyHash: Uint8Array };

const domain = 'islet/key-request/v1';

const bytesOf = ({ account, signer, keyHash }: KeyRequest): Uint8Array =>
  concat(new Uint8Array([1]), account, keyHash, signer);

export const print = (request: KeyRequest): string => Paper.write(domain, bytesOf(request), 4);

/** Throws `REQUEST_UNREADABLE`. */
export function read(text: string): KeyRequest {
  const bytes = Paper.read(domain, text, 4);
  const signer = bytes?.slice(65);
  if (bytes?.[0] !== 1 || (signer?.length !== 20 && signer?.length !== 84)) throw new UnreadableError();
  return { account: bytes.slice(1, 33), signer, keyHash: bytes.slice(33, 65) };
}

/**
 * Four words that both sides must see the same. Who brings another request has to find one with the same 64 bits while
 * the two are talking.
 */
export const words = (request: KeyRequest): string =>
  Paper.words(domainHash('islet/key-request-words/v1', bytesOf(request)).slice(0, 8));

export class UnreadableError extends IsletError {
  override readonly name = 'KeyRequest.UnreadableError';
  constructor() {
    super(
      'REQUEST_UNREADABLE',
      'This is not a request for keys, or a letter of it is wrong. Copy all of it again.',
    );
  }
}
