// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { sha256Hex } from './sha256.js';

/** The SHA-256 of an object's bytes, 64 lower-case hexadecimal digits. */
export type Key = string;

/**
 * Bytes by the hash of their content. A store is not trusted: it may lose bytes, but what `get` returns is what was put.
 * Every method of a closed store rejects with `STORE_CLOSED`; a key that is not one, with `STORE_BAD_KEY`.
 */
export interface Store extends AsyncDisposable {
  /** Durable once resolved. Putting again changes nothing, except that it mends a rotten copy. Throws `STORE_WRITE_FAILED`, `STORE_OBJECT_TOO_LARGE`, `STORE_BUSY`. */
  put(bytes: Uint8Array): Promise<Key>;
  /** Many at the price of one: the keys in the order of the objects. After a failure some of them may be kept. */
  putAll(objects: readonly Uint8Array[]): Promise<Key[]>;
  /** The bytes, hashed again, or `undefined` where there are none. Throws `STORE_CORRUPT`, `STORE_READ_FAILED`. */
  get(key: Key): Promise<Uint8Array | undefined>;
  /** Whether there is an object, rotten or not. */
  has(key: Key): Promise<boolean>;
  /** The keys held when the walk began, in no order, without those dropped on the way. */
  keys(): AsyncIterable<Key>;
  /** Erases an object; nothing happens where there is none. Once resolved its bytes are gone, durably. Throws `STORE_WRITE_FAILED`. */
  drop(key: Key): Promise<void>;
  close(): Promise<void>;
}

export const keyOf = (bytes: Uint8Array): Key => sha256Hex(bytes);

/** Throws `STORE_BAD_KEY`. */
export function mustBeKey(key: string): void {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new StoreBadKeyError();
}

export class StoreCorruptError extends IsletError {
  override readonly name = 'StoreCorruptError';
  constructor(key: Key) {
    super(
      'STORE_CORRUPT',
      `The stored bytes of ${key} are not what was put. Put the object again from another copy to mend it.`,
    );
  }
}

export class StoreWriteFailedError extends IsletError {
  override readonly name = 'StoreWriteFailedError';
  constructor(where: string, why: string, cause: unknown) {
    super(
      'STORE_WRITE_FAILED',
      `${where} could not be written (${why}); nothing of it was acknowledged. Make room or check the disk, then try again.`,
      { cause },
    );
  }
}

export class StoreReadFailedError extends IsletError {
  override readonly name = 'StoreReadFailedError';
  constructor(where: string, why: string, cause: unknown) {
    super(
      'STORE_READ_FAILED',
      `${where} could not be opened or read (${why}). Check the disk and try again.`,
      {
        cause,
      },
    );
  }
}

export class StoreObjectTooLargeError extends IsletError {
  override readonly name = 'StoreObjectTooLargeError';
  constructor(length: number, limit: number) {
    super(
      'STORE_OBJECT_TOO_LARGE',
      `An object of ${length} bytes is longer than the store takes (${limit}). Split it.`,
    );
  }
}

export class StoreBusyError extends IsletError {
  override readonly name = 'StoreBusyError';
  constructor(where: string) {
    super('STORE_BUSY', `${where}: too much waits for the disk. Try again in a moment.`);
  }
}

export class StoreBadKeyError extends IsletError {
  override readonly name = 'StoreBadKeyError';
  constructor() {
    super(
      'STORE_BAD_KEY',
      'A key is the SHA-256 of the bytes as 64 lower-case hexadecimal digits; this is not.',
    );
  }
}

export class StoreClosedError extends IsletError {
  override readonly name = 'StoreClosedError';
  constructor() {
    super('STORE_CLOSED', 'The store has been closed. Open it again.');
  }
}
