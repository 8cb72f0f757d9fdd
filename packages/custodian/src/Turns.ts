// Copyright the Islet authors. AGPL-3.0-or-later.
import { Refusal } from './Refusal.js';

/** Lets one go on at a time, the others wait in line. Throws `CUSTODIAN_BUSY` where the line is too long. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function open(longest: number): Turns {
  let line: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return (work) => {
    if (waiting >= longest)
      throw new Refusal(503, 'CUSTODIAN_BUSY', 'The custodian is busy. Try again in a moment.');
    waiting++;
    const mine = line.then(work).finally(() => {
      waiting--;
    });
    line = mine.catch(() => undefined);
    return mine;
  };
}
