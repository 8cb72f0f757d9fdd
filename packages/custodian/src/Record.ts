// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import { type Order, parseOrder } from '@islet/core/wire/Erasing';
import { Journal } from '@islet/store/Journal';

/** What this custodian did and was told, durable before it is relied on. */
export type Record = {
  /** The signed notes of releases of an account's data, oldest first. */
  notes(account: Uint8Array): Uint8Array[];
  keepNote(account: Uint8Array, note: Uint8Array): Promise<void>;
  /** Whether this patient told us that they revoked this grant. Another's word on it counts for nothing. */
  isRevoked(patient: Uint8Array, grantId: Uint8Array): boolean;
  keepRevoked(patient: Uint8Array, grantId: Uint8Array): Promise<void>;
  /** Erasures that this patient handed us, as they were signed: they bind from then on. */
  erasures(account: Uint8Array): { order: Order; receipt: Uint8Array | null }[];
  keepErasure(order: Order): Promise<void>;
  /** The receipt of an erasure that was carried out. */
  keepReceipt(order: Order, receipt: Uint8Array): Promise<void>;
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
  const erasures = new Map<string, Map<string, { order: Order; receipt: Uint8Array | null }>>();

  function learnErasure(key: string, handover: Uint8Array): void {
    const order = parseOrder(handover);
    const mine = erasures.get(key) ?? new Map();
    erasures.set(key, mine);
    const id = order && toHex(order.signed.message.erasureId);
    if (id && !mine.has(id)) mine.set(id, { order, receipt: null });
  }

  function learn(what: string, key: string, value: Uint8Array, number: number): void {
    if (what === 'note') {
      const known = notes.get(key);
      if (known) known.push(value);
      else notes.set(key, [value]);
    } else if (what === 'revoked') revoked.add(key);
    else if (what === 'erase') learnErasure(key, value);
    else if (what === 'erased') {
      const [account, id] = key.split('/') as [string, string];
      const known = erasures.get(account)?.get(id);
      if (known) known.receipt = value;
    } else if (what === 'revision') revisions.set(key, Math.max(number, revisions.get(key) ?? -1));
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
    erasures: (account) => [...(erasures.get(toHex(account))?.values() ?? [])],
    async keepErasure({ signed: { message }, handover }) {
      const key = toHex(message.account);
      if (!erasures.get(key)?.has(toHex(message.erasureId))) await keep('erase', key, handover, 0);
    },
    keepReceipt: ({ signed: { message } }, receipt) =>
      keep('erased', `${toHex(message.account)}/${toHex(message.erasureId)}`, receipt, 0),
    revision: (key) => revisions.get(key) ?? -1,
    keepRevision: (key, revision) => keep('revision', key, nothing, revision),
    close: () => journal.close(),
  };
}
