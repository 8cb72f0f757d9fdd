// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Decision } from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Look from '@islet/core/Look';
import * as Release from '@islet/core/Release';
import { parseList } from '@islet/core/wire/Ask';
import * as z from 'zod';
import { statement } from './Account.js';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import type { Wallet } from './Wallet.js';

/** One line of who saw what: the request, the contract's decision, and the custodians' signed notes of release. */
export type Access = Decision & {
  /** `note` is the custodian's signed word as it gave it, `islet/release-note`. */
  releases: { custodian: number; at: number; epochs: number; note: Uint8Array }[];
};

/** Every request about a patient's data, granted or refused, oldest first; and the custodians that did not answer. */
export async function accesses(
  network: Network,
  wallet: Wallet,
): Promise<{ accesses: Access[]; silent: number[] }> {
  await network.chain.follow();
  const view = network.chain.state;
  const silent: number[] = [];
  const notes = new Map<string, Access['releases']>();
  const question = statement(network, wallet, 'askNotes');
  await Promise.all(
    network.custodians.map(async (service, i) => {
      const key = view.custodians.get(i + 1)?.signingKey;
      try {
        for (const bytes of parseList('islet/notes', await Http.post(service, '/v1/notes', question))) {
          const note = key && (await Release.parseNote(bytes, fromHex(key)));
          // Stops: a custodian that speaks for another.
          if (!note || note.custodian !== i + 1) continue;
          const id = toHex(note.requestId);
          const line = { custodian: note.custodian, at: note.at, epochs: note.epochs.length, note: bytes };
          notes.set(id, [...(notes.get(id) ?? []), line]);
        }
      } catch {
        silent.push(i + 1);
      }
    }),
  );
  const id = toHex(wallet.account);
  const mine = [...view.decisions.values()]
    .filter((d) => d.patient === id)
    .sort((a, b) => a.number - b.number);
  return { accesses: mine.map((d) => ({ ...d, releases: notes.get(d.requestId) ?? [] })), silent };
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
  const question = toHex(statement(network, wallet, 'askLooks'));
  const answer = await Http.get(network.gateway, '/v1/looks', { 'x-islet-statement': question });
  const { looks } = looksSchema.parse(Http.json(answer));
  const mine = looks.every((look) => look.account === toHex(wallet.account));
  return { looks, sound: mine && (await Look.verify(looks, gatewayKey)) };
}
