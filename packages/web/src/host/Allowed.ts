// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Config } from './config.js';
import { BODY_BYTES, RPC_BYTES } from './limits.js';

/** Where a call of the page goes, and how large it may be. */
export type Target = {
  url: string;
  maxBytes: number;
  rpc: boolean;
  /** Whether the answer goes on until one side ends it. */
  held: boolean;
};

const hex = '[0-9a-f]{64}';
const calls = {
  hub: [
    'GET /health',
    'PUT /v1/keys',
    `GET /v1/keys/${hex}`,
    'POST /v1/relay',
    'POST /v1/fetch',
    'POST /v1/follow',
    `GET /v1/grants/${hex}`,
    'GET /v1/batches/latest',
    `GET /v1/erasures/${hex}`,
    `GET /v1/papers/${hex}`,
    'GET /v1/asks',
    'PUT /v1/asks',
    'PUT /v1/asks/answers',
    'PUT /v1/backups',
    'PUT /v1/roles',
    `GET /v1/hubs/${hex}`,
  ],
  gateway: [
    'GET /health',
    'PUT /v1/keys',
    'PUT /v1/devices',
    'GET /v1/looks',
    'GET /v1/days',
    'GET /v1/status',
    'POST /v1/readings',
    'POST /v1/withdraw',
    'POST /v1/settle',
    'POST /v1/erase',
  ],
  custodian: [
    'GET /health',
    'POST /v1/enrol',
    'POST /v1/release',
    'POST /v1/revoke',
    'POST /v1/notes',
    'POST /v1/erase',
    'POST /v1/add-signer',
    'POST /v1/remove-signer',
    'POST /v1/guardians',
    'POST /v1/recovery',
    'POST /v1/withdraw-approval',
    'POST /v1/object',
  ],
} as const;

/** Questions about the chain. Transactions go through the hub's relay, never from here. */
const questions = [
  'eth_chainId',
  'eth_blockNumber',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getLogs',
  'islet_getHead',
  'islet_getSeal',
];

const patterns = Object.fromEntries(
  Object.entries(calls).map(([service, list]) => [service, new RegExp(`^(${list.join('|')})$`)]),
) as { [S in keyof typeof calls]: RegExp };

/** The service behind `/s/…`, or undefined where the page has no business. */
export function targetOf(config: Config, method: string, path: string): Target | undefined {
  const found = /^\/s\/(ledger|hub|gateway|custodian-(\d{1,2}))(\/.*)?$/.exec(path);
  if (!found) return undefined;
  const [, service, index, rest = ''] = found;
  if (service === 'ledger') {
    if (method === 'GET' && rest === '/health')
      return { url: `${config.ledger}/health`, maxBytes: 0, rpc: false, held: false };
    return method === 'POST' && rest === ''
      ? { url: config.ledger, maxBytes: RPC_BYTES, rpc: true, held: false }
      : undefined;
  }
  const base =
    service === 'hub'
      ? config.hub
      : service === 'gateway'
        ? config.gateway
        : config.custodians[Number(index) - 1];
  const pattern = service === 'hub' || service === 'gateway' ? patterns[service] : patterns.custodian;
  if (base === undefined || !pattern.test(`${method} ${rest}`)) return undefined;
  const held = rest === '/v1/follow';
  return { url: base + rest, maxBytes: method === 'GET' ? 0 : BODY_BYTES, rpc: false, held };
}

/** Whether a JSON-RPC body asks only what the page may ask. */
export function isQuestion(body: Uint8Array): boolean {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    const list = Array.isArray(parsed) ? parsed : [parsed];
    return list.length > 0 && list.every((one) => questions.includes((one as { method: string }).method));
  } catch {
    return false;
  }
}
