// Copyright the Islet authors. AGPL-3.0-or-later.
import { networkInterfaces } from 'node:os';
import { REACH_MS } from './limits.js';

/** Under which addresses of the house's network a service of this machine answers: found by trying each. */
export async function fromTheHouse(url: string): Promise<string[]> {
  const { port } = new URL(url);
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const candidates = own
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => `http://${address}:${port}`);
  const answers = await Promise.all(candidates.map(isAnswered));
  return candidates.filter((_, i) => answers[i]);
}

async function isAnswered(base: string): Promise<boolean> {
  try {
    return (await fetch(`${base}/health`, { signal: AbortSignal.timeout(REACH_MS) })).ok;
  } catch {
    return false;
  }
}
