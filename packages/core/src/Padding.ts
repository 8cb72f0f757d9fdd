// Copyright the Islet authors. AGPL-3.0-or-later.
// Lengths speak: a padded run of readings tells only a coarse size. Multiples of 256 bytes up to 4 KiB,
// above that at most an eighth is added (in the spirit of PADMÉ, PETS 2019).

const step = 256;

const paddedLength = (length: number): number => {
  // The power of two at or below the length, over eight: in whole numbers, since every reader must find the same.
  const unit = Math.max(step, 2 ** (28 - Math.clz32(length)));
  return Math.ceil(length / unit) * unit;
};

/** Four bytes of length, the content, zeros. */
export function pad(content: Uint8Array): Uint8Array {
  const out = new Uint8Array(paddedLength(content.length + 4));
  new DataView(out.buffer).setUint32(0, content.length);
  out.set(content, 4);
  return out;
}

/** The content, or `undefined` where the padding is not the one `pad` makes. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < 4) return undefined;
  const length = new DataView(padded.buffer, padded.byteOffset).getUint32(0);
  if (padded.length !== paddedLength(length + 4)) return undefined;
  if (padded.subarray(4 + length).some((b) => b !== 0)) return undefined;
  return padded.slice(4, 4 + length);
}
