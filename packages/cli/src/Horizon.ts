// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Run } from '@islet/client/Account';
import * as Horizon from '@islet/client/Horizon';
import type { Network } from '@islet/client/Network';
import type * as Home from './Home.js';
import * as People from './People.js';

/** Gives the gateway keys for those days and remembers which in the data folder. */
export const keyDays = (
  home: Home.Home,
  network: Network,
  person: People.Person,
  runs: Run[],
  onProgress?: (done: number, of: number) => void,
): Promise<void> =>
  Horizon.keyDays(network, person, runs, People.keeper(home), (_, done, of) => onProgress?.(done, of));
