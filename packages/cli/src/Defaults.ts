// Copyright the Islet authors. AGPL-3.0-or-later.
import { connect } from './Connect.js';
import type * as Home from './Home.js';
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
}
