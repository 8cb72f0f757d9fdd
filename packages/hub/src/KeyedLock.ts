// Copyright the Islet authors. AGPL-3.0-or-later.

/** Work under the same name goes one after the other; work under different names side by side. */
export type KeyedLock = { run<T>(names: Iterable<string>, work: () => Promise<T>): Promise<T> };

export function keyedLock(): KeyedLock {
  const held = new Map<string, Promise<unknown>>();
  return {
    run<T>(names: Iterable<string>, work: () => Promise<T>): Promise<T> {
      const mine = [...new Set(names)];
      // Taken all at once, so two that want several cannot wait for each other.
      const before = mine.map((name) => held.get(name));
      const done = Promise.allSettled(before).then(work);
      const settled = done.catch(() => undefined);
      for (const name of mine) held.set(name, settled);
      void settled.then(() => {
        for (const name of mine) if (held.get(name) === settled) held.delete(name);
      });
      return done;
    },
  };
}
