// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that knows the names of environment variables.
import { fromHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';

const address = z
  .string()
  .trim()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform(fromHex);

const schema = z.object({
  /** Journal, store, index and the mark on the chain. */
  ISLET_HUB_FOLDER: z.string().min(1),
  /** 0 takes a free port. */
  ISLET_HUB_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  ISLET_HUB_HOST: z.string().min(1).default('127.0.0.1'),
  ISLET_RPC_URL: z.url({ protocol: /^https?$/ }),
  /** Path of the deployment's JSON. */
  ISLET_DEPLOYMENT: z.string().min(1),
  /** Addresses of the validators we believe, with commas between. */
  ISLET_VALIDATORS: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(address).min(1)),
  /** Path of the relay key: 32 bytes or 64 hexadecimal digits, readable by the owner alone. */
  ISLET_HUB_KEY: z.string().min(1),
  /** Where the custodians answer, in the order of their indices, with commas between: to hand erasures to them. */
  ISLET_CUSTODIAN_URLS: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.url({ protocol: /^https?$/ })))
    .default([]),
  /** `postgres://…`; without it the index is embedded. */
  ISLET_SQL_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//)
    .optional(),
});

export type Config = {
  folder: string;
  port: number;
  hostname: string;
  rpcUrl: string;
  deploymentPath: string;
  validators: Uint8Array[];
  keyPath: string;
  custodianUrls: string[];
  sqlUrl: string | undefined;
};

/** Reads the configuration from environment variables. Throws `HUB_CONFIG`. */
export function fromEnvironment(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (!parsed.success) throw new ConfigError(String(parsed.error.issues[0]?.path[0]));
  const { data } = parsed;
  return {
    folder: data.ISLET_HUB_FOLDER,
    port: data.ISLET_HUB_PORT,
    hostname: data.ISLET_HUB_HOST,
    rpcUrl: data.ISLET_RPC_URL,
    deploymentPath: data.ISLET_DEPLOYMENT,
    validators: data.ISLET_VALIDATORS,
    keyPath: data.ISLET_HUB_KEY,
    custodianUrls: data.ISLET_CUSTODIAN_URLS,
    sqlUrl: data.ISLET_SQL_URL,
  };
}

/** The relay key in the bytes of its file. Throws `HUB_CONFIG`. */
export function parseKey(bytes: Uint8Array | undefined): Uint8Array {
  // Islet's own key files hold 32 bytes; operators' tools write hexadecimal.
  if (bytes?.length === 32) return bytes;
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes).trim();
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(text)) throw new ConfigError('ISLET_HUB_KEY');
  return fromHex(text);
}

export class ConfigError extends IsletError {
  override readonly name = 'HubConfigError';
  constructor(variable: string) {
    super(
      'HUB_CONFIG',
      `The environment variable ${variable}, or what it names, is missing or cannot be used. Set it right and start again.`,
    );
  }
}
