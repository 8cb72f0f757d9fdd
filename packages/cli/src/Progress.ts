// Copyright the Islet authors. AGPL-3.0-or-later.
import { PROGRESS_MS, REDRAW_MS } from './limits.js';

/** How far long work is. */
export interface Progress {
  update(label: string, done: number, total: number): void;
  /** The work is over; what comes next stands on its own line. */
  end(): void;
}

/** As much of a terminal, or of a file, as progress needs. */
export type Sink = { write(text: string): unknown; columns?: number | undefined };

export const silent: Progress = { update: () => {}, end: () => {} };

const WIDTH = 24;

/** One line that is drawn over and over. */
export function bar(sink: Sink, now: () => number): Progress {
  let [drawnAt, label, full] = [-Infinity, '', false];
  return {
    update(next, done, total) {
      const finished = done >= total;
      if (next === label && finished === full && now() - drawnAt < REDRAW_MS) return;
      [drawnAt, label, full] = [now(), next, finished];
      const filled = Math.round(WIDTH * share(done, total));
      const line = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${percent(done, total)} ${next}`;
      sink.write(`\r\x1b[2K${line.slice(0, (sink.columns ?? 80) - 1)}`);
    },
    end() {
      if (drawnAt !== -Infinity) sink.write('\r\x1b[2K');
      [drawnAt, label, full] = [-Infinity, '', false];
    },
  };
}

/** A plain line at each new label and now and then, for logs and pipes. */
export function lines(sink: Sink, now: () => number): Progress {
  let [saidAt, label] = [-Infinity, ''];
  return {
    update(next, done, total) {
      if (next === label && now() - saidAt < PROGRESS_MS) return;
      [saidAt, label] = [now(), next];
      sink.write(`${percent(done, total)} ${next}\n`);
    },
    end() {
      [saidAt, label] = [-Infinity, ''];
    },
  };
}

const share = (done: number, total: number): number =>
  total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;

const percent = (done: number, total: number): string =>
  `${Math.floor(100 * share(done, total))}%`.padStart(4);
