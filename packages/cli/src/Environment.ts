// Copyright the Islet authors. AGPL-3.0-or-later.
import { to0x } from '@islet/core/crypto/bytes';
import * as Home from './Home.js';
import { CHAIN_ID } from './limits.js';
import type * as Tls from './Tls.js';

type Variables = Record<string, string>;

/** What those who follow the chain need to know. */
export type Chain = { url: string; validators: Uint8Array[] };

export const ledger = (home: Home.Home, port: number): Variables => ({
  ISLET_LEDGER_FOLDER: Home.ledger(home),
  ISLET_LEDGER_PORT: String(port),
  ISLET_LEDGER_CHAIN_ID: String(CHAIN_ID),
  ISLET_LEDGER_KEY: Home.validatorKey(home),
});

export const custodian = (home: Home.Home, port: number, chain: Chain, index: number): Variables => ({
  ...follower(home, chain),
  ISLET_CUSTODIAN_FOLDER: Home.custodian(home, index),
  ISLET_CUSTODIAN_PORT: String(port),
  ISLET_CUSTODIAN_INDEX: String(index),
  ISLET_CUSTODIAN_KEY: Home.custodianKey(home, index),
  ISLET_CUSTODIAN_VAULT_KEYS: Home.vaultKeys(home, index),
  ISLET_CUSTODIAN_ACCOUNT_KEY: Home.custodianAccountKey(home, index),
});

export const hub = (home: Home.Home, port: number, chain: Chain, custodians: string[]): Variables => ({
  ...follower(home, chain),
  ISLET_HUB_FOLDER: Home.hub(home),
  ISLET_HUB_PORT: String(port),
  ISLET_HUB_KEY: Home.relayKey(home),
  ISLET_CUSTODIAN_URLS: custodians.join(','),
});

export const gateway = (
  home: Home.Home,
  port: number,
  chain: Chain,
  hubUrl: string,
  custodians: string[],
): Variables => ({
  ...follower(home, chain),
  ISLET_GATEWAY_FOLDER: Home.gateway(home),
  ISLET_GATEWAY_PORT: String(port),
  ISLET_HUB_URL: hubUrl,
  ISLET_CUSTODIANS: custodians.join(','),
});

export const web = (
  home: Home.Home,
  port: number,
  chain: Chain,
  services: { hub: string; gateway: string; custodians: string[] },
  tls?: Tls.Tls,
): Variables => ({
  ...follower(home, chain),
  ISLET_WEB_PORT: String(port),
  ISLET_HUB_URL: services.hub,
  ISLET_GATEWAY_URL: services.gateway,
  ISLET_CUSTODIANS: services.custodians.join(','),
  ...(tls && {
    ISLET_WEB_NAMES: tls.name,
    ISLET_WEB_TLS_PORT: String(tls.port),
    ISLET_WEB_TLS_CERT: tls.cert,
    ISLET_WEB_TLS_KEY: tls.key,
    ...(tls.own && { ISLET_WEB_TLS_AUTHORITY: tls.own.authority }),
  }),
});

const follower = (home: Home.Home, { url, validators }: Chain): Variables => ({
  ISLET_RPC_URL: url,
  ISLET_DEPLOYMENT: Home.deployment(home),
  ISLET_VALIDATORS: validators.map(to0x).join(','),
});
