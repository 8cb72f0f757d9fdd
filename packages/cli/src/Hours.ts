// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Hours from '@islet/core/Hours';
import { IsletError } from '@islet/core/IsletError';

const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `08:00-15:30` and `mon-fri,sun`, as `--hours` and `--weekdays` take them. Throws `CLI_BAD_HOURS`. */
export function parse(text: { hours?: string; weekdays?: string }, otherwise: Hours.Hours): Hours.Hours {
  const times = text.hours === undefined ? otherwise : timesOf(text.hours);
  const weekdays = text.weekdays === undefined ? otherwise.weekdays : weekdaysOf(text.weekdays);
  return { ...otherwise, fromMinute: times.fromMinute, toMinute: times.toMinute, weekdays };
}

function timesOf(text: string): { fromMinute: number; toMinute: number } {
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text)?.slice(1).map(Number);
  if (!found) throw new BadHoursError();
  const [h, m, hh, mm] = found as [number, number, number, number];
  const [fromMinute, toMinute] = [h * 60 + m, hh * 60 + mm];
  // Over midnight would be two grants.
  if (m > 59 || mm > 59 || toMinute > Hours.minutesPerDay || fromMinute >= toMinute)
    throw new BadHoursError();
  return { fromMinute, toMinute };
}

function weekdaysOf(text: string): number {
  let mask = 0;
  for (const part of text.toLowerCase().split(',')) {
    const [from, to = from] = part.split('-').map((name) => names.indexOf(name.trim()));
    if (from === undefined || to === undefined || from < 0 || to < from) throw new BadHoursError();
    for (let bit = from; bit <= to; bit++) mask |= 1 << bit;
  }
  return mask;
}

export class BadHoursError extends IsletError {
  override readonly name = 'Hours.BadHoursError';
  constructor() {
    super(
      'CLI_BAD_HOURS',
      '--hours takes times like 08:00-15:30, up to 24:00 and not over midnight; --weekdays days like mon-fri or mon,wed.',
    );
  }
}
