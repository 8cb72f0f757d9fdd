// Copyright the Islet authors. AGPL-3.0-or-later.
import { MemoryStore } from './MemoryStore.js';
import { describeStore } from './storeCompliance.testkit.js';

describeStore('MemoryStore', async () => {
  const store = new MemoryStore();
  return { store, rot: async (key) => store.rot(key, new Uint8Array([1, 2, 3])) };
});
