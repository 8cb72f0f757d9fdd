// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Decision, Emergency, View } from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as EmergencyReason from '@islet/core/Emergency';
import { IsletError } from '@islet/core/IsletError';
import * as Look from '@islet/core/Look';
import * as Release from '@islet/core/Release';
import { parseList } from '@islet/core/wire/Ask';
import * as Stated from '@islet/core/wire/Stated';
import * as z from 'zod';
import { askGateway, statement } from './Account.js';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import type { Network } from './Network.js';
import * as Papers from './Papers.js';
import { openers, type Wallet } from './Wallet.js';

/** One line of who saw what: the request, the contract's decision, and the custodians' signed notes of release. */
export type Access = Decision & {
  /** `note` is the custodian's signed word as it gave it, `islet/release-note`. */
  releases: { custodian: number; at: number; epochs: number; note: Uint8Array }[];
  /** The role that the grant is for, where it is for one. */
  role: string | null;
  /** The circle that the grant is for, where it is for one, and the account of who keeps it. */
  circle: { id: string; keeper: string } | null;
  /**
   * Present where the look was an emergency. `reason` is what the reader stated, null where the hub has nothing of it
   * that fits the statement on chain: then the reader told the patient less than they are bound to.
   */
  emergency: (Emergency & { reason: EmergencyReason.Reason | null }) | null;
};

/** Every request about a patient's data, granted or refused, oldest first; and the custodians that gave no answer that holds. */
export async function accesses(
  network: Network,
  wallet: Wallet,
): Promise<{ accesses: Access[]; silent: number[] }> {
  await network.chain.follow();
  const view = network.chain.state;
  const silent: number[] = [];
  const notes = new Map<string, Access['releases']>();
  await Promise.all(
    network.custodians.map(async (service, i) => {
      const custodian = i + 1;
      const key = view.custodians.get(custodian)?.signingKey;
      const question = statement(network, wallet, 'askNotes', Stated.toCustodian(custodian));
      const told = key && (await notesOf(service, custodian, fromHex(key), question));
      if (!told) silent.push(custodian);
      for (const { note, bytes } of told || []) {
        const id = toHex(note.requestId);
        const line = { custodian, at: note.at, epochs: note.epochs.length, note: bytes };
        notes.set(id, [...(notes.get(id) ?? []), line]);
      }
    }),
  );
  const id = toHex(wallet.account);
  const mine = [...view.decisions.values()]
    .filter((d) => d.patient === id)
    .sort((a, b) => a.number - b.number);
  const told = mine.map(async (d): Promise<Access> => {
    const reader = view.grants.get(d.grantId)?.reader;
    return {
      ...d,
      releases: notes.get(d.requestId) ?? [],
      role: reader !== undefined && view.roles.has(reader) ? reader : null,
      circle: circleOf(view, reader),
      emergency: await emergencyOf(network, wallet, d.requestId),
    };
  });
  return {
    accesses: await Promise.all(told),
    silent: silent.sort((a, b) => a - b),
  };
}

/** The circle of that id, as the log names it. */
export function circleOf(view: View, id: string | undefined): Access['circle'] {
  const circle = id === undefined ? undefined : view.circles.get(id);
  return circle ? { id: id!, keeper: circle.keeper } : null;
}

async function emergencyOf(
  network: Network,
  wallet: Wallet,
  requestId: string,
): Promise<Access['emergency']> {
  const emergency = network.chain.state.emergencies.get(requestId);
  if (!emergency) return null;
  const statement = fromHex(emergency.statement);
  const mine = await Hubs.at(network, wallet.account);
  const papers = await Papers.under(mine, fromHex(requestId)).catch((error) => {
    // A hub that is away or spoils papers keeps the reason to itself; the look is on record all the same.
    if (error instanceof IsletError) return [];
    throw error;
  });
  const reason = papers.map((paper) => reasonIn(paper, statement, wallet)).find((r) => r !== undefined);
  return { ...emergency, reason: reason ?? null };
}

function reasonIn(
  paper: Uint8Array,
  statement: Uint8Array,
  wallet: Wallet,
): EmergencyReason.Reason | undefined {
  try {
    return openers(wallet)
      .map((seed) => EmergencyReason.open(paper, statement, seed))
      .find((opened) => opened !== undefined);
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** A custodian's notes, each signed by it and about itself; `undefined` where any is not, or it does not answer. */
async function notesOf(
  service: Http.Service,
  custodian: number,
  signingKey: Uint8Array,
  question: Uint8Array,
): Promise<{ note: Release.Note; bytes: Uint8Array }[] | undefined> {
  try {
    const notes: { note: Release.Note; bytes: Uint8Array }[] = [];
    for (const bytes of parseList('islet/notes', await Http.post(service, '/v1/notes', question))) {
      const note = await Release.parseNote(bytes, signingKey);
      // Stops: a custodian that writes its releases down to another.
      if (note?.custodian !== custodian) return undefined;
      notes.push({ note, bytes });
    }
    return notes;
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

const looksSchema = z.object({
  looks: z.array(
    z.object({
      account: z.string(),
      device: z.string(),
      at: z.int(),
      count: z.int(),
      previous: z.string(),
      signature: z.string(),
    }),
  ),
});

/**
 * The newest looks of the person's own devices into the gateway's local window, oldest first. `sound` is false where
 * a line is missing among them, altered, or not signed by that gateway.
 */
export async function looks(
  network: Network,
  wallet: Wallet,
  gatewayKey: Uint8Array,
): Promise<{ looks: Look.Look[]; sound: boolean }> {
  const { looks } = looksSchema.parse(await askGateway(network, wallet, 'askLooks', '/v1/looks'));
  const mine = looks.every((look) => look.account === toHex(wallet.account));
  return { looks, sound: mine && (await Look.verify(looks, gatewayKey)) };
}
