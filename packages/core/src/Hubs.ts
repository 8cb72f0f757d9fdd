// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item, MalformedError } from './codec.js';
import { toHex } from './crypto/bytes.js';

/** A hub by the address under which it anchors, 20 bytes, and where it answers, without a slash at the end. */
export type Hub = { address: Uint8Array; url: string };

/**
 * Where an account's data are. Gateways put to the first; while the account moves, readers ask all. The account signs a
 * Statement about it, and hubs and gateways keep the one that was signed last.
 */
export type Hubs = { account: Uint8Array; hubs: Hub[] };

/** One to be at, one to move to; more only make it longer to ask all. */
export const maxHubs = 4;
const maxUrl = 256;

const name = 'islet/hubs';

/** How a hub's URL is written here; `undefined` for what is none, or says more than where: a login, a question, a place in a page. */
export function canonicalUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, href } = new URL(text);
  const url = href.replace(/\/+$/, '');
  const isPlain = [username, password, search, hash].every((part) => part === '');
  return (protocol === 'http:' || protocol === 'https:') && isPlain && url.length <= maxUrl ? url : undefined;
}

export const encodeHubs = ({ account, hubs }: Hubs): Uint8Array =>
  encode(name, 1, [account, hubs.map((h): Item => [h.address, h.url])]);

/** Throws `FORMAT_MALFORMED`, also where none or one twice is named, or a URL is not in its one form. */
export function parseHubs(bytes: Uint8Array): Hubs {
  const f = decode(name, 1, bytes);
  const account = f.bytes(32);
  const hubs = f.list((g) => g.tuple((t): Hub => ({ address: t.bytes(20), url: t.text(maxUrl) })), maxHubs);
  f.end();
  if (hubs.length === 0 || new Set(hubs.map((h) => toHex(h.address))).size !== hubs.length)
    throw new MalformedError(name, 'names no hub, or one twice');
  if (hubs.some(({ url }) => canonicalUrl(url) !== url))
    throw new MalformedError(name, 'names a hub by what is no plain URL');
  return { account, hubs };
}
