// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** What was parsed, or `undefined` where the bytes are not of their format: the caller knows the place to name. */
export function readable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof IsletError) return undefined;
    throw cause;
  }
}
