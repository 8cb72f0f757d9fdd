// Copyright the Islet authors. AGPL-3.0-or-later.
const dexcom = { app: 'clarity', device: 'G6', id: null };
const nightscout = { app: 'xDrip-DexcomG5', device: 'G5', id: '5f2a' };
const at = Date.UTC(2026, 0, 1, 11, 5);

/** One reading of every kind, of several times, zones and ways of writing. */
export const readings = [
  { kind: 'glucose', at, offsetMinutes: 60, said: '2026-01-01T12:05:00', source: { ...dexcom, id: '8XK:1' }, value: 104, unit: 'mg/dL', beyond: null, method: 'cgm' },
  { kind: 'glucose', at: at + 300_000, offsetMinutes: 60, said: '2026-01-01T11:10:00.000Z', source: nightscout, value: 5.8, unit: 'mmol/L', beyond: null, method: 'scan' },
  { kind: 'glucose', at: at - 1, offsetMinutes: 60, said: 'Low', source: dexcom, value: 40, unit: 'mg/dL', beyond: 'low', method: 'meter' },
  { kind: 'insulin', at, offsetMinutes: -300, said: '01-01-2026 06:05', source: nightscout, units: 0.35, type: 'basal', durationMs: 300_000 },
  { kind: 'carbs', at, offsetMinutes: 60, said: '', source: nightscout, grams: 42.5 },
  { kind: 'activity', at, offsetMinutes: 60, said: '2026-01-01T11:05:00Z', source: nightscout, what: 'steps', amount: 1234, durationMs: 3_600_000 },
  { kind: 'device', at, offsetMinutes: 60, said: '2026-01-01 12:05:00', source: dexcom, what: 'calibration', value: 101 },
  { kind: 'device', at, offsetMinutes: 60, said: '2026-01-01 12:05:00', source: dexcom, what: 'sensor started', value: null },
  { kind: 'note', at: Date.UTC(1961, 3, 12, 6, 7), offsetMinutes: 180, said: '1961-04-12 09:07:00', source: { app: '', device: '', id: null }, text: 'Поехали! 🚀' },
  { kind: 'health', at, offsetMinutes: 60, said: '', source: nightscout, what: 'illness', text: 'a cold' },
  { kind: 'profile', at, offsetMinutes: 60, said: '', source: nightscout, what: 'Default', text: '{"dia":5}' },
  { kind: 'document', at, offsetMinutes: 60, said: '', source: nightscout, what: 'treatments', text: '{"eventType":"Note"}' },
];

export const summary = {
  intervalMinutes: 5,
  parts: [
    { index: 0, counts: { n: 12, sum: 1200, sumSquares: 121_000, veryLow: 0, low: 1, inRange: 9, high: 2, veryHigh: 0, tight: 5 } },
    { index: 23, counts: { n: 3, sum: 312, sumSquares: 32_450, veryLow: 0, low: 0, inRange: 3, high: 0, veryHigh: 0, tight: 3 } },
  ],
};

/** Fourteen days of which two hours have enough to be shown. */
export const report = {
  intervalMinutes: 5,
  days: 14,
  counts: { n: 12, sum: 1200, sumSquares: 121_000, veryLow: 0, low: 1, inRange: 9, high: 2, veryHigh: 0, tight: 5 },
  hours: [
    { hour: 0, bins: [[6, 1], [8, 2], [12, 4]] },
    { hour: 23, bins: [[9, 2], [19, 1]] },
  ],
};
