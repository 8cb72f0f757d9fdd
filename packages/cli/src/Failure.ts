// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type * as Output from './Output.js';

export const FAILED = 1;
/** The answer was no: by the contract, or by those who hold the keys. */
export const REFUSED = 3;

/** Says what went wrong, and gives the process's exit code. */
export function report(
  error: unknown,
  output: Output.Output,
  env: Record<string, string | undefined>,
): number {
  if (env.ISLET_DEBUG === '1' && error instanceof Error) output.warn(error.stack ?? error.message);
  if (!(error instanceof IsletError)) {
    output.error('CLI_UNEXPECTED', `Something unexpected happened: ${firstLine(error)}`);
    return FAILED;
  }
  output.error(error.code, error.message);
  return isRefusal(error) ? REFUSED : FAILED;
}

/** Codes of the contract's decisions begin with `DENIED_` (core's `Reason`); others say it of themselves. */
const isRefusal = (error: IsletError): boolean =>
  error.code.startsWith('DENIED_') || ('refused' in error && error.refused === true);

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
