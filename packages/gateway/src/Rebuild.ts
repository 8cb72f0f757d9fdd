// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, toHex } from '@islet/core/crypto/bytes';
import type { Journal } from '@islet/store/Journal';
import * as Backlog from './Backlog.js';
import type { Keys } from './Keys.js';
import * as Record from './Record.js';
import * as State from './State.js';

export type Rebuilt = { states: Map<string, State.AccountState>; backlog: Backlog.Backlog; records: number };

/** Reads the journal from its beginning: calendars, chains, known readings, the window, and what the hub lacks. */
export async function rebuild(journal: Pick<Journal, 'read'>, keys: Keys): Promise<Rebuilt> {
  const states = new Map<string, State.AccountState>();
  const backlog = Backlog.empty();
  let records = 0;
  for await (const { position, record } of journal.read()) {
    records++;
    const parsed = Record.parse(record);
    if (parsed.is === 'mark') {
      Backlog.applyMark(backlog, parsed.mark);
      continue;
    }
    const account = accountOf(parsed);
    const hex = toHex(account);
    const state = states.get(hex) ?? State.empty(account);
    states.set(hex, state);
    applyTo(state, parsed, keys);
    if (parsed.is === 'commit') Backlog.add(backlog, parsed.commit, position);
  }
  return { states, backlog, records };
}

type OfAccount = Exclude<Record.Record, { is: 'mark' }>;

function accountOf(record: OfAccount): Uint8Array {
  if (record.is === 'commit') return record.commit.account;
  return record.is === 'erasing' ? record.begun.account : record.done.account;
}

function applyTo(state: State.AccountState, record: OfAccount, keys: Keys): void {
  if (record.is === 'erasing') State.beginErasure(state, record.begun);
  else if (record.is === 'erased') State.endErasure(state, record.done);
  else {
    const { commit } = record;
    State.apply(
      state,
      commit,
      commit.units.map((unit) => openUnit(keys, commit, unit)),
    );
  }
}

/** One account's state, out of the same records: what a restart would come to. */
export async function accountFrom(
  journal: Pick<Journal, 'read'>,
  keys: Keys,
  account: Uint8Array,
): Promise<State.AccountState> {
  const state = State.empty(account);
  for await (const { record } of journal.read()) {
    const parsed = Record.parse(record);
    if (parsed.is !== 'mark' && equal(accountOf(parsed), account)) applyTo(state, parsed, keys);
  }
  return state;
}

function openUnit(keys: Keys, commit: Record.Commit, unit: Record.Unit): Record.Part[] | undefined {
  const aad = Record.associated(commit.account, unit);
  const plaintext = keys.openFromWindow(commit.arrivedOn, aad, unit.sealed);
  return plaintext && Record.parseParts(plaintext);
}
