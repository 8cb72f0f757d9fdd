// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import { Journal } from '@islet/store/Journal';

/** What this custodian did and was told, durable before it is relied on. */
export type Record = {
  /** The signed notes of releases of an account's data, oldest first. */
  notes(account: Uint8Array): Uint8Array[];
  keepNote(account: Uint8Array, note: Uint8Array): Promise<void>;
  /** Whether this patient told us that they revoked this grant. Another's word on it counts for nothing. */
  isRevoked(patient: Uint8Array, grantId: Uint8Array): boolean;
  keepRevoked(patient: Uint8Array, grantId: Uint8Array): Promise<void>;
  /** The highest revision released of a summary, by account, stream, day and gateway; -1 for none. */
  revision(key: string): number;
  keepRevision(key: string, revision: number): Promise<void>;
  close(): Promise<void>;
};

const name = 'islet/custodian-record';

const grantKey = (patient: Uint8Array, grantId: Uint8Array): string => `${toHex(patient)}/${toHex(grantId)}`;

export async function open(folder: string): Promise<Record> {
  const journal = await Journal.open(folder);
  const notes = new Map<string, Uint8Array[]>();
  const revoked = new Set<string>();
  const revisions = new Map<string, number>();

  function learn(what: string, key: string, value: Uint8Array, number: number): void {
    if (what === 'note') {
      const known = notes.get(key);
      if (known) known.push(value);
      else notes.set(key, [value]);
    } else if (what === 'revoked') revoked.add(key);
    else if (what === 'revision') revisions.set(key, Math.max(number, revisions.get(key) ?? -1));
  }
  async function keep(what: string, key: string, value: Uint8Array, number: number): Promise<void> {
    await journal.append(encode(name, 1, [what, key, value, number]));
    learn(what, key, value, number);
  }
  for await (const { record } of journal.read()) {
    const f = decode(name, 1, record);
    learn(f.text(), f.text(), f.bytes(), f.int());
  }

  const nothing = new Uint8Array();
  return {
    notes: (account) => [...(notes.get(toHex(account)) ?? [])],
    keepNote: (account, note) => keep('note', toHex(account), note, 0),
    isRevoked: (patient, grantId) => revoked.has(grantKey(patient, grantId)),
    async keepRevoked(patient, grantId) {
      const key = grantKey(patient, grantId);
      if (!revoked.has(key)) await keep('revoked', key, nothing, 0);
    },
    revision: (key) => revisions.get(key) ?? -1,
    keepRevision: (key, revision) => keep('revision', key, nothing, revision),
    close: () => journal.close(),
  };
}
