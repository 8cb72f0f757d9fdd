// Copyright the Islet authors. AGPL-3.0-or-later.
// Making data unreadable for ever, with proof.
import * as Rpc from '@islet/chain/Rpc';
import type { Asked } from '@islet/client/Erasing';
import type { Progress } from '@islet/client/Person';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { type Extent, isEverything } from '@islet/core/Erasure';
import { ledgerUrl, validatorsOf } from './Connection.js';
import * as people from './people.js';
import * as Session from './Session.js';

/** What is left of an erasure: its proof. */
export type Erased = { certificate: string; name: string; everything: boolean };

/** Whether an erasure waits for its end. */
export const erasing = async (): Promise<boolean> =>
  Object.keys(Session.person().keeper.notes.erasures ?? {}).length > 0;

/** From the moment that it is recorded there is no way back. */
export async function erase(asked: Extent, onProgress: Progress): Promise<Erased> {
  const { network, vault, keep } = await Session.need();
  const { wallet, notes } = vault.keeper;
  onProgress('asking', 0, 1);
  const Erasing = await import('@islet/client/Erasing');
  const made = await Erasing.request(network, wallet, asked, (id) => notes.grantSalts?.[id]);
  notes.erasures = { ...notes.erasures, [toHex(made.erasureId)]: toHex(made.handover) };
  await keep(vault.keeper);
  return finish(made, isEverything(asked), onProgress);
}

/** Goes on with one that was not complete. */
export async function eraseOn(_: undefined, onProgress: Progress): Promise<Erased | null> {
  const [id, handover] = Object.entries(Session.person().keeper.notes.erasures ?? {})[0] ?? [];
  if (!id || !handover) return null;
  const { parseOrder } = await import('@islet/core/wire/Erasing');
  const made = { erasureId: fromHex(id), handover: fromHex(handover) };
  const order = parseOrder(made.handover);
  return order ? finish(made, isEverything(order.extent), onProgress) : null;
}

async function finish(made: Asked, everything: boolean, onProgress: Progress): Promise<Erased> {
  const { network, vault, config, keep } = await Session.need();
  const Erasing = await import('@islet/client/Erasing');
  const receipts = await Erasing.follow(network, made, ({ confirmed, of }) =>
    onProgress('erasing', confirmed, of),
  );
  const rpc = Rpc.connect(ledgerUrl());
  const certificate = await Erasing.certificate(network, rpc, validatorsOf(config), made, receipts);
  const id = toHex(made.erasureId);
  const { [id]: _, ...rest } = vault.keeper.notes.erasures ?? {};
  vault.keeper.notes.erasures = rest;
  await keep(vault.keeper);
  // What was kept to be read without a connection may be of what was erased.
  if (everything) await people.forget();
  else await Session.dropAll();
  return { certificate, name: `erasure-${id.slice(0, 8)}.json`, everything };
}
