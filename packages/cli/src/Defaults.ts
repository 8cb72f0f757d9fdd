// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Http from '@islet/client/Http';
import type { Network } from '@islet/client/Network';
import * as Signing from '@islet/client/Signing';
import { toHex } from '@islet/core/crypto/bytes';
import { connect } from './Connect.js';
import type * as Home from './Home.js';
import * as People from './People.js';
import { provision } from './Provision.js';
import type * as Services from './Services.js';

/** Who is in a fresh folder: one person and one clinician, and no data. */
export async function people(
  home: Home.Home,
  services: Services.Services,
  note: (text: string) => void,
): Promise<void> {
  await using network = await connect(home, services);
  await provision(home, network, 'clinic', 'clinician', note);
  if (!(await isOut(home, network, 'me'))) await ready(home, network, 'me', note);
  await renewAll(home, network, note);
}

/** Gives the gateway new keys of everyone here whose keys would run out. */
export async function renew(home: Home.Home, services: Services.Services): Promise<void> {
  await using network = await connect(home, services);
  await renewAll(home, network, () => {});
}

async function renewAll(home: Home.Home, network: Network, note: (text: string) => void): Promise<void> {
  for (const name of await People.names(home)) {
    const { notes } = await People.need(home, name);
    if (notes.role !== 'patient' || !notes.enrolled || notes.erased) continue;
    if (await isOut(home, network, name))
      note(`${name} signs for nobody any more: removed, or replaced in a recovery`);
    else await ready(home, network, name, note);
  }
}

/** A gateway elsewhere that is away must not keep this installation from starting. */
async function ready(
  home: Home.Home,
  network: Network,
  name: string,
  note: (text: string) => void,
): Promise<void> {
  try {
    await provision(home, network, name, 'patient', note);
  } catch (error) {
    const person = await People.find(home, name);
    if (person?.notes.gatewayUrl === undefined || !(error instanceof Http.UnreachableError)) throw error;
    note(
      `the gateway of ${name}, ${person.notes.gatewayUrl}, does not answer: its keys are renewed once it does`,
    );
  }
}

/** Whether a wallet here has ceased to speak for its account: then it can do nothing, and must not keep others from starting. */
async function isOut(home: Home.Home, network: Network, name: string): Promise<boolean> {
  const person = await People.find(home, name);
  if (!person) return false;
  await network.chain.follow();
  const account = network.chain.state.accounts.get(toHex(person.wallet.account));
  return account !== undefined && !account.signers.has(toHex(Signing.signerOf(network, person.wallet)));
}
