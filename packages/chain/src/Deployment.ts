// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import * as Abi from './Abi.js';
import type { ConstructorArgs } from './AbiTypes.js';
import * as Header from './Header.js';
import type { Rpc } from './Rpc.js';
import type { Sender } from './Sender.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

/** As the first version wrote it. */
const firstSchema = z.strictObject({
  chainId: z.int().positive(),
  genesisHash: Wire.hash,
  directory: Wire.address,
  members: Wire.address,
  identity: Wire.address,
  anchors: Wire.address,
  consent: Wire.address,
});

/** As the version before circles of carers wrote it. */
const formerSchema = firstSchema.extend({
  reviews: Wire.address,
  recovery: Wire.address,
  erasure: Wire.address,
  p256Verifier: Wire.address,
  webAuthnVerifier: Wire.address,
});

const schema = formerSchema.extend({ circles: Wire.address });

/** Where Islet is on a chain: pinned by everyone who takes part, and the same for all. */
export type Deployment = z.infer<typeof schema>;

/**
 * A deployment from JSON text. Throws `CHAIN_BAD_DEPLOYMENT`, or `CHAIN_OLD_DEPLOYMENT` for what an earlier version
 * deployed: those contracts take other messages, so nothing of theirs is read or written as if they were these.
 */
export function parse(json: string): Deployment {
  try {
    const value: unknown = JSON.parse(json);
    if ([firstSchema, formerSchema].some((old) => old.safeParse(value).success))
      throw new OldDeploymentError();
    return schema.parse(value);
  } catch (cause) {
    if (cause instanceof OldDeploymentError) throw cause;
    throw new BadDeploymentError('is not the JSON of a deployment', cause);
  }
}

export const format = (deployment: Deployment): string =>
  `${JSON.stringify(schema.parse(deployment), null, 2)}\n`;

/** The addresses whose events a `Follower` of this deployment needs. */
export const contracts = (d: Deployment): Hex[] => [
  d.directory,
  d.members,
  d.identity,
  d.anchors,
  d.circles,
  d.consent,
  d.reviews,
  d.recovery,
  d.erasure,
];

/** Deploys one contract and returns its address. Throws what `Sender.send` throws. */
export async function deploy<const A extends Abi.Abi>(
  sender: Sender,
  abi: A,
  bytecode: Hex,
  args: ConstructorArgs<A>,
): Promise<Hex> {
  const { contractAddress } = await sender.send({ data: Abi.encodeDeploy(abi, bytecode, args) });
  return contractAddress!;
}

/** The hash of block 0, to pin at deployment. The node's word: ask one's own. */
export async function genesisHash(rpc: Rpc): Promise<Hex> {
  return Header.verify(await rpc.call('eth_getBlockByNumber', ['0x0', false], Header.schema)).hash;
}

/** Throws `CHAIN_BAD_DEPLOYMENT` unless the node serves the deployment's chain. */
export async function requireSameChain(rpc: Rpc, deployment: Deployment): Promise<void> {
  const chainId = await rpc.call('eth_chainId', [], Wire.count);
  const genesis = await genesisHash(rpc);
  if (chainId !== deployment.chainId || genesis !== deployment.genesisHash)
    throw new BadDeploymentError('is of another chain than the node serves');
}

export class BadDeploymentError extends IsletError {
  override readonly name = 'BadDeploymentError';
  constructor(what: string, cause?: unknown) {
    super('CHAIN_BAD_DEPLOYMENT', `The deployment file ${what}. Get it anew from the operator.`, { cause });
  }
}

export class OldDeploymentError extends IsletError {
  override readonly name = 'OldDeploymentError';
  constructor() {
    super(
      'CHAIN_OLD_DEPLOYMENT',
      'The contracts were deployed by an earlier version of Islet, whose contracts cannot be changed and which this version does not speak to. Go on with the version that deployed them, or begin anew in another folder (ISLET_HOME) and import the data again.',
    );
  }
}
