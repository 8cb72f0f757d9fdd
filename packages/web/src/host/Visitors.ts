// Copyright the Islet authors. AGPL-3.0-or-later.

const own = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request comes from our own page or from no page at all. A stranger's site that has its name point to this
 * machine (DNS rebinding) is told apart by the name in `Host`; one that asks across origins by `Origin`.
 */
export function isWelcome(
  headers: { host: string | undefined; origin: string | undefined; site: string | undefined },
  names: readonly string[],
): boolean {
  const host = headers.host?.toLowerCase();
  const name = host?.replace(/:\d{1,5}$/, '');
  if (host === undefined || name === undefined || ![...own, ...names].includes(name)) return false;
  if (headers.site !== undefined && !['same-origin', 'none'].includes(headers.site)) return false;
  if (headers.origin === undefined) return true;
  return headers.origin === `http://${host}` || headers.origin === `https://${host}`;
}
