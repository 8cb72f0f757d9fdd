// Copyright the Islet authors. AGPL-3.0-or-later.
// Many byte strings looked for at once, in one pass: for each alone, a folder would be read a thousand times.

export type Needles = {
  /** The names of those that occur in the bytes. */
  in(bytes: Uint8Array): Set<string>;
};

/** Three bytes, the least length of a needle, as an index. */
const KEYS = 1 << 24;

/** Each name with the forms it may take; one form found is enough. */
export function of(named: Iterable<[string, Buffer[]]>): Needles {
  const starts = new Uint8Array(KEYS);
  const byStart = new Map<number, { name: string; form: Buffer }[]>();
  for (const [name, forms] of named)
    for (const form of forms) {
      if (form.length < 3) throw new RangeError(`${name} is too short to be looked for`);
      const start = (form[0]! << 16) | (form[1]! << 8) | form[2]!;
      starts[start] = 1;
      byStart.set(start, [...(byStart.get(start) ?? []), { name, form }]);
    }
  return {
    in(bytes) {
      const found = new Set<string>();
      const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let key = 0;
      for (let i = 0; i < whole.length; i++) {
        key = ((key << 8) | whole[i]!) & (KEYS - 1);
        if (starts[key] === 0 || i < 2) continue;
        for (const { name, form } of byStart.get(key)!)
          if (!found.has(name) && form.equals(whole.subarray(i - 2, i - 2 + form.length))) found.add(name);
      }
      return found;
    },
  };
}
