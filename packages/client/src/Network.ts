// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import type { Follower } from '@islet/chain/Follower';
import type { View } from '@islet/chain/View';
import { fromHex } from '@islet/core/crypto/bytes';
import type { Service } from './Http.js';
import type { Place, Seen } from './Hubs.js';
import { PATIENCE_SECONDS } from './limits.js';

/** The parts a wallet works with. `chain` is its own verified view; everything else is believed only with proof. */
export type Network = {
  deployment: Deployment;
  chain: Follower<View>;
  /** Where what is new of a person goes: the installation's, or, from `Hubs.at`, the one that the person named. */
  hub: Service;
  /** Only from `Hubs.at`: all hubs that the person named, whom else to ask for papers, and the installation's own. */
  places?: Place[];
  others?: Service[];
  installed?: Service;
  /** Where people said that their data are; without, every question is asked as if for the first time. */
  hubsSeen?: Seen;
  /** In the order of their indices, from 1. */
  custodians: Service[];
  gateway: Service;
  now: () => number;
  random: (length: number) => Uint8Array;
};

/** The fields that tie a message to its chain and contract, and its deadline. */
export const placeOf = (
  network: Network,
  contract: 'identity' | 'circles' | 'consent' | 'reviews' | 'erasure' | 'recovery',
) => ({
  chain: BigInt(network.deployment.chainId),
  target: fromHex(network.deployment[contract]),
});

export const deadline = (network: Network): number => Math.floor(network.now() / 1000) + PATIENCE_SECONDS;

/** A fresh number for an unordered nonce. */
export const nonce = (network: Network): bigint =>
  network.random(16).reduce((n, b) => n * 256n + BigInt(b), 0n);
