// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import { IsletError } from '@islet/core/IsletError';
import type { Stream } from '@islet/core/Stream';
import type { Session } from './Session.js';

/** What a person's look at their own data brings; null where nothing was ever stated: a wallet that was just made. */
export async function ownOf(
  { network, vault }: Session,
  wanted: Stream[],
  firstDay: number,
  lastDay: number,
): Promise<Access.Opened | null> {
  try {
    return await Access.own(network, vault.keeper.wallet, { streams: wanted, firstDay, lastDay });
  } catch (error) {
    if (error instanceof IsletError && error.code === 'STREAM_NOT_SERVED') return null;
    throw error;
  }
}
