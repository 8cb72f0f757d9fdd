// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Power } from '@islet/core/Devices';
import type { Stream } from '@islet/core/Stream';
import type { Charge } from './Guarding.js';
import type { Taking } from './Takeover.js';
import type { Wallet } from './Wallet.js';

/** What a device that holds a wallet remembers of its person. */
export type Notes = {
  /** A patient has data and custodians; a clinician only reads. */
  role: 'patient' | 'clinician';
  /** The signed registration, hex. */
  registration?: string;
  enrolled?: boolean;
  /** Where stream days start, minutes east of UTC. Open to change until the first data are in. */
  dayOffsetMinutes?: number;
  hasData?: boolean;
  /** A passkey would bring back where days start as it is: it cannot change any more, data or not. */
  dayOffsetKept?: boolean;
  /** Days the gateway holds keys for, by stream, as `[first, last]`. */
  keyed?: Record<string, [number, number][]>;
  /** An app of theirs may send anything at any time. */
  hasUploader?: boolean;
  /** Where the person's gateway is, where they moved to another than the installation's own. */
  gatewayUrl?: string;
  /** The gateway of before, which may write until the move is at its end. */
  movedFrom?: { url: string; gatewayKey: string | null };
  /** Hubs that were left and are still to be told so: address in hex. */
  leftHubs?: { address: string; url: string }[];
  /** The gateway that holds their keys and devices, hex. */
  gatewayKey?: string;
  /** The salt of each grant by its id, hex: with it, the codes on chain can be said in words. */
  grantSalts?: Record<string, string>;
  /** Everything was erased: the account has ended. */
  erased?: boolean;
  /** Erasures asked for, by id: what it takes to follow them again, hex. */
  erasures?: Record<string, string>;
  /** What was stated of guardians last, hex, and when, UTC ms. */
  guardians?: { statement: string; setAt: number };
  /** What this person asked of patients, by the ask's id: the patient, the ask before it was sealed (hex), its deadline (UTC ms). */
  asked?: Record<string, { patient: string; ask: string; deadline: number }>;
  /** Asks that this person answered, by id, with their deadlines (UTC ms): none is shown a second time. */
  answered?: Record<string, number>;
  /** Accounts whose asks are not shown. Nobody else knows of them. */
  blocked?: string[];
  /** Whose guardian this person is, by account. */
  charges?: Record<string, Charge>;
  /** When a drill last showed that enough guardians could help, UTC ms. */
  drilledAt?: number;
  /** The account was another's to keep, and is being taken over: what of that is done. */
  taking?: Taking;
  devices?: { id: string; name: string; may: Power; secret: string; streams?: Stream[] }[];
};

export type Person = { wallet: Wallet; notes: Notes };

/** Makes what is remembered of a person durable. */
export type Keep = (person: Person) => Promise<void>;

export type Progress = (what: string, done: number, of: number) => void;
