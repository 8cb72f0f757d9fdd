// Copyright the Islet authors. AGPL-3.0-or-later.
// What this browser keeps. Everything that goes in is sealed already, but for salts and costs.

export type Box = { nonce: Uint8Array; sealed: Uint8Array };
/** `locks` are the ways to the vault's key (`islet/wrapped`); `wrapped` is what the first builds kept instead. */
export type StoredVault = Box & { id: string; locks?: Uint8Array; wrapped?: Box };
/** The salt and costs of the first builds. */
export type Lock = { id: 'lock'; salt: Uint8Array; memoryKiB: number; passes: number };
/** A part of one's verified view of the chain, in order. */
export type StoredPart = Box & { key: string; number: number };

/** Something that was shown, of one vault. `slot` hides its name. */
export type StoredView = Box & { vault: string; slot: string };

const name = 'islet';
const version = 2;

export type Database = {
  lock(): Promise<Lock | undefined>;
  putLock(lock: Lock): Promise<void>;
  vaults(): Promise<StoredVault[]>;
  putVault(vault: StoredVault): Promise<void>;
  removeVault(id: string): Promise<void>;
  parts(key: string): Promise<StoredPart[]>;
  putPart(part: StoredPart): Promise<void>;
  /** Puts one part in place of all of a key. */
  replaceParts(part: StoredPart): Promise<void>;
  /** Removes the parts of every key that begins so. */
  removeParts(prefix: string): Promise<void>;
  views(vault: string): Promise<StoredView[]>;
  putView(view: StoredView): Promise<void>;
  removeView(vault: string, slot: string): Promise<void>;
  removeViews(vault: string): Promise<void>;
};

export async function open(): Promise<Database> {
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = ({ oldVersion }) => {
    const { result: db } = opening;
    if (oldVersion < 1) {
      db.createObjectStore('lock', { keyPath: 'id' });
      db.createObjectStore('vaults', { keyPath: 'id' });
      db.createObjectStore('parts', { keyPath: ['key', 'number'] });
    }
    db.createObjectStore('views', { keyPath: ['vault', 'slot'] });
  };
  const db = await answerOf(opening);
  // A newer build in another tab may go on; this one reopens when it is reloaded.
  db.onversionchange = () => db.close();
  const store = (of: string, mode: IDBTransactionMode): IDBObjectStore =>
    db.transaction(of, mode, { durability: 'strict' }).objectStore(of);
  const rangeOf = (key: string): IDBKeyRange => IDBKeyRange.bound([key, 0], [key, Number.MAX_SAFE_INTEGER]);
  const viewsOf = (vault: string): IDBKeyRange => IDBKeyRange.bound([vault, ''], [vault, '\uffff']);
  return {
    lock: () => answerOf(store('lock', 'readonly').get('lock')),
    putLock: (lock) => written(store('lock', 'readwrite'), (s) => s.put(lock)),
    vaults: () => answerOf(store('vaults', 'readonly').getAll()),
    putVault: (vault) => written(store('vaults', 'readwrite'), (s) => s.put(vault)),
    removeVault: (id) => written(store('vaults', 'readwrite'), (s) => s.delete(id)),
    parts: (key) => answerOf(store('parts', 'readonly').getAll(rangeOf(key))),
    putPart: (part) => written(store('parts', 'readwrite'), (s) => s.put(part)),
    replaceParts: (part) =>
      written(store('parts', 'readwrite'), (s) => {
        s.delete(rangeOf(part.key));
        s.put(part);
      }),
    removeParts: (prefix) =>
      written(store('parts', 'readwrite'), (s) =>
        s.delete(IDBKeyRange.bound([prefix, 0], [`${prefix}\uffff`, 0])),
      ),
    views: (vault) => answerOf(store('views', 'readonly').getAll(viewsOf(vault))),
    putView: (view) => written(store('views', 'readwrite'), (s) => s.put(view)),
    removeView: (vault, slot) => written(store('views', 'readwrite'), (s) => s.delete([vault, slot])),
    removeViews: (vault) => written(store('views', 'readwrite'), (s) => s.delete(viewsOf(vault))),
  };
}

const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function written(store: IDBObjectStore, change: (store: IDBObjectStore) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    change(store);
    store.transaction.oncomplete = () => resolve();
    store.transaction.onerror = () => reject(store.transaction.error);
    store.transaction.onabort = () => reject(store.transaction.error);
  });
}
