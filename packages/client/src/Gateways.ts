// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Network } from './Network.js';
import type { Person } from './Person.js';

/** The network as a person uses it: with the gateway that they moved to, where they did. */
export const of = <N extends Pick<Network, 'gateway'>>(network: N, { notes }: Pick<Person, 'notes'>): N =>
  notes.gatewayUrl === undefined ? network : at(network, notes.gatewayUrl);

/** The same network with another gateway. */
export const at = <N extends Pick<Network, 'gateway'>>(network: N, url: string): N => ({
  ...network,
  gateway: { ...network.gateway, url },
});
