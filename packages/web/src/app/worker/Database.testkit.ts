// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import type { Database, Lock, StoredPart, StoredVault, StoredView } from './Database.js';

/** A browser's storage, in memory, and everything in it as text. */
export function memory(): Database & { everything: () => string } {
  let lock: Lock | undefined;
  const vaults = new Map<string, StoredVault>();
  const views = new Map<string, StoredView>();
  const parts: StoredPart[] = [];
  return {
    lock: async () => lock,
    putLock: async (next) => {
      lock = next;
    },
    vaults: async () => [...vaults.values()],
    putVault: async (vault) => void vaults.set(vault.id, vault),
    removeVault: async (id) => void vaults.delete(id),
    parts: async () => parts,
    putPart: async (part) => void parts.push(part),
    replaceParts: async (part) => void parts.splice(0, parts.length, part),
    removeParts: async () => void parts.splice(0),
    views: async (vault) => [...views.values()].filter((one) => one.vault === vault),
    putView: async (view) => void views.set(view.slot, view),
    removeView: async (_, slot) => void views.delete(slot),
    removeViews: async () => views.clear(),
    everything: () =>
      JSON.stringify([...vaults.values(), ...views.values()], (_, v) =>
        v instanceof Uint8Array ? toHex(v) : v,
      ),
  };
}
