// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Network } from '@islet/client/Network';
import * as Watching from '@islet/client/Watching';
import { toHex } from '@islet/core/crypto/bytes';
import type * as Home from './Home.js';
import * as People from './People.js';
import * as Who from './Who.js';

/** An emergency in words, and for programs. */
export type Told = {
  request: string;
  /** Whose data, as the one who is told calls them. */
  person: string;
  /** Their own, or of someone they guard. */
  own: boolean;
  reader: string;
  organisation: string | null;
  at: string;
  count: number;
  sentence: string;
};

/** What happened since the person was told last, and from now on it counts as told. */
export async function news(home: Home.Home, network: Network, person: People.Person): Promise<Told[]> {
  await network.chain.follow();
  const { state } = network.chain;
  const accounts = Watching.watched(network, person);
  const found = Watching.alarms(state, accounts, person.notes.toldEmergency);
  const tell = await teller(home, person);
  await told(home, person, Watching.newest(state));
  return found.map(tell);
}

/** Remembers the newest emergency that was told; other commands may have remembered other things meanwhile. */
export async function told(
  home: Home.Home,
  person: People.Person,
  newest: string | undefined,
): Promise<void> {
  if (newest === undefined || newest === person.notes.toldEmergency) return;
  person.notes.toldEmergency = newest;
  const now = await People.need(home, person.wallet.name);
  await People.remember(home, { ...now, notes: { ...now.notes, toldEmergency: newest } });
}

/** Puts an emergency in words, with the names that are known here. */
export async function teller(
  home: Home.Home,
  { wallet, notes }: People.Person,
): Promise<(alarm: Watching.Alarm) => Told> {
  const names = await Who.names(home);
  const own = toHex(wallet.account);
  return ({ requestId, patient, reader, organisation, at, count }) => {
    const isOwn = patient === own;
    const person = isOwn
      ? wallet.name
      : (notes.charges?.[patient]?.name ?? names.get(patient) ?? patient.slice(0, 12));
    const who = names.get(reader) ?? reader.slice(0, 12);
    const of =
      organisation === null
        ? 'for whom no organisation vouches'
        : `of organisation ${organisation.slice(0, 12)}`;
    const when = new Date(at).toISOString();
    const again = count > 1 ? `, for the ${count}th time` : '';
    const whose = isOwn ? 'your data' : `the data of ${person}, whose guardian you are,`;
    const why = isOwn
      ? 'The reason: npx islet reviews'
      : 'Call them. Only they can read the reason, and say whether it was justified.';
    return {
      ...{ request: requestId, person, own: isOwn, reader: who, organisation, at: when, count },
      sentence: `${when.slice(0, 16).replace('T', ' ')} UTC: ${who}, ${of}, opened ${whose} in an emergency${again}. ${why}`,
    };
  };
}
