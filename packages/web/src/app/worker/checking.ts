// Copyright the Islet authors. AGPL-3.0-or-later.
// What needs no account: checking a file, and how the services are.
import * as Export from '@islet/client/Export';
import { config, ledgerUrl } from './Connection.js';
import { OtherInstallationError } from './OtherInstallationError.js';

/** Recomputes everything that an export says, against the chain as this browser follows it from its first block. */
export async function verify(asked: { text: string }): Promise<Export.Verified> {
  const { deployment } = await config();
  // The file names the chain to be compared with; only ours can be asked from here, and only it is believed.
  const named = genesisOf(asked.text);
  if (named !== undefined && named !== deployment.genesisHash) throw new OtherInstallationError();
  return Export.verify(asked.text, { chainUrl: ledgerUrl(), now: Date.now });
}

function genesisOf(text: string): string | undefined {
  try {
    const file = JSON.parse(text) as { chain?: { deployment?: { genesisHash?: string } } };
    return file.chain?.deployment?.genesisHash;
  } catch {
    return undefined;
  }
}

export type Health = { name: string; ok: boolean; told: Record<string, unknown> | null };

/** What each service says of itself. Counts only. */
export async function health(): Promise<Health[]> {
  const { custodians } = await config();
  const names = [
    'ledger',
    'hub',
    'gateway',
    ...Array.from({ length: custodians }, (_, i) => `custodian-${i + 1}`),
  ];
  return Promise.all(
    names.map(async (name) => {
      try {
        const answer = await fetch(`/s/${name}/health`, { cache: 'no-store' });
        const told = (await answer.json()) as Record<string, unknown>;
        const status = told.status ?? (told.ok === true ? 'ok' : 'degraded');
        return { name, ok: answer.ok && status === 'ok', told };
      } catch {
        return { name, ok: false, told: null };
      }
    }),
  );
}
