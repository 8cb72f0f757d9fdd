// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * Which identities of a file stand on different readings, in 24 to 48 bytes each. By hash: two identities may be taken
 * for one, and then both are no names, which costs a reading nothing but its name.
 */
export type Identities = {
  /** Notes that an identity stands on a reading, told by its fingerprint. */
  note(id: string, fingerprint: string): void;
  isShared(id: string): boolean;
};

const smallest = 1024;
const lots = 2 ** 32;

export function identities(): Identities {
  let [keys, prints, used] = [new Float64Array(smallest), new Uint32Array(smallest), 0];
  const shared = new Set<number>();

  /** The place of a key, or the free one where it would stand. */
  function placeOf(key: number, among: Float64Array): number {
    let at = key % among.length;
    while (among[at] !== 0 && among[at] !== key) at = (at + 1) % among.length;
    return at;
  }

  function grow(): void {
    const [more, morePrints] = [new Float64Array(keys.length * 2), new Uint32Array(keys.length * 2)];
    keys.forEach((key, i) => {
      if (key === 0) return;
      const at = placeOf(key, more);
      more[at] = key;
      morePrints[at] = prints[i]!;
    });
    [keys, prints] = [more, morePrints];
  }

  return {
    note(id, fingerprint) {
      const key = keyOf(id);
      const print = keyOf(fingerprint) % lots;
      const at = placeOf(key, keys);
      if (keys[at] === key) {
        if (prints[at] !== print) shared.add(key);
        return;
      }
      keys[at] = key;
      prints[at] = print;
      used++;
      if (used * 2 > keys.length) grow();
    },
    isShared: (id) => shared.size > 0 && shared.has(keyOf(id)),
  };
}

/** 52 bits of a text, never 0: two multiplicative hashes side by side. */
function keyOf(text: string): number {
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b + unit, 0xcc9e2d51) ^ (b >>> 15);
  }
  a = Math.imul(a ^ (a >>> 16), 0x7feb352d);
  b = Math.imul(b ^ (b >>> 13), 0x846ca68b);
  a ^= a >>> 15;
  b ^= b >>> 16;
  return (a >>> 12) * lots + (b >>> 0) + 1;
}
