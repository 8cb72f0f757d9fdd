// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import { IsletError } from '@islet/core/IsletError';
import type { Stream } from '@islet/core/Stream';
import type { Session } from './Session.js';

const none = { segments: 0, receipts: 0, heads: 0, chainHead: 0, completeUntil: 0 };

/** A wallet that was just made has stated nothing yet; that is no fault. */
export async function ownOf(
  { network, vault }: Session,
  wanted: Stream[],
  firstDay: number,
  lastDay: number,
): Promise<Access.Opened> {
  try {
    return await Access.own(network, vault.keeper.wallet, { streams: wanted, firstDay, lastDay });
  } catch (error) {
    const empty = error instanceof IsletError && error.code === 'STREAM_NOT_SERVED';
    if (!empty) throw error;
    return { requestId: '', segments: [], verified: none, custodians: [] };
  }
}
