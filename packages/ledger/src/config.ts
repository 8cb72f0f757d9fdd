// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import { SNAPSHOT_BLOCKS } from './limits.js';

const schema = z.object({
  /** Where the journal lies. */
  ISLET_LEDGER_FOLDER: z.string().min(1),
  /** 0 takes a free port. */
  ISLET_LEDGER_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  ISLET_LEDGER_CHAIN_ID: z.coerce.number().int().min(1).max(0xffff_ffff),
  /** The validator's key file, made at the first start. */
  ISLET_LEDGER_KEY: z.string().min(1),
  ISLET_LEDGER_SNAPSHOT_BLOCKS: z.coerce.number().int().min(1).max(100_000).default(SNAPSHOT_BLOCKS),
});

export type Config = {
  folder: string;
  port: number;
  chainId: number;
  keyPath: string;
  snapshotBlocks: number;
};

/** Reads the configuration from environment variables. Throws `LEDGER_CONFIG`. */
export function fromEnvironment(env: Record<string, string | undefined>): Config {
  const parsed = schema.safeParse(env);
  if (!parsed.success) throw new ConfigError(String(parsed.error.issues[0]?.path[0]));
  const { data } = parsed;
  return {
    folder: data.ISLET_LEDGER_FOLDER,
    port: data.ISLET_LEDGER_PORT,
    chainId: data.ISLET_LEDGER_CHAIN_ID,
    keyPath: data.ISLET_LEDGER_KEY,
    snapshotBlocks: data.ISLET_LEDGER_SNAPSHOT_BLOCKS,
  };
}

/** `LEDGER_CONFIG`: an environment variable is missing or cannot be used. */
export class ConfigError extends IsletError {
  override readonly name = 'LedgerConfigError';
  constructor(variable: string) {
    super(
      'LEDGER_CONFIG',
      `The environment variable ${variable} is missing or not usable. Set it and start again.`,
    );
  }
}
