// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Importing from '@islet/client/Importing';
import type { Network } from '@islet/client/Network';
import type { Progress } from '@islet/client/Person';
import type { Reading } from '@islet/core/Reading';
import type * as Home from './Home.js';
import * as People from './People.js';

/** Sends readings to the gateway as the person, and remembers in the data folder what was done. */
export const send = (
  home: Home.Home,
  network: Network,
  person: People.Person,
  readings: Reading[],
  onProgress: Progress,
): Promise<Importing.Sent> => Importing.send(network, person, readings, People.keeper(home), onProgress);
