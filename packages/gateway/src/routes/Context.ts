// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import type { Account, Accounts } from '../Accounts.js';
import type { Backlog } from '../Backlog.js';
import type { ChainView } from '../ChainView.js';
import type { Options as CloseOptions } from '../CloseDay.js';
import type { Closer } from '../Closer.js';
import type { CustodianKeys } from '../CustodianKeys.js';
import type { DeviceKeys } from '../DeviceKeys.js';
import type { Erasing } from '../Erasing.js';
import type { Events } from '../events.js';
import type { FairLane } from '../FairLane.js';
import type { Ingest } from '../Ingest.js';
import type { Keys } from '../Keys.js';
import type { Looks } from '../Looks.js';
import type { Puts } from '../Puts.js';
import type { AccountState } from '../State.js';

/** What the routes work with. */
export type Context = {
  deployment: Deployment;
  keys: Keys;
  accounts: Accounts;
  deviceKeys: DeviceKeys;
  chain: ChainView;
  custodians: CustodianKeys;
  /** Each device's turn at what all share. */
  fair: FairLane;
  ingest: Ingest;
  closing: CloseOptions;
  closer: Closer;
  puts: Puts;
  erasing: Erasing;
  /** Whether everything of the account was erased. */
  hasEnded: (account: Uint8Array) => boolean;
  backlog: Backlog;
  looks: Looks;
  stateOf: (account: Account) => AccountState;
  settleTimeoutMs: number;
  now: () => number;
  events: Events;
};
