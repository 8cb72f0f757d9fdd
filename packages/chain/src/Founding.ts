// Copyright the Islet authors. AGPL-3.0-or-later.
import type { ConstructorArgs } from './AbiTypes.js';
import { anchorsAbi } from './abi/Anchors.js';
import { bytecode } from './abi/bytecode.js';
import { circlesAbi } from './abi/Circles.js';
import { consentAbi } from './abi/Consent.js';
import { directoryAbi } from './abi/Directory.js';
import { erasureAbi } from './abi/Erasure.js';
import { identityAbi } from './abi/Identity.js';
import { membersAbi } from './abi/Members.js';
import { p256VerifierAbi } from './abi/P256Verifier.js';
import { recoveryAbi } from './abi/Recovery.js';
import { reviewsAbi } from './abi/Reviews.js';
import { webAuthnVerifierAbi } from './abi/WebAuthnVerifier.js';
import * as Deployment from './Deployment.js';
import type { Rpc } from './Rpc.js';
import type { Sender } from './Sender.js';
import * as Transaction from './Transaction.js';
import * as Wire from './Wire.js';

/** Who begins a consortium, and how it decides. */
export type Founding = ConstructorArgs<typeof membersAbi> & {
  /** Calls that one relay may make in an hour, to each contract. */
  budget: number;
};

/** Everything that the contracts may answer when they are deployed, for `Rpc.connect`. */
export const abis = [
  directoryAbi,
  membersAbi,
  identityAbi,
  anchorsAbi,
  circlesAbi,
  consentAbi,
  reviewsAbi,
  recoveryAbi,
  erasureAbi,
];

/**
 * Deploys all of Islet's contracts. `Identity` is told where `Recovery` is going to be, one transaction after it, so
 * nothing else may send with this key meanwhile: if it does, `Recovery` refuses, and it is to be begun anew.
 * Throws what `Sender.send` throws.
 */
export async function deploy(
  rpc: Rpc,
  sender: Sender,
  chainId: number,
  { budget, ...founders }: Founding,
): Promise<Deployment.Deployment> {
  const members = await Deployment.deploy(sender, membersAbi, bytecode.Members, founders);
  const common = { members_: members, budget_: BigInt(budget) };
  const nonce = await rpc.call('eth_getTransactionCount', [sender.address, 'pending'], Wire.count);
  const identity = await Deployment.deploy(sender, identityAbi, bytecode.Identity, {
    ...common,
    recovery_: Transaction.contractAddress(sender.address, nonce + 1),
  });
  const people = { ...common, identity_: identity };
  const recovery = await Deployment.deploy(sender, recoveryAbi, bytecode.Recovery, people);
  const anchors = await Deployment.deploy(sender, anchorsAbi, bytecode.Anchors, { members_: members });
  const circles = await Deployment.deploy(sender, circlesAbi, bytecode.Circles, people);
  const consent = await Deployment.deploy(sender, consentAbi, bytecode.Consent, {
    ...people,
    circles_: circles,
  });
  const reviews = await Deployment.deploy(sender, reviewsAbi, bytecode.Reviews, {
    ...people,
    consent_: consent,
  });
  const erasure = await Deployment.deploy(sender, erasureAbi, bytecode.Erasure, people);
  const p256Verifier = await Deployment.deploy(sender, p256VerifierAbi, bytecode.P256Verifier, {});
  const webAuthnVerifier = await Deployment.deploy(
    sender,
    webAuthnVerifierAbi,
    bytecode.WebAuthnVerifier,
    {},
  );
  const contracts = {
    members,
    identity,
    anchors,
    consent,
    reviews,
    recovery,
    erasure,
    p256Verifier,
    webAuthnVerifier,
    circles,
  };
  const directory = await Deployment.deploy(sender, directoryAbi, bytecode.Directory, { c: contracts });
  return { chainId, genesisHash: await Deployment.genesisHash(rpc), directory, ...contracts };
}
