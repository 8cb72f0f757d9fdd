// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Outcome, refused } from './Outcome.js';

/**
 * The outcomes as they are where all rows that give readings are about one person; otherwise none of these is taken,
 * for nobody here can say which of them is you. `people` names whom each row is about, where it says.
 */
export function alone(outcomes: Outcome[], people: readonly unknown[]): Outcome[] {
  const named = new Set(people.filter((p, i) => p !== undefined && outcomes[i]!.is === 'readings'));
  if (named.size < 2) return outcomes;
  return outcomes.map((o) => (o.is === 'readings' ? refused(o.row, 'person') : o));
}
