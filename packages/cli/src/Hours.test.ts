// Copyright the Islet authors. AGPL-3.0-or-later.
import { always } from '@islet/core/Hours';
import { describe, expect, test } from 'vitest';
import * as Hours from './Hours.js';

const parse = (hours?: string, weekdays?: string) =>
  Hours.parse(
    { ...(hours !== undefined && { hours }), ...(weekdays !== undefined && { weekdays }) },
    always(60),
  );

describe('hours and weekdays as people type them', () => {
  test('stand for themselves', () => {
    expect(parse('08:00-15:30', 'mon-fri')).toEqual({
      ...{ weekdays: 31, fromMinute: 480, toMinute: 930, offsetMinutes: 60 },
    });
    expect(parse('00:00-24:00', 'MON,wed,sat-sun').weekdays).toBe(0b1100101);
    expect(parse()).toEqual(always(60));
  });

  test.each(['8-15', '08:00', '15:30-08:00', '08:00-08:00', '08:60-09:00', '08:00-24:01', ''])(
    'of %j are none',
    (text) => expect(() => parse(text)).toThrow(Hours.BadHoursError),
  );

  test.each(['', 'monday', 'fri-mon', 'mon,', 'mon-fri-sun,x'])('on %j are none', (text) =>
    expect(() => parse(undefined, text)).toThrow(Hours.BadHoursError),
  );
});
