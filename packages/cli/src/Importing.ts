// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Gateways from '@islet/client/Gateways';
import * as Importing from '@islet/client/Importing';
import type { Network } from '@islet/client/Network';
import type { Progress } from '@islet/client/Person';
import type { Reading } from '@islet/core/Reading';
import * as Large from '@islet/ingest/Large';
import type * as Summary from '@islet/ingest/Summary';
import type * as Home from './Home.js';
import * as People from './People.js';

/** Sends readings to the gateway as the person, and remembers in the data folder what was done. */
export const send = (
  home: Home.Home,
  network: Network,
  person: People.Person,
  readings: Reading[],
  onProgress: Progress,
): Promise<Importing.Sent> =>
  Importing.send(Gateways.of(network, person), person, readings, People.keeper(home), onProgress);

/** Reads a file that is too large to be held twice, and sends its readings as they come. */
export async function sendLarge(
  home: Home.Home,
  network: Network,
  person: People.Person,
  large: Large.Large,
  onProgress: Progress,
): Promise<{ sent: Importing.Sent; summary: Summary.Summary }> {
  const wanted = Importing.noneWanted();
  const survey = await Large.survey(
    large,
    (reading) => Importing.want(wanted, reading),
    (done, of) => onProgress('reading', done, of),
  );
  let read: [number, number] = [0, large.size];
  const pieces = Large.readings(large, survey, (done, of) => {
    read = [done, of];
  });
  // How many readings there will be is not what people know of such a file; how much of it is done is.
  const sent = await Importing.sendAll(
    Gateways.of(network, person),
    person,
    wanted,
    pieces,
    People.keeper(home),
    (what, n, of) => (what === 'sealing' ? onProgress(what, ...read) : onProgress(what, n, of)),
  );
  return { sent, summary: survey.summary };
}
