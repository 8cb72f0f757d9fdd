// Copyright the Islet authors. AGPL-3.0-or-later.
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
  /** Days the gateway holds keys for, by stream, as `[first, last]`. */
  keyed?: Record<string, [number, number][]>;
  /** An app of theirs may send anything at any time. */
  hasUploader?: boolean;
  devices?: { id: string; name: string; may: 'write' | 'read'; secret: string }[];
};

export type Person = { wallet: Wallet; notes: Notes };

/** Makes what is remembered of a person durable. */
export type Keep = (person: Person) => Promise<void>;

export type Progress = (what: string, done: number, of: number) => void;
