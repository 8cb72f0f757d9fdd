// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Deployment from '@islet/chain/Deployment';
import * as AccessCheck from '@islet/client/AccessCheck';
import * as ChainOnce from '@islet/client/ChainOnce';
import * as AccessFile from '@islet/fhir/AccessFile';
import type { Connected } from './Connect.js';
import * as OtherChain from './OtherChain.js';

export type Verified = AccessCheck.Checked & { format: AccessFile.Format; against: string; contract: string };

/**
 * Checks an export of who saw what against the chain behind an address, or, without one, by its signatures alone.
 * Where the checker knows the deployment, a file of another one is refused: `CLI_OTHER_CHAIN`.
 */
export const byAddress = (
  text: string,
  url: string | undefined,
  known: Deployment.Deployment | undefined,
  now: () => number,
): Promise<Verified> =>
  verify(text, async ({ deployment, validators }) => {
    const place = Deployment.parse(JSON.stringify(deployment));
    OtherChain.refuse(place, known);
    return url === undefined ? null : ChainOnce.follow(url, { deployment: place, validators }, now);
  });

/** Checks it against the chain that this installation follows. */
export const byOurs = (text: string, network: Connected): Promise<Verified> =>
  verify(text, async ({ deployment }) => {
    OtherChain.refuse(Deployment.parse(JSON.stringify(deployment)), network.deployment);
    const head = await network.chain.freshHead();
    return { view: network.chain.state, head: head.number };
  });

type Place = ChainOnce.Place;

async function verify(
  text: string,
  chainOf: (place: Place) => Promise<AccessCheck.Chain>,
): Promise<Verified> {
  try {
    const { format, record } = AccessFile.read(text);
    // What is written first: a person names a line by where it stands.
    const altered = AccessFile.firstAltered(text);
    if (altered !== undefined)
      throw new AccessCheck.AccessTamperedError(
        `line ${altered} of the file`,
        'what is written differs from the record',
      );
    const chain = await chainOf(record.chain);
    return {
      ...(await AccessCheck.check(record, chain)),
      format,
      against: chain
        ? `the chain at block ${chain.head}`
        : 'their signatures (give --chain to compare with the chain)',
      contract: record.chain.deployment.consent,
    };
  } catch (error) {
    // A record of another shape fails wherever it is first used.
    if (error instanceof TypeError || error instanceof RangeError)
      throw new AccessFile.UnreadableAccessError();
    throw error;
  }
}

/** The outcome as people read it. */
export const text = (v: Verified): string =>
  `All holds: ${v.requests} requests, ${v.notes} release notes and ${v.looks} looks against ${v.against}. Contract ${v.contract}.`;
