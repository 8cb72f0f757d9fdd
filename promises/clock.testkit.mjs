// Copyright the Islet authors. AGPL-3.0-or-later.
// Loaded before a program (NODE_OPTIONS=--import): its clock goes ahead by as many ms as the file says that ISLET_TEST_CLOCK
// names. The file is read once, at the start: every process of one start has the same clock.
import { readFileSync } from 'node:fs';

const ahead = Number(readFileSync(process.env.ISLET_TEST_CLOCK, 'utf8'));
const Real = globalThis.Date;

globalThis.Date = class MovedDate extends Real {
  constructor(...given) {
    super(...(given.length > 0 ? given : [Real.now() + ahead]));
  }
  static now() {
    return Real.now() + ahead;
  }
};
