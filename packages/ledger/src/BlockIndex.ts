// Copyright the Islet authors. AGPL-3.0-or-later.
// Which blocks mention a value: transaction and block hashes, log addresses and topics. Typed arrays, since a
// JavaScript map of a million hashes would cost ten times as much. Two values may share an entry (their 64-bit
// hashes may collide), so readers check what they find: the index only ever says "perhaps".

const FREE = 0;

export type BlockIndex = {
  /** Notes that a block mentions the key. Blocks come in ascending order. */
  add(key: string, block: number): void;
  /** How many blocks may mention the key. */
  count(key: string): number;
  /** The blocks from `from` to `to` that may mention the key, newest first. */
  find(key: string, from: number, to: number): number[];
};

export function create(): BlockIndex {
  let capacity = 1024;
  let used = 0;
  // Per slot: two halves of the key's hash, the newest node (its number plus one), how many nodes.
  let slots = new Uint32Array(capacity * 4);
  // Per node: block, the next older node (its number plus one).
  let nodes = new Uint32Array(2048);
  let nodeCount = 0;

  const slotOf = (high: number, low: number): number => {
    let i = low & (capacity - 1);
    while (slots[i * 4 + 2] !== FREE && (slots[i * 4] !== high || slots[i * 4 + 1] !== low)) {
      i = (i + 1) & (capacity - 1);
    }
    return i * 4;
  };

  const grow = (): void => {
    const old = slots;
    capacity *= 2;
    slots = new Uint32Array(capacity * 4);
    for (let i = 0; i < old.length; i += 4) {
      if (old[i + 2] !== FREE) slots.set(old.subarray(i, i + 4), slotOf(old[i]!, old[i + 1]!));
    }
  };

  return {
    add(key, block) {
      if (used * 10 > capacity * 6) grow();
      const [high, low] = hash(key);
      const slot = slotOf(high, low);
      const newest = slots[slot + 2]!;
      if (newest === FREE) {
        slots[slot] = high;
        slots[slot + 1] = low;
        used += 1;
      } else if (nodes[(newest - 1) * 2] === block) {
        return;
      }
      if ((nodeCount + 1) * 2 > nodes.length) {
        const larger = new Uint32Array(nodes.length * 2);
        larger.set(nodes);
        nodes = larger;
      }
      nodes[nodeCount * 2] = block;
      nodes[nodeCount * 2 + 1] = newest;
      nodeCount += 1;
      slots[slot + 2] = nodeCount;
      slots[slot + 3]! += 1;
    },
    count(key) {
      return slots[slotOf(...hash(key)) + 3]!;
    },
    find(key, from, to) {
      const found: number[] = [];
      let node = slots[slotOf(...hash(key)) + 2]!;
      while (node !== FREE) {
        const block = nodes[(node - 1) * 2]!;
        if (block < from) break;
        if (block <= to) found.push(block);
        node = nodes[(node - 1) * 2 + 1]!;
      }
      return found;
    },
  };
}

/** Two 32-bit multiplicative hashes of a short ASCII text, mixed at the end. Not for adversaries: see above. */
function hash(text: string): [number, number] {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b ^ c, 0xcc9e2d51);
  }
  a = Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) ^ (b >>> 13);
  b = Math.imul(b ^ (b >>> 13), 0x297a2d39) ^ (a >>> 16);
  return [a >>> 0, (b ^ (b >>> 15)) >>> 0];
}
