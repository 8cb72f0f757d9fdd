// Copyright the Islet authors. AGPL-3.0-or-later.

/** The last so many values by name. */
export type Recent<T> = { get(name: string): T | undefined; set(name: string, value: T): void };

export function recent<T>(most: number): Recent<T> {
  const values = new Map<string, T>();
  return {
    get: (name) => values.get(name),
    set(name, value) {
      values.delete(name);
      values.set(name, value);
      if (values.size > most) values.delete(values.keys().next().value!);
    },
  };
}
