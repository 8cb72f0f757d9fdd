// Copyright the Islet authors. AGPL-3.0-or-later.

/** Does pieces of work one after the other. A failure concerns only whoever asked for that piece. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>;

export function lane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
