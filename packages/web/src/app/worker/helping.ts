// Copyright the Islet authors. AGPL-3.0-or-later.
// Being someone's guardian.
import { isOpen } from '@islet/chain/Recoveries';
import * as Drill from '@islet/client/Drill';
import * as Guarding from '@islet/client/Guarding';
import * as KeyRequest from '@islet/client/KeyRequest';
import * as Recovery from '@islet/client/Recovery';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';
import * as AskedWords from './AskedWords.js';
import * as Code from './Code.js';
import * as Handed from './Handed.js';
import { NotAskedError } from './NotAskedError.js';
import * as Session from './Session.js';

export type ChargeLine = {
  account: string;
  code: string;
  name: string | null;
  /** A recovery of theirs that is under way, and whether we approve of it. */
  recovery: { approvals: number; readyAt: number | null; mine: boolean } | null;
};

/** Whose guardian this person is. */
export async function charges(): Promise<ChargeLine[]> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  await network.chain.follow();
  const me = toHex(wallet.account);
  return Object.keys(notes.charges ?? {}).map((account) => {
    const attempts = [...(network.chain.state.recoveries.get(account)?.attempts.values() ?? [])];
    const open = attempts.findLast((a) => isOpen(a, network.now()));
    return {
      account,
      code: Code.ofAccount(fromHex(account)),
      name: notes.contacts?.[account] ?? null,
      recovery: open
        ? { approvals: open.approvals.size, readyAt: open.readyAt, mine: open.approvals.has(me) }
        : null,
    };
  });
}

/** What somebody sent to a guardian, or a new device to an old one. */
export type Asked = {
  is: 'invitation' | 'drill' | 'request';
  account: string;
  name: string | null;
  /** Whether we are that person's guardian. */
  charged: boolean;
};

/** Throws `WEB_NOT_ASKED`. */
export async function recogniseAsked(asked: { text: string }): Promise<Asked> {
  const { keeper } = Session.person();
  const found = kindOf(asked.text);
  if (!found) throw new NotAskedError();
  const account = toHex(found.account);
  return {
    is: found.is,
    account,
    name: keeper.notes.contacts?.[account] ?? null,
    charged: keeper.notes.charges?.[account] !== undefined,
  };
}

function kindOf(text: string): { is: Asked['is']; account: Uint8Array } | undefined {
  const invitation = Paper.read('islet/guardian-invitation/v1', text, 4);
  if (invitation) return { is: 'invitation', account: invitation.slice(0, 32) };
  const question = Paper.read('islet/drill-question/v1', text, 4);
  if (question) return { is: 'drill', account: question.slice(0, 32) };
  try {
    return { is: 'request', account: KeyRequest.read(text).account };
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}

/** Becomes a guardian. */
export async function acceptCharge(asked: { text: string; name: string }): Promise<void> {
  const { network, vault, keep } = await Session.need();
  const { notes } = vault.keeper;
  const account = await Guarding.accept(network, vault.keeper, keep, asked.text);
  notes.contacts = { ...notes.contacts, [toHex(account)]: asked.name };
  await keep(vault.keeper);
}

/** The answer to a drill, which gives nothing away. */
export async function answerDrill(asked: { text: string }): Promise<string> {
  return Drill.answer(Session.person().keeper, asked.text);
}

/** Approves after a call, and gives the answer for who asked: it is of use to them alone. */
export async function approveRecovery(asked: {
  text: string;
  words: string;
}): Promise<{ text: string; bytes: Uint8Array }> {
  const { network, vault } = await Session.need();
  const request = AskedWords.read(asked.text, asked.words);
  const bytes = await Recovery.approve(network, vault.keeper, request);
  return { text: Handed.textOf(bytes), bytes };
}

/** Takes an approval back. */
export async function withdrawApproval(asked: { account: string }): Promise<{ told: number; of: number }> {
  const { network, vault } = await Session.need();
  return Recovery.withdraw(network, vault.keeper, fromHex(asked.account));
}
