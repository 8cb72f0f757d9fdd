// Copyright the Islet authors. AGPL-3.0-or-later.

/** Where an object lies: pack number, offset of its frame, length of its bytes. */
export type Place = { pack: number; offset: number; length: number };

const free = 0;
const removed = -1;

/**
 * 32-byte keys to places, about 60 bytes each: a million objects fit where a `Map` of strings would take four times as much.
 * Open addressing over dense columns. The keys are hashes already, so their first bytes spread well.
 */
export class KeyIndex {
  #keys = new Uint8Array(32 * 64);
  #places = new Uint32Array(3 * 64);
  #vacant: number[] = [];
  #rows = 0;
  /** Row + 1, `free` or `removed`. */
  #slots = new Int32Array(128);
  #used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): Place | undefined {
    const slot = this.#find(key);
    if (slot === undefined) return undefined;
    return this.#placeOf(this.#slots[slot]! - 1);
  }

  set(key: Uint8Array, place: Place): void {
    const known = this.#find(key);
    if (known !== undefined) {
      this.#write(this.#slots[known]! - 1, place);
      return;
    }
    if ((this.#used + 1) * 2 > this.#slots.length) this.#rehash();
    const row = this.#vacant.pop() ?? this.#newRow();
    this.#keys.set(key, row * 32);
    this.#write(row, place);
    this.#insert(key, row);
    this.#size++;
  }

  remove(key: Uint8Array): void {
    const slot = this.#find(key);
    if (slot === undefined) return;
    const row = this.#slots[slot]! - 1;
    this.#slots[slot] = removed;
    this.#keys.fill(0, row * 32, row * 32 + 32);
    this.#places.fill(0, row * 3, row * 3 + 3);
    this.#vacant.push(row);
    this.#size--;
  }

  /** Every key and place; the keys are views, good until the next change. */
  *entries(): Generator<{ key: Uint8Array; place: Place }> {
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const row = this.#slots[slot]! - 1;
      if (row >= 0) yield { key: this.#keys.subarray(row * 32, row * 32 + 32), place: this.#placeOf(row) };
    }
  }

  /** All keys, one after the other, as they are now. */
  snapshot(): Uint8Array {
    const out = new Uint8Array(this.#size * 32);
    let at = 0;
    for (const { key } of this.entries()) {
      out.set(key, at);
      at += 32;
    }
    return out;
  }

  #placeOf(row: number): Place {
    const [pack, offset, length] = this.#places.subarray(row * 3, row * 3 + 3);
    return { pack: pack!, offset: offset!, length: length! };
  }

  #write(row: number, place: Place): void {
    this.#places[row * 3] = place.pack;
    this.#places[row * 3 + 1] = place.offset;
    this.#places[row * 3 + 2] = place.length;
  }

  #find(key: Uint8Array): number | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = startOf(key) & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot]!;
      if (row === free) return undefined;
      if (row !== removed && this.#isAt(row - 1, key)) return slot;
    }
  }

  #isAt(row: number, key: Uint8Array): boolean {
    for (let i = 0; i < 32; i++) if (this.#keys[row * 32 + i] !== key[i]) return false;
    return true;
  }

  #insert(key: Uint8Array, row: number): void {
    const mask = this.#slots.length - 1;
    let slot = startOf(key) & mask;
    while (this.#slots[slot]! > free) slot = (slot + 1) & mask;
    if (this.#slots[slot] === free) this.#used++;
    this.#slots[slot] = row + 1;
  }

  #rehash(): void {
    const rows = this.#slots.filter((row) => row > free);
    let length = this.#slots.length;
    while (length < (rows.length + 1) * 4) length *= 2;
    this.#slots = new Int32Array(length);
    this.#used = 0;
    for (const row of rows) this.#insert(this.#keys.subarray((row - 1) * 32, (row - 1) * 32 + 32), row - 1);
  }

  #newRow(): number {
    if (this.#rows * 32 === this.#keys.length) {
      const keys = new Uint8Array(this.#keys.length * 2);
      keys.set(this.#keys);
      const places = new Uint32Array(this.#places.length * 2);
      places.set(this.#places);
      this.#keys = keys;
      this.#places = places;
    }
    return this.#rows++;
  }
}

const startOf = (key: Uint8Array): number =>
  (key[0]! | (key[1]! << 8) | (key[2]! << 16) | (key[3]! << 24)) >>> 0;
