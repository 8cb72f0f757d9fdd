// Copyright the Islet authors. AGPL-3.0-or-later.
// What this run started and wrote, to be ended and removed however it ends.

const closers = [];
const lastResorts = new Set();
let ending;

/** `close` runs at the end, the newest first. */
export function onEnd(close) {
  closers.push(close);
}

/** `act` runs, without waiting for anything, if this process ends before `onEnd` could do it better. */
export function atWorst(act) {
  lastResorts.add(act);
  return () => lastResorts.delete(act);
}

/** Whether the end has begun: what fails from then on fails because of it. */
export const isEnding = () => ending !== undefined;

export function end() {
  ending ??= (async () => {
    while (closers.length > 0) {
      const close = closers.pop();
      await Promise.resolve()
        .then(close)
        .catch((error) => console.error(`while cleaning up: ${error.message}`));
    }
  })();
  return ending;
}

/** Ctrl-C cleans up and then ends; a second one does only what cannot wait. */
export function listen() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      if (ending) process.exit(130);
      console.error('\nstopping; again to stop at once');
      end().then(() => process.exit(130));
    });
  process.on('exit', () => {
    for (const act of lastResorts) {
      try {
        act();
      } catch {
        // It is gone already, which is all that was wanted.
      }
    }
  });
}
