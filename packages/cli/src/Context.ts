// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Home from './Home.js';
import * as Output from './Output.js';

/** What every command works with. */
export type Context = {
  home: Home.Home;
  env: Record<string, string | undefined>;
  /** ms */
  now: () => number;
  output: (options: { json?: boolean | undefined }) => Output.Output;
  /** What the process ends with where nothing failed: not 0 where a command answered, and the answer is trouble. */
  exit: { code: number };
};

export function open(streams: Output.Streams, env: Record<string, string | undefined>): Context {
  const [people, json] = [Output.forPeople(streams), Output.asJson(streams)];
  return {
    home: Home.locate(env),
    env,
    now: streams.now,
    output: (options) => (options.json ? json : people),
    exit: { code: 0 },
  };
}
