// Copyright the Islet authors. AGPL-3.0-or-later.

/** A text at most so many UTF-16 units long, never ending in half a character, and without lone surrogates. */
export function clip(text: string, most: number): string {
  const cut = text.length > most ? text.slice(0, most) : text;
  // A half at the very end is a whole that was cut; elsewhere it was broken before.
  const whole = cut.length < text.length ? cut.replace(/[\uD800-\uDBFF]$/, '') : cut;
  return whole.replace(/\p{Surrogate}/gu, '\uFFFD');
}
