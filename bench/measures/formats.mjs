// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Import from '@islet/ingest/Import';
import * as Figure from '../Figure.mjs';
import { series, writers } from '../FormatFiles.mjs';

/** The first runs compile. */
const runs = 3;

/** Reading of a made-up file of each format, in memory: recognised, every row accounted for, nothing sent. */
export async function measure(scene) {
  const rows = scene.quick ? 5_000 : 50_000;
  scene.say(`reading files of ${Figure.count(rows)} rows`);
  const list = series(rows);
  return Object.entries(writers).map(([name, write]) => {
    const bytes = write(list);
    let best = Number.POSITIVE_INFINITY;
    for (let n = 0; n < runs; n++) {
      const before = process.cpuUsage();
      const { format, summary } = Import.read(bytes, { zone: 'UTC', now: Date.now() });
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1_000);
      if (format !== name || summary.readings.glucose !== rows)
        throw new Error(`${name} was read as ${format} with ${summary.readings.glucose} glucose readings`);
    }
    const rate = (rows * 1_000) / best;
    return {
      what: `reading a file: ${name}`,
      measured: `${Figure.count(rate)} rows/s`,
      value: rate,
      unit: 'rows/s',
      met: null,
      note: `${Figure.megabytes(bytes.length)}, ${Figure.time(best)} of processor time, the best of ${runs}.`,
    };
  });
}
