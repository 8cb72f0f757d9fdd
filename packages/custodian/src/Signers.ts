// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode } from '@islet/core/codec';
import { fromHex } from '@islet/core/crypto/bytes';
import { type Guardians, parseGuardians } from '@islet/core/Guardians';
import { Journal } from '@islet/store/Journal';
import type { Vault } from './Vault.js';

/**
 * Who speaks for each account, by what the person and their guardians handed to us: the signer pinned at enrolment,
 * those added since, less those removed. Ids are hex. What the chain says of signers is asked besides.
 */
export type Signers = {
  /** Whether this signer speaks for the account now. */
  speaks(account: string, signer: string): boolean;
  /** Whether a grant signed by this signer counts: also one that stood before we were told to remove the signer. */
  granted(account: string, signer: string, grantId: string): boolean;
  /** A signer that was removed once never speaks again. */
  wasRemoved(account: string, signer: string): boolean;
  /** Nothing opens before, UTC ms of our clock: the account was recovered a short time ago. 0 where it never was. */
  opensAt(account: string): number;
  guardians(account: string): Stated | undefined;
  /** How many speak for the account. */
  count(account: string): number;
  /** The quorum that we saw for this attempt and signer: since when, ms of our clock, and whose. */
  seen(account: string, attempt: number, signer: string): Seen | undefined;
  hasWithdrawn(account: string, attempt: number, guardian: string): boolean;
  /** Whether the person objected, or the attempt has succeeded before, or a later one has. */
  isOver(account: string, attempt: number): boolean;
  add(account: string, signer: string): Promise<void>;
  /** `standing`: the account's grants that the chain has now. */
  remove(account: string, signer: string, standing: string[]): Promise<void>;
  setGuardians(account: string, version: number, document: Uint8Array): Promise<void>;
  /** A quorum seen before keeps its time, and may be joined. */
  see(account: string, attempt: number, signer: string, voices: string[], at: number): Promise<void>;
  /** Where too few are left of a quorum, it is one no longer: another begins the delay anew. */
  withdraw(account: string, attempt: number, guardian: string): Promise<void>;
  object(account: string, attempt: number): Promise<void>;
  /** From now on this signer alone. */
  recover(
    account: string,
    attempt: number,
    signer: string,
    standing: string[],
    opensAt: number,
  ): Promise<void>;
  close(): Promise<void>;
};

export type Seen = { attempt: number; signer: string; at: number; voices: Set<string> };

export type Stated = { version: number; rules: Guardians };

type Kept = {
  added: Set<string>;
  removed: Map<string, Set<string>>;
  guardians: Stated | undefined;
  seen: Seen[];
  /** `attempt/guardian` */
  withdrawn: Set<string>;
  objected: Set<number>;
  recovered: number;
  opensAt: number;
};

/** One change, as it is written down: what, whose, a signer, a number, a time, and more bytes. */
type Change = {
  what: string;
  account: string;
  signer: string;
  number: number;
  at: number;
  list: string[];
  document: Uint8Array;
};

const name = 'islet/custodian-signers';

/** Opens or begins the journal in that folder. */
export async function open(folder: string, vault: Vault): Promise<Signers> {
  const journal = await Journal.open(folder);
  const accounts = new Map<string, Kept>();
  for await (const { record } of journal.read()) learn(accounts, vault, parse(record));

  const of = (account: string): Kept | undefined => accounts.get(account);
  async function keep(change: Partial<Change> & Pick<Change, 'what' | 'account'>): Promise<void> {
    const whole = { signer: '', number: 0, at: 0, list: [], document: new Uint8Array(), ...change };
    await journal.append(format(whole));
    learn(accounts, vault, whole);
  }
  const speaks = (account: string, signer: string): boolean => {
    const kept = of(account);
    if (kept?.removed.has(signer)) return false;
    return kept?.added.has(signer) || vault.signerOf(fromHex(account)) === signer;
  };

  return {
    speaks,
    granted: (account, signer, grantId) =>
      speaks(account, signer) || (of(account)?.removed.get(signer)?.has(grantId) ?? false),
    wasRemoved: (account, signer) => of(account)?.removed.has(signer) ?? false,
    opensAt: (account) => of(account)?.opensAt ?? 0,
    guardians: (account) => of(account)?.guardians,
    count: (account) => {
      const kept = of(account);
      const first = vault.signerOf(fromHex(account));
      return (
        (kept?.added.size ?? 0) +
        (first !== undefined && !kept?.added.has(first) && speaks(account, first) ? 1 : 0)
      );
    },
    seen: (account, attempt, signer) =>
      of(account)?.seen.find((s) => s.attempt === attempt && s.signer === signer),
    hasWithdrawn: (account, attempt, guardian) =>
      of(account)?.withdrawn.has(`${attempt}/${guardian}`) ?? false,
    isOver: (account, attempt) => {
      const kept = of(account);
      return kept !== undefined && (kept.objected.has(attempt) || attempt <= kept.recovered);
    },
    add: (account, signer) => keep({ what: 'added', account, signer }),
    remove: (account, signer, list) => keep({ what: 'removed', account, signer, list }),
    setGuardians: (account, number, document) => keep({ what: 'guardians', account, number, document }),
    see: (account, number, signer, list, at) => keep({ what: 'seen', account, number, signer, list, at }),
    withdraw: (account, number, signer) => keep({ what: 'withdrawn', account, number, signer }),
    object: (account, number) => keep({ what: 'objected', account, number }),
    recover: (account, number, signer, list, at) =>
      keep({ what: 'recovered', account, number, signer, list, at }),
    close: () => journal.close(),
  };
}

function learn(accounts: Map<string, Kept>, vault: Vault, change: Change): void {
  const { account, signer, number, at } = change;
  const kept: Kept = accounts.get(account) ?? {
    ...{ added: new Set(), removed: new Map(), guardians: undefined, seen: [] },
    ...{ withdrawn: new Set(), objected: new Set(), recovered: 0, opensAt: 0 },
  };
  accounts.set(account, kept);
  switch (change.what) {
    case 'added':
      kept.added.add(signer);
      return;
    case 'removed':
      kept.added.delete(signer);
      kept.removed.set(signer, new Set(change.list));
      return;
    case 'guardians':
      kept.guardians = { version: number, rules: parseGuardians(change.document) };
      kept.seen = [];
      return;
    case 'seen': {
      const known = kept.seen.find((s) => s.attempt === number && s.signer === signer);
      if (!known) kept.seen.push({ attempt: number, signer, at, voices: new Set(change.list) });
      else for (const voice of change.list) known.voices.add(voice);
      return;
    }
    case 'withdrawn': {
      kept.withdrawn.add(`${number}/${signer}`);
      for (const s of kept.seen) if (s.attempt === number) s.voices.delete(signer);
      const enough = kept.guardians?.rules.threshold ?? 0;
      kept.seen = kept.seen.filter((s) => s.voices.size >= enough);
      return;
    }
    case 'objected':
      kept.objected.add(number);
      return;
    case 'recovered': {
      const first = vault.signerOf(fromHex(account));
      const former = [...kept.added, ...(first === undefined ? [] : [first])];
      for (const one of former) if (!kept.removed.has(one)) kept.removed.set(one, new Set(change.list));
      kept.added.clear();
      kept.added.add(signer);
      kept.seen = [];
      Object.assign(kept, { recovered: number, opensAt: at });
    }
  }
}

const format = (c: Change): Uint8Array =>
  encode(name, 1, [c.what, c.account, c.signer, c.number, c.at, c.list, c.document]);

function parse(record: Uint8Array): Change {
  const f = decode(name, 1, record);
  const change = {
    ...{ what: f.text(), account: f.text(), signer: f.text(4096), number: f.int(), at: f.int() },
    ...{ list: f.list((g) => g.text()), document: f.bytes() },
  };
  f.end();
  return change;
}
