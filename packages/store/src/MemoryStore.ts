// Copyright the Islet authors. AGPL-3.0-or-later.
import { objectBytes } from './limits.js';
import {
  type Key,
  keyOf,
  mustBeKey,
  type Store,
  StoreClosedError,
  StoreCorruptError,
  StoreObjectTooLargeError,
} from './Store.js';

/** A store that forgets: for tests and simulations. */
export class MemoryStore implements Store {
  readonly #objects = new Map<Key, Uint8Array>();
  #closed = false;

  async put(bytes: Uint8Array): Promise<Key> {
    const [key] = await this.putAll([bytes]);
    return key!;
  }

  async putAll(objects: readonly Uint8Array[]): Promise<Key[]> {
    this.#mustBeOpen();
    for (const one of objects)
      if (one.length > objectBytes) throw new StoreObjectTooLargeError(one.length, objectBytes);
    return objects.map((bytes) => {
      const key = keyOf(bytes);
      this.#objects.set(key, new Uint8Array(bytes));
      return key;
    });
  }

  async get(key: Key): Promise<Uint8Array | undefined> {
    this.#mustBeOpen();
    mustBeKey(key);
    const bytes = this.#objects.get(key);
    if (bytes && keyOf(bytes) !== key) throw new StoreCorruptError(key);
    return bytes?.slice();
  }

  async has(key: Key): Promise<boolean> {
    this.#mustBeOpen();
    mustBeKey(key);
    return this.#objects.has(key);
  }

  async *keys(): AsyncGenerator<Key, void, undefined> {
    this.#mustBeOpen();
    for (const key of [...this.#objects.keys()]) if (this.#objects.has(key)) yield key;
  }

  async drop(key: Key): Promise<void> {
    this.#mustBeOpen();
    mustBeKey(key);
    this.#objects.get(key)?.fill(0);
    this.#objects.delete(key);
  }

  /** Swaps the bytes behind a key, as a failing disk would. */
  rot(key: Key, bytes: Uint8Array): void {
    if (this.#objects.has(key)) this.#objects.set(key, bytes.slice());
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StoreClosedError();
  }
}
