// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import { text } from './receipts.js';

const at = (hour: number, minute = 0) => Date.UTC(2026, 0, 2, hour, minute) - 3_600_000;
const day = {
  day: '2026-01-02',
  received: 300,
  glucose: 288,
  segments: 2,
  stored: 2,
  anchored: 2,
  closed: true,
  gaps: [],
};

test('a day that is whole shows ticks; one under way, how far it is; gaps by the clock of the person', () => {
  const lines = text(
    [
      day,
      {
        ...day,
        stored: 1,
        anchored: 0,
        gaps: [
          { from: at(3, 5), to: at(4, 30) },
          { from: at(22), to: at(24) },
        ],
      },
      {
        ...day,
        received: 0,
        glucose: 0,
        segments: 0,
        stored: 0,
        anchored: 0,
        gaps: [{ from: at(0), to: at(24) }],
      },
    ],
    { backlog: { waiting: 1, refused: 1, unanchored: 1 } },
    60,
  ).split('\n');
  expect(lines).toEqual([
    '       day  received  stored  anchored   without glucose for over 45 minutes',
    '2026-01-02       300       ✓         ✓   ',
    '2026-01-02       300     1/2       0/2   03:05–04:30, 22:00–24:00',
    '2026-01-02         0       –         –   no glucose',
    'On its way: 1 sealed segments to the hub, 1 stored and waiting for their receipt.',
    'The hub refuses 1 segments at present; islet doctor says more.',
  ]);
});

test('nothing on its way is said as such', () => {
  const last = text([day], { backlog: { waiting: 0, refused: 0, unanchored: 0 } }, 0)
    .split('\n')
    .at(-1);
  expect(last).toBe('Everything that was received is stored at the hub and anchored.');
});
