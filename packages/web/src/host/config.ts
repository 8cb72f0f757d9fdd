// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';

const url = z.url({ protocol: /^https?$/ });
const listed = z.string().transform((text) => text.split(',').map((one) => one.trim()));

const schema = z.object({
  /** 0 takes a free port. */
  ISLET_WEB_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Where to listen; this machine only, unless said. */
  ISLET_WEB_HOST: z.string().min(1).default('127.0.0.1'),
  /** Names under which browsers may ask for us, besides this machine's own, separated by commas. */
  ISLET_WEB_NAMES: listed.pipe(z.array(z.string().regex(/^[a-z0-9.-]{1,253}$/))).optional(),
  /** Serves over TLS as well, to other devices: a port of its own, and PEM files of certificate and key. */
  ISLET_WEB_TLS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  ISLET_WEB_TLS_CERT: z.string().min(1).optional(),
  ISLET_WEB_TLS_KEY: z.string().min(1).optional(),
  /** Where the certificate is our own: the authority's, for devices to install. */
  ISLET_WEB_TLS_AUTHORITY: z.string().min(1).optional(),
  ISLET_RPC_URL: url,
  ISLET_HUB_URL: url,
  ISLET_GATEWAY_URL: url,
  /** The custodians' URLs in the order of their indices, separated by commas. */
  ISLET_CUSTODIANS: listed.pipe(z.array(url).min(2).max(32)),
  /** The deployment's JSON file. */
  ISLET_DEPLOYMENT: z.string().min(1),
  /** The validators' addresses, separated by commas. */
  ISLET_VALIDATORS: listed.pipe(z.array(z.string().regex(/^(0x)?[0-9a-fA-F]{40}$/)).min(1)),
});

export type Config = {
  port: number;
  host: string;
  names: string[];
  tls: { port: number; certPath: string; keyPath: string; authorityPath: string | null } | null;
  ledger: string;
  hub: string;
  gateway: string;
  /** By index: the first is custodian 1. */
  custodians: string[];
  deploymentPath: string;
  /** 20-byte addresses in hexadecimal. */
  validators: string[];
};

/** Reads the configuration from environment variables. Throws `WEB_CONFIG`. */
export function fromEnvironment(env: Record<string, string | undefined>): Config {
  const parsed = schema.safeParse(env);
  if (!parsed.success) throw new ConfigError(String(parsed.error.issues[0]?.path[0]));
  const { data } = parsed;
  const bare = (one: string): string => one.replace(/\/$/, '');
  return {
    port: data.ISLET_WEB_PORT,
    host: data.ISLET_WEB_HOST,
    names: data.ISLET_WEB_NAMES ?? [],
    tls: tlsOf(data),
    ledger: bare(data.ISLET_RPC_URL),
    hub: bare(data.ISLET_HUB_URL),
    gateway: bare(data.ISLET_GATEWAY_URL),
    custodians: data.ISLET_CUSTODIANS.map(bare),
    deploymentPath: data.ISLET_DEPLOYMENT,
    validators: data.ISLET_VALIDATORS,
  };
}

function tlsOf(data: z.infer<typeof schema>): Config['tls'] {
  const { ISLET_WEB_TLS_PORT: port, ISLET_WEB_TLS_CERT: certPath, ISLET_WEB_TLS_KEY: keyPath } = data;
  if (port === undefined && certPath === undefined && keyPath === undefined) return null;
  if (port === undefined) throw new ConfigError('ISLET_WEB_TLS_PORT');
  if (certPath === undefined) throw new ConfigError('ISLET_WEB_TLS_CERT');
  if (keyPath === undefined) throw new ConfigError('ISLET_WEB_TLS_KEY');
  return { port, certPath, keyPath, authorityPath: data.ISLET_WEB_TLS_AUTHORITY ?? null };
}

/** `WEB_CONFIG`: an environment variable is missing or cannot be used. */
export class ConfigError extends IsletError {
  override readonly name = 'WebConfigError';
  constructor(variable: string) {
    super(
      'WEB_CONFIG',
      `The environment variable ${variable} is missing or not usable. Set it and start again.`,
    );
  }
}
