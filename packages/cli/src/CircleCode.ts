// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circles from '@islet/client/Circles';
import type { Network } from '@islet/client/Network';
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';

/** Fewer characters are a slip of the keyboard. */
const SHORTEST = 4;

/** One of the circles that an account opened, keeps or is in, by the first characters of its id. Throws `CLI_NO_SUCH_CIRCLE`. */
export async function read(network: Network, account: Uint8Array, text: string): Promise<Uint8Array> {
  const known = await Circles.of(network, account);
  const found = known.filter((c) => c.circle.startsWith(text.toLowerCase()));
  const [only] = found;
  if (!only || found.length > 1 || text.length < SHORTEST) throw new NoSuchCircleError(found.length > 1);
  return fromHex(only.circle);
}

export class NoSuchCircleError extends IsletError {
  override readonly name = 'NoSuchCircleError';
  constructor(several: boolean) {
    super(
      'CLI_NO_SUCH_CIRCLE',
      several
        ? 'Several circles begin like that. Give more characters.'
        : 'There is no such circle of theirs. See: npx islet circle list',
    );
  }
}
