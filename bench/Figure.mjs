// Copyright the Islet authors. AGPL-3.0-or-later.
// Numbers as people read them: three digits, no more.

export function count(n) {
  if (!Number.isFinite(n)) return '–';
  if (Math.abs(n) >= 100) return String(Math.round(n)).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
  return String(Number(n.toPrecision(3)));
}

/** Of ms. */
export const time = (ms) => (ms >= 1_000 ? `${count(ms / 1_000)} s` : `${count(ms)} ms`);

export const kilobytes = (bytes) => `${count(bytes / 1_000)} kB`;

export const megabytes = (bytes) => `${count(bytes / 1_048_576)} MiB`;

/** How many times `a` is of `b`. */
export const times = (a, b) => `${count(a / b)} ×`;
