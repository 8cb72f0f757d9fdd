// Copyright the Islet authors. AGPL-3.0-or-later.
// Keys of a device that has not been let in yet: of someone who recovers, or of a further device.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attempt } from '@islet/client/Recovery';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as Home from './Home.js';

const path = (home: Home.Home, name: string): string => join(Home.wallets(home), `${name}.pending`);

export async function keep(home: Home.Home, name: string, { newcomer, answers }: Attempt): Promise<void> {
  const { account, signerKey, signerKind, oneTimeSeed } = newcomer;
  const kept = {
    ...{ account: toHex(account), signerKey: toHex(signerKey), oneTimeSeed: toHex(oneTimeSeed) },
    ...(signerKind ? { signerKind } : {}),
    answers: answers.map(toHex),
  };
  await PrivateFile.write(path(home, name), new TextEncoder().encode(`${JSON.stringify(kept)}\n`));
}

/** Throws `CLI_NOTHING_PENDING`. */
export async function need(home: Home.Home, name: string): Promise<Attempt> {
  const bytes = /^[a-z0-9-]{1,32}$/.test(name) ? await PrivateFile.read(path(home, name)) : undefined;
  if (!bytes) throw new NothingPendingError();
  const kept = JSON.parse(new TextDecoder().decode(bytes));
  return {
    newcomer: {
      ...{ account: fromHex(kept.account), signerKey: fromHex(kept.signerKey) },
      ...(kept.signerKind === 'p256' ? { signerKind: 'p256' as const } : {}),
      oneTimeSeed: fromHex(kept.oneTimeSeed),
    },
    answers: kept.answers.map(fromHex),
  };
}

export const forget = (home: Home.Home, name: string): Promise<void> => rm(path(home, name), { force: true });

export class NothingPendingError extends IsletError {
  override readonly name = 'Pending.NothingPendingError';
  constructor() {
    super(
      'CLI_NOTHING_PENDING',
      'Nothing was begun under that name here. Begin with: npx islet recover start, or npx islet device request',
    );
  }
}
