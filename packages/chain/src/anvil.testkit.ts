// Copyright the Islet authors. AGPL-3.0-or-later.
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The first of the executor's well-known development keys. */
export const devKey = Uint8Array.from(
  Buffer.from('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', 'hex'),
);
export const CHAIN_ID = 31_337;

export type Anvil = AsyncDisposable & {
  url: string;
  /** Asks it anything, unchecked. */
  ask(method: string, ...params: unknown[]): Promise<unknown>;
  close(): Promise<void>;
};

/** A real executor on a free port, with zero fees. It mines when told (`evm_mine`). */
export async function start(hardfork = 'osaka'): Promise<Anvil> {
  const fixed = '--port 0 --chain-id 31337 --base-fee 0 --gas-price 0 --no-priority-fee';
  const child = spawn(
    binary(),
    [...fixed.split(' '), ...'--no-mining --order fifo'.split(' '), '--hardfork', hardfork],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = `http://${await listening(child)}`;
  const close = async () => {
    if (child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill();
    await gone;
  };
  return { url, ask: (method, ...params) => ask(url, method, params), close, [Symbol.asyncDispose]: close };
}

export async function ask(url: string, method: string, params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error) throw Object.assign(new Error(`${method}: ${error.message}`), { rpc: error });
  return result;
}

function binary(): string {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const require = createRequire(import.meta.url);
  const home = dirname(require.resolve(`@foundry-rs/anvil-${process.platform}-${arch}/package.json`));
  return join(home, 'bin', 'anvil');
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = '';
    child.once('exit', () => fail(new Error(`the executor did not start: ${said}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
      const found = /Listening on (\S+)/.exec(said);
      if (found) done(found[1]!);
    });
  });
}
