// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import type { Epoch } from '@islet/core/Epoch';
import * as Shares from '@islet/core/Shares';
import type { Here } from '@islet/core/wire/Stated';

/** Who may deal a person's shares besides the gateways that sealed: keys that this person's signers named. */
export type Dealers = { here: Here; speaks: (signer: Uint8Array) => boolean };

/** As the chain has the person's signers; also former ones, since what they had dealt stays. */
export const of = (deployment: Deployment, view: View.View, account: Uint8Array): Dealers => ({
  here: hereOf(deployment),
  speaks: (signer) => View.spokeFor(view, account, signer),
});

/**
 * For a file that brings no list of signers and no chain to ask: any signer may have named. Nothing is opened with the
 * shares in such a file, and content keys are checked against epochs that gateways signed.
 */
export const ofFile = (deployment: Deployment): Dealers => ({
  here: hereOf(deployment),
  speaks: () => true,
});

/** Whether the shares are signed by who may deal for this epoch. */
export const isDealt = async (
  shares: Shares.Shares,
  epoch: Epoch,
  { here, speaks }: Dealers,
): Promise<boolean> => Shares.mayDeal(shares, epoch, here, speaks) && Shares.verify(shares, epoch);

/** Who answers for a dealing that is false. */
export const blamed = ({ naming }: Shares.Shares): string =>
  naming ? 'the person’s own wallet' : 'its gateway';
