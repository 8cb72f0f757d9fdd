// Copyright the Islet authors. AGPL-3.0-or-later.

/** A moment as its own clock showed it, with the offset: `2026-11-23T08:00:00.000+02:00`. */
export function iso(at: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, -1);
  if (offsetMinutes === 0) return `${local}Z`;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const far = Math.abs(offsetMinutes);
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(far / 60)}:${two(far % 60)}`;
}

/** The farthest that FHIR lets a clock be from UTC, minutes. */
const farthest = 14 * 60;

/** The same for FHIR, in UTC where the offset is none that it allows. */
export const fhir = (at: number, offsetMinutes: number): string =>
  iso(at, Math.abs(offsetMinutes) > farthest ? 0 : offsetMinutes);
