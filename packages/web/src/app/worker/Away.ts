// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** Codes that mean: nobody answers. A refusal or a broken proof is not among them. */
const codes = [
  'WEB_HOST_AWAY',
  'WEB_SERVICE_AWAY',
  'SERVICE_UNREACHABLE',
  'CHAIN_UNREACHABLE',
  'CHAIN_TIMEOUT',
];

/** Whether something failed only because there is no connection: then, and only then, what was kept may be shown. */
export const isAway = (error: unknown): boolean => error instanceof IsletError && codes.includes(error.code);
