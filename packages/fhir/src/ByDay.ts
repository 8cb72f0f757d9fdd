// Copyright the Islet authors. AGPL-3.0-or-later.
import type { OpenedPart as Part } from '@islet/client/Export';
import { kinds, type Reading } from '@islet/core/Reading';

/**
 * The readings of all streams together, one stream day after the other and in order of time within it; late data,
 * which may be of any day, last. A reading that is there twice, the same in every part, is given once. The same
 * segments give the same order, in whatever order they come.
 */
export function* readings(parts: readonly Part[]): Generator<Reading[]> {
  const days = new Map<number, Part[]>();
  for (const part of parts) {
    if (part.content.kind !== 'readings') continue;
    const day = part.day ?? Number.POSITIVE_INFINITY;
    days.set(day, [...(days.get(day) ?? []), part]);
  }
  for (const day of [...days.keys()].sort((a, b) => a - b)) yield inOrder(days.get(day)!);
}

function inOrder(parts: Part[]): Reading[] {
  const distinct = new Map<string, Reading>();
  for (const { content } of parts)
    if (content.kind === 'readings') for (const r of content.readings) distinct.set(JSON.stringify(r), r);
  return [...distinct]
    .sort(
      ([a, x], [b, y]) =>
        x.at - y.at || kinds.indexOf(x.kind) - kinds.indexOf(y.kind) || (a < b ? -1 : a > b ? 1 : 0),
    )
    .map(([, reading]) => reading);
}
