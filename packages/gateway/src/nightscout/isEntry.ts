// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';

/** Whether a reading is what Nightscout calls an entry: glucose, and what a sensor says of itself in a number. */
export const isEntry = (r: Reading): boolean =>
  r.kind === 'glucose' || (r.kind === 'device' && r.what.startsWith('sensor ') && r.value !== null);
