// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Basal from './Basal.js';
import { type Row, rateWord } from './CareLinkRow.js';
import type { Outcome } from './Outcome.js';

/** Rates get the time they were given for: until the next one that the pump's log has, after suspensions too. */
export function deliver(rows: (Row | Outcome)[], outcomes: Outcome[]): Outcome[] {
  const found = outcomes.flatMap((outcome, i) => {
    const row = rows[i]!;
    if (outcome.is !== 'readings' || 'is' in row || row.cell('basal') === '') return [];
    const rate = outcome.readings.find((r) => r.kind === 'device' && r.what === rateWord);
    return rate?.kind === 'device' ? [{ outcome, rate, device: row.device }] : [];
  });
  const last = outcomes.reduce(
    (at, o) => (o.is === 'readings' ? Math.max(at, o.readings[0]!.at) : at),
    Number.NEGATIVE_INFINITY,
  );
  const inTime = found.length > 1 && found[0]!.rate.at > found.at(-1)!.rate.at ? found.toReversed() : found;
  const byDevice = new Map<string, typeof inTime>();
  for (const rate of inTime) {
    const own = byDevice.get(rate.device);
    if (own) own.push(rate);
    else byDevice.set(rate.device, [rate]);
  }
  for (const own of byDevice.values()) {
    const lengths = Basal.durations(
      own.map(({ rate }) => ({ at: rate.at, rate: rate.value, endsAt: null })),
      last,
    );
    own.forEach(({ outcome, rate }, i) => {
      const durationMs = lengths[i];
      if (durationMs === undefined) return;
      const { kind: _, what: __, value, ...common } = rate;
      const units = Basal.units(value ?? 0, durationMs);
      outcome.readings[outcome.readings.indexOf(rate)] = {
        ...common,
        kind: 'insulin',
        units,
        type: 'basal',
        durationMs,
      };
    });
  }
  return outcomes;
}
