// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import type { Follower } from '@islet/chain/Follower';
import type { View } from '@islet/chain/View';
import type { SigningKey } from '@islet/core/crypto/ed25519';
import type { Verifiers } from '@islet/core/Message';
import type { Record } from './Record.js';
import type { Signers } from './Signers.js';
import type { Vault } from './Vault.js';

/** Everything a custodian works with. */
export type Context = {
  index: number;
  signer: SigningKey;
  /** The secp256k1 key that signs what we say to contracts. */
  accountKey: Uint8Array;
  deployment: Deployment;
  /** Its own verified view of the chain. */
  chain: Follower<View>;
  vault: Vault;
  record: Record;
  signers: Signers;
  verifiers: Verifiers;
  now: () => number;
  random: (length: number) => Uint8Array;
};
