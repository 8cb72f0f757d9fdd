// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';

const url = z.url({ protocol: /^https?$/ });

const schema = z.object({
  /** Where keys, journal and the followed chain lie. */
  ISLET_GATEWAY_FOLDER: z.string().min(1),
  /** 0 takes a free port. */
  ISLET_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Where to listen; this machine only, unless said. */
  ISLET_GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  ISLET_RPC_URL: url,
  /** The deployment's JSON file. */
  ISLET_DEPLOYMENT: z.string().min(1),
  /** The validators' addresses, separated by commas. */
  ISLET_VALIDATORS: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(z.string().regex(/^(0x)?[0-9a-fA-F]{40}$/)).min(1)),
  ISLET_HUB_URL: url,
  /** The custodians' URLs in the order of their indices, separated by commas. */
  ISLET_CUSTODIANS: z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(url).min(2).max(32)),
});

export type Config = {
  folder: string;
  port: number;
  host: string;
  rpcUrl: string;
  deploymentPath: string;
  /** 20-byte addresses in hexadecimal. */
  validators: string[];
  hubUrl: string;
  /** By index: the first is custodian 1. */
  custodianUrls: string[];
};

/** Reads the configuration from environment variables. Throws `GATEWAY_CONFIG`. */
export function fromEnvironment(env: Record<string, string | undefined>): Config {
  const parsed = schema.safeParse(env);
  if (!parsed.success) throw new ConfigError(String(parsed.error.issues[0]?.path[0]));
  const { data } = parsed;
  return {
    folder: data.ISLET_GATEWAY_FOLDER,
    port: data.ISLET_GATEWAY_PORT,
    host: data.ISLET_GATEWAY_HOST,
    rpcUrl: data.ISLET_RPC_URL,
    deploymentPath: data.ISLET_DEPLOYMENT,
    validators: data.ISLET_VALIDATORS,
    hubUrl: data.ISLET_HUB_URL.replace(/\/$/, ''),
    custodianUrls: data.ISLET_CUSTODIANS.map((one) => one.replace(/\/$/, '')),
  };
}

/** `GATEWAY_CONFIG`: an environment variable is missing or cannot be used. */
export class ConfigError extends IsletError {
  override readonly name = 'GatewayConfigError';
  constructor(variable: string) {
    super(
      'GATEWAY_CONFIG',
      `The environment variable ${variable} is missing or not usable. Set it and start again.`,
    );
  }
}
