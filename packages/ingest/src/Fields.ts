// Copyright the Islet authors. AGPL-3.0-or-later.
// Fields that programs name in several ways, by those names; `Json` says what one value is taken for.
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import * as Json from './Json.js';
import { maxNameLength, maxValue } from './Limits.js';

/** The first of the fields that holds a text or a number, as a text of at most `most` characters. */
export function text(of: Json.Fields, names: string[], most: number = maxNameLength): string {
  for (const name of names) {
    const value = of[name];
    const found = typeof value === 'number' ? Json.number(value)?.toString() : Json.text(value, most);
    if (found !== undefined) return found;
  }
  return '';
}

/** The first of the fields that holds a finite number, also one written as a text. */
export function number(of: Json.Fields, names: string[]): number | undefined {
  for (const name of names) {
    const value = of[name];
    const counted =
      typeof value === 'string' && value.length <= maxNameLength ? Amount.whole(value) : undefined;
    const found = Json.loose(value) ?? counted;
    if (found !== undefined) return found + 0;
  }
  return undefined;
}

/** The first of the fields that holds a number that a reading can carry. */
export function value(of: Json.Fields, names: string[]): number | undefined {
  const found = number(of, names);
  return found !== undefined && Math.abs(found) <= maxValue ? found : undefined;
}

/** The field where it is a number from 0 to `most`; `undefined` where there is none, `null` for anything else. */
export function upTo(of: Json.Fields, names: string[], most: number): number | null | undefined {
  const held = names.some((name) => of[name] !== undefined && of[name] !== null && of[name] !== '');
  if (!held) return undefined;
  const value = number(of, names);
  return value !== undefined && value >= 0 && value <= most ? value : null;
}

/** The source's own name of a record, where it is short enough to be one. */
export function id(of: Json.Fields, names: string[]): string | null {
  for (const name of names) {
    const given = of[name];
    // Databases write their own as `{"$oid": …}`.
    const value = Json.isFields(given) ? given.$oid : given;
    const written = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    if (typeof written === 'string' && written !== '' && written.length <= maxNameLength)
      return clip(written, maxNameLength);
  }
  return null;
}
