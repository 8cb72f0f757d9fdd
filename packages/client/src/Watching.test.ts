// Copyright the Islet authors. AGPL-3.0-or-later.
import * as View from '@islet/chain/View';
import { expect, test } from 'vitest';
import * as Watching from './Watching.js';

const [ana, ben, medic, nurse] = ['aa', 'bb', 'cc', 'dd'] as const;

/** Emergencies `e1`, `e2`, …: whose data, by whom. */
function viewOf(...looks: [patient: string, reader: string][]): View.View {
  const view = View.empty();
  for (const [i, [patient, reader]] of looks.entries())
    view.emergencies.set(`e${i + 1}`, {
      ...{ patient, reader, grantId: '00', statement: '00', at: 1000 * (i + 1), reviews: [] },
    });
  return view;
}

test('those watched are told of, oldest first, and nobody else', () => {
  const view = viewOf([ana, medic], [ben, medic], [ana, nurse]);
  expect(Watching.alarms(view, [ana], undefined).map((a) => a.requestId)).toEqual(['e1', 'e3']);
  expect(Watching.alarms(view, [], undefined)).toEqual([]);
});

test('what was told is not told again, and what came in the same block after it is', () => {
  const view = viewOf([ana, medic], [ben, medic], [ana, nurse]);
  for (const one of view.emergencies.values()) one.at = 1000;
  expect(Watching.alarms(view, [ana, ben], 'e1').map((a) => a.requestId)).toEqual(['e2', 'e3']);
  expect(Watching.newest(view)).toBe('e3');
  expect(Watching.alarms(view, [ana, ben], Watching.newest(view))).toEqual([]);
});

test('each says how often this reader had looked at this person, told or not', () => {
  const view = viewOf([ana, medic], [ben, medic], [ana, nurse], [ana, medic]);
  expect(Watching.alarms(view, [ana], 'e1').map((a) => [a.reader, a.count])).toEqual([
    [nurse, 1],
    [medic, 2],
  ]);
});

test('each says who vouches for the reader, or that nobody ever did', () => {
  const view = viewOf([ana, medic], [ana, nurse]);
  view.vouches.set(medic, { org: 'ee', number: 1, active: false });
  expect(Watching.alarms(view, [ana], undefined).map((a) => a.organisation)).toEqual(['ee', null]);
});
