// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Network } from '@islet/client/Network';
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
  await provision(home, network, 'me', 'patient', note);
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
    if (notes.role === 'patient' && notes.enrolled && !notes.erased)
      await provision(home, network, name, 'patient', note);
  }
}
