// Copyright the Islet authors. AGPL-3.0-or-later.
import { fileURLToPath } from 'node:url';
import * as Bundle from './Bundle.js';

/** The modules that the services run, and the guard loaded before each. Paths or `file:` URLs. */
export type Programs = {
  ledger: string;
  hub: string;
  custodian: string;
  gateway: string;
  web: string;
  guard: string;
};

/** What is installed. */
export const installed = (): Programs => ({
  ledger: path('@islet/ledger/main'),
  hub: path('@islet/hub/main'),
  custodian: path('@islet/custodian/main'),
  gateway: path('@islet/gateway/main'),
  web: path('@islet/web/main'),
  guard: new URL('./childGuard.js', import.meta.url).href,
});

const path = (module: string): string => Bundle.of(fileURLToPath(import.meta.resolve(module)));
