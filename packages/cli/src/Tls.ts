// Copyright the Islet authors. AGPL-3.0-or-later.
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { IsletError } from '@islet/core/IsletError';
import { nodeFiles } from '@islet/store/NodeFiles';
import { checkName } from './Domain.js';
import * as Home from './Home.js';
import { TLS_PORT } from './limits.js';
import * as Port from './Port.js';

export type Options = { domain?: string; tlsCert?: string; tlsKey?: string };

/** How other devices reach the app. `own` is there where the certificate is one that we made. */
export type Tls = {
  name: string;
  port: number;
  url: string;
  cert: string;
  key: string;
  own: { authority: string; fingerprint: string } | null;
};

/** What was asked for, made ready; undefined where nothing was. Throws `CLI_TLS_FILES`, `CLI_BAD_DOMAIN`, `CLI_BAD_PORT`. */
export async function prepare(
  home: Home.Home,
  { domain, tlsCert, tlsKey }: Options,
  env: Record<string, string | undefined>,
  now: number,
): Promise<Tls | undefined> {
  if (domain === undefined) {
    if (tlsCert !== undefined || tlsKey !== undefined) throw new TlsFilesError('--domain is missing');
    return undefined;
  }
  const name = checkName(domain);
  const port = Port.setFor('web-tls', env) ?? TLS_PORT;
  const url = `https://${name}${port === 443 ? '' : `:${port}`}`;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new TlsFilesError('--tls-cert and --tls-key belong together');
  if (tlsCert !== undefined && tlsKey !== undefined) {
    const [cert, key] = [resolve(tlsCert), resolve(tlsKey)];
    for (const file of [cert, key])
      await access(file).catch(() => {
        throw new TlsFilesError(`${file} cannot be read`);
      });
    return { name, port, url, cert, key, own: null };
  }
  await nodeFiles.makeFolder(home.root);
  // Only here: whoever does not need certificates does not load what makes them.
  const Certificate = await import('./Certificate.js');
  const { cert, key, ...own } = await Certificate.ensure(Home.tls(home, name), name, now);
  return { name, port, url, cert, key, own };
}

/** What whoever runs it does next, in words. */
export function text({ url, name, own }: Tls): string {
  const reach = `  The name ${name} must lead to this computer on those devices (DNS, or a .local name of your network).`;
  if (!own) return `On other devices open ${url}\n${reach}`;
  return [
    `On other devices open ${url}`,
    reach,
    '  The certificate is our own, so each device asks once whether to trust it:',
    `  1. open ${url}/authority.crt there, past the warning, and install it as an authority`,
    '  2. compare the SHA-256 fingerprint that the device shows with this one; go on only if they are the same:',
    `     ${own.fingerprint}`,
    `  It can vouch for ${name} and nothing else. Or copy the file from here: ${own.authority}`,
  ].join('\n');
}

export class TlsFilesError extends IsletError {
  override readonly name = 'TlsFilesError';
  constructor(what: string) {
    super(
      'CLI_TLS_FILES',
      `${what}. Give --domain NAME with --tls-cert FILE and --tls-key FILE (PEM), or --domain NAME alone.`,
    );
  }
}
