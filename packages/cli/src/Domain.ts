// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** Refuses what is no name of a host: passkeys belong to names, and an address made of numbers is none. */
export function checkName(name: string): string {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  const lower = name.toLowerCase();
  if (lower.length > 253 || !new RegExp(`^${label}(\\.${label})+$`).test(lower) || /^[\d.]+$/.test(lower))
    throw new BadDomainError(name);
  return lower;
}

export class BadDomainError extends IsletError {
  override readonly name = 'BadDomainError';
  constructor(name: string) {
    super(
      'CLI_BAD_DOMAIN',
      `${JSON.stringify(name.slice(0, 60))} is not the full name of a host. Give one that other devices find, like islet.example.org or, in your network, NAME.local.`,
    );
  }
}
