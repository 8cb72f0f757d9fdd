// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
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
    const { commit } = parsed;
    const hex = toHex(commit.account);
    const state = states.get(hex) ?? State.empty(commit.account);
    states.set(hex, state);
    State.apply(
      state,
      commit,
      commit.units.map((unit) => openUnit(keys, commit, unit)),
    );
    Backlog.add(backlog, commit, position);
  }
  return { states, backlog, records };
}

function openUnit(keys: Keys, commit: Record.Commit, unit: Record.Unit): Record.Part[] | undefined {
  const aad = Record.associated(commit.account, unit);
  const plaintext = keys.openFromWindow(commit.arrivedOn, aad, unit.sealed);
  return plaintext && Record.parseParts(plaintext);
}
