// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Row } from './Database.js';

/** What a stretch of the journal, up to position `to`, adds to the index. */
export type Rows = {
  to: number;
  segments: Row<'segments'>[];
  epochs: Row<'epochs'>[];
  shares: Row<'shares'>[];
  heads: Row<'heads'>[];
  /** Heads no longer shown. */
  passed: Pick<Row<'heads'>, 'map_key' | 'position'>[];
  batches: Row<'batches'>[];
  pieces: Row<'pieces'>[];
  grants: Row<'grants'>[];
  public_keys: Row<'public_keys'>[];
  papers: Row<'papers'>[];
  equivocations: Row<'equivocations'>[];
};

export const none = (to: number): Rows => ({
  to,
  segments: [],
  epochs: [],
  shares: [],
  heads: [],
  passed: [],
  batches: [],
  pieces: [],
  grants: [],
  public_keys: [],
  papers: [],
  equivocations: [],
});

export function merge(all: Rows[]): Rows {
  const out = none(all.at(-1)?.to ?? 0);
  for (const rows of all) {
    for (const name of names) (out[name] as unknown[]).push(...(rows[name] as unknown[]));
  }
  return out;
}

const names = Object.keys(none(0)).filter((name) => name !== 'to') as Exclude<keyof Rows, 'to'>[];

export const count = (rows: Rows): number => names.reduce((sum, name) => sum + rows[name].length, 0);
