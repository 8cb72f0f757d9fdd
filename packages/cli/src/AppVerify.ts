// Copyright the Islet authors. AGPL-3.0-or-later.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { IsletError } from '@islet/core/IsletError';
import { APP_BYTES, APP_MS } from './limits.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
/** Nothing that leads out of the app's own address. */
const isPath = (text: string): boolean => /^(\/[\w-][\w.-]*)+$/.test(text);

/** What `build` is: the SHA-256 of `build.json`, which the app shows. `known` says whose it equals, if anybody's. */
export type Verified = { build: string; files: number; known: 'given' | 'built here' | null };

type Fetch = (url: string) => Promise<Response>;

/**
 * Fetches every file of the app that somebody serves, hashes it, and compares with what its `build.json` says, and that
 * with a hash that was given or with the app that was built here. Throws `APP_ALTERED` with the file, `APP_UNREADABLE`.
 */
export async function verify(
  address: string,
  {
    given,
    fetch,
    builtHere = ownBuild,
  }: { given?: string; fetch: Fetch; builtHere?: () => Promise<string | null> },
): Promise<Verified> {
  const base = new URL('/', address);
  const get = async (file: string): Promise<Uint8Array> => {
    const answer = await fetch(new URL(file, base).href).catch(() => undefined);
    if (!answer?.ok) throw new UnreadableAppError(file);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > APP_BYTES) throw new UnreadableAppError(file);
    return bytes;
  };
  const manifest = await get('/build.json');
  const files = filesOf(manifest);
  for (const [file, expected] of Object.entries(files))
    if (sha256(await get(file)) !== expected)
      throw new AppAlteredError(file, 'it is not the file of this build');
  // What browsers open is this, under another name.
  if (sha256(await get('/')) !== files['/index.html'])
    throw new AppAlteredError('/', 'it is not the first page of this build');
  const build = sha256(manifest);
  if (given !== undefined && given !== build)
    throw new AppAlteredError('/build.json', `it is build ${build}, not the one given`);
  const here = given === undefined ? await builtHere() : null;
  if (here !== null && here !== build)
    throw new AppAlteredError('/build.json', `it is build ${build}, and what was built here is ${here}`);
  return { build, files: Object.keys(files).length, known: given ? 'given' : here ? 'built here' : null };
}

function filesOf(manifest: Uint8Array): Record<string, string> {
  try {
    const { islet, files } = JSON.parse(new TextDecoder().decode(manifest));
    const entries = Object.entries(files as Record<string, string>);
    if (islet === 'build' && entries.every(([path, hash]) => isPath(path) && isHash(hash))) return files;
  } catch {
    // Said below.
  }
  throw new UnreadableAppError('/build.json');
}

/** The hash of what this checkout built, or null where it built nothing. */
async function ownBuild(): Promise<string | null> {
  const at = new URL('../app/build.json', import.meta.resolve('@islet/web/main'));
  return readFile(fileURLToPath(at)).then(sha256, () => null);
}

/** As `fetch`, with an end to patience. */
export const patient: Fetch = (url) =>
  fetch(url, { redirect: 'error', cache: 'no-store', signal: AbortSignal.timeout(APP_MS) });

export const text = ({ build, files, known }: Verified): string =>
  known === null
    ? `All ${files} files are those of build ${build}. Nothing was built here to compare with: compare this hash with one you trust.`
    : `All holds: ${files} files of build ${build}, ${known === 'given' ? 'the one given' : 'as built here'}.`;

export class AppAlteredError extends IsletError {
  override readonly name = 'AppAlteredError';
  constructor(file: string, what: string) {
    super('APP_ALTERED', `Verification failed at ${file}: ${what}. Do not enter a passphrase there.`);
  }
}

export class UnreadableAppError extends IsletError {
  override readonly name = 'UnreadableAppError';
  constructor(file: string) {
    super(
      'APP_UNREADABLE',
      `${file} of the app cannot be read at this address. Check the address and try again.`,
    );
  }
}
