// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Deployment from '@islet/chain/Deployment';
import * as Followed from '@islet/chain/Followed';
import * as Rpc from '@islet/chain/Rpc';
import type { Network } from '@islet/client/Network';
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';

/** What the host tells the page. */
export type Config = {
  deployment: Deployment.Deployment;
  validators: string[];
  custodians: number;
  /** Where uploaders send to. */
  gateway: string;
};

export const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** The chain's node, through the host. */
export const ledgerUrl = (): string => new URL('/s/ledger', location.origin).href;

/** Asks the host where everything is. Throws `WEB_HOST_AWAY`. */
export async function config(): Promise<Config> {
  try {
    const answer = await fetch('/config.json', { cache: 'no-store' });
    const told = (await answer.json()) as Config;
    return { ...told, deployment: Deployment.parse(JSON.stringify(told.deployment)) };
  } catch (cause) {
    throw new HostAwayError(cause);
  }
}

export const validatorsOf = ({ validators }: Config): Uint8Array[] => validators.map(fromHex);

/** The services behind this page, and one's own view of the chain. */
export async function open(told: Config, openLog: Followed.Options['openLog']): Promise<Network> {
  const chain = await Followed.open({
    rpc: Rpc.connect(ledgerUrl()),
    deployment: told.deployment,
    validators: validatorsOf(told),
    now: Date.now,
    openLog,
  });
  return {
    deployment: told.deployment,
    chain,
    hub: { name: 'hub', url: '/s/hub' },
    custodians: Array.from({ length: told.custodians }, (_, i) => ({
      name: `custodian ${i + 1}`,
      url: `/s/custodian-${i + 1}`,
    })),
    gateway: { name: 'gateway', url: '/s/gateway' },
    now: Date.now,
    random,
  };
}

export class HostAwayError extends IsletError {
  override readonly name = 'HostAwayError';
  constructor(cause: unknown) {
    super('WEB_HOST_AWAY', 'Islet does not answer. Start it with "npx islet up" and try again.', { cause });
  }
}
