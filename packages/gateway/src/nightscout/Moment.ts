// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Zone from '@islet/ingest/Zone';
import type { Json } from './Json.js';

/** A moment, UTC ms, and the offset (minutes east) that its writer named, if any. */
export type Moment = { at: number; offset: number | undefined };

const earliestSeconds = 946_684_800;
const latestSeconds = 7_258_118_400;
const iso =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?))?\s*(Z|[+-]\d{2}:?\d{2}| \d{2}:?\d{2})?$/i;

/** Reads seconds, ms, or ISO 8601 with any zone (`+0100`; a blank stands for a plus that was not escaped) or none. */
export function parse(value: Json | undefined, zone: Zone.Zone): Moment | undefined {
  if (typeof value === 'number') return numeric(value);
  if (typeof value !== 'string' || value.length > 64) return undefined;
  const text = value.trim();
  if (/^\d{9,16}(\.\d+)?$/.test(text)) return numeric(Number(text));
  const found = iso.exec(text);
  if (!found) {
    const at = Date.parse(text);
    // Other ways of writing a time are taken only where they name their zone.
    return Number.isNaN(at) || !/(GMT|UTC|[+-]\d{4})/.test(text) ? undefined : { at, offset: undefined };
  }
  const [, date, time = '00:00', said] = found;
  const wall = Date.parse(`${date}T${time.replace(',', '.')}Z`);
  if (Number.isNaN(wall)) return undefined;
  if (!said) return { at: Zone.moments(zone, wall)[0] ?? Zone.skipped(zone, wall), offset: undefined };
  if (/^z$/i.test(said)) return { at: wall, offset: undefined };
  const digits = said.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3));
  const offset = digits.startsWith('-') ? -minutes : minutes;
  if (Math.abs(offset) > 1440) return undefined;
  return { at: wall - offset * 60_000, offset: offset || undefined };
}

function numeric(value: number): Moment | undefined {
  if (!Number.isFinite(value) || Math.abs(value) > 8.64e15) return undefined;
  const isSeconds = value >= earliestSeconds && value <= latestSeconds;
  return { at: Math.round(isSeconds ? value * 1000 : value) + 0, offset: undefined };
}

export const isoOf = (at: number): string => new Date(at).toISOString();
