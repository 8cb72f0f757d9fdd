// Copyright the Islet authors. AGPL-3.0-or-later.

export type GroupCommit<Item, Result> = {
  /** Resolves once a commit that carries the item has returned; rejects with that commit's error. */
  add(item: Item): Promise<Result>;
  /** The weight of what is waiting. */
  readonly waiting: number;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
};

export type Committer<Item, Result> = {
  /** Commits all of the items, or throws for all of them. One call at a time; results in the order of the items. */
  commit(items: Item[]): Promise<Result[]>;
  weigh(item: Item): number;
  /** What one commit carries at most; a heavier single item goes alone. */
  maxWeight: number;
  /** Whether an item may share a commit with the first one. */
  mayJoin?(first: Item, item: Item): boolean;
  /** Runs when the queue has run empty, before the next commit. */
  rest?(): Promise<void>;
};

type Waiting<Item, Result> = {
  item: Item;
  weight: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

/** Whatever arrives while one commit is under way shares the next one: many callers, one `fdatasync`. Order is kept. */
export function groupCommit<Item, Result>(committer: Committer<Item, Result>): GroupCommit<Item, Result> {
  let queue: Waiting<Item, Result>[] = [];
  let waiting = 0;
  let running: Promise<void> | undefined;

  function take(): Waiting<Item, Result>[] {
    const first = queue[0]!;
    let count = 1;
    let weight = first.weight;
    while (count < queue.length) {
      const next = queue[count]!;
      weight += next.weight;
      if (weight > committer.maxWeight) break;
      if (committer.mayJoin && !committer.mayJoin(first.item, next.item)) break;
      count++;
    }
    const taken = queue.slice(0, count);
    queue = queue.slice(count);
    for (const one of taken) waiting -= one.weight;
    return taken;
  }

  async function run(): Promise<void> {
    // Callers of the same turn belong together.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = take();
      try {
        const results = await committer.commit(batch.map((one) => one.item));
        batch.forEach((one, i) => {
          one.resolve(results[i]!);
        });
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
      // Those just answered may have more to say before this counts as a rest.
      await new Promise(setImmediate);
      if (queue.length === 0) await committer.rest?.();
    }
    running = undefined;
  }

  return {
    add: (item) =>
      new Promise<Result>((resolve, reject) => {
        const weight = committer.weigh(item);
        waiting += weight;
        queue.push({ item, weight, resolve, reject });
        running ??= run();
      }),
    get waiting() {
      return waiting;
    },
    idle: async () => {
      while (running) await running;
    },
  };
}
