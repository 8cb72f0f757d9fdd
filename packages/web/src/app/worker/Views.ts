// Copyright the Islet authors. AGPL-3.0-or-later.
// What a person opened last, kept sealed in this browser so that it can be read where there is no connection.
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { hmac } from '@islet/core/crypto/hash';
import type { Database } from './Database.js';
import * as Vault from './Vault.js';

/** So many views; the one opened longest ago goes first. */
export const mostViews = 8;
/** A view beyond this many characters is not kept. */
export const longestView = 4 * 1024 * 1024;

/** `until` is when the permission behind it ends, UTC ms: after that it is not shown. */
type Kept = { name: string; at: number; until: number | null; value: unknown };
type Random = (length: number) => Uint8Array;

/** Which views there are says something too, so that their names are hidden as well. */
const slotOf = (vault: Vault.Opened, name: string): string => toHex(hmac(vault.key, utf8(`view ${name}`)));
const aadOf = (vault: Vault.Opened, slot: string): Uint8Array =>
  utf8(`islet/kept-view/v1/${vault.id}/${slot}`);

function opened(
  vault: Vault.Opened,
  stored: Awaited<ReturnType<Database['views']>>[number],
): Kept | undefined {
  const plaintext = Vault.unseal(vault.key, aadOf(vault, stored.slot), stored);
  return plaintext && (JSON.parse(new TextDecoder().decode(plaintext)) as Kept);
}

/** Keeps what was just shown, in place of what had that name. */
export async function keep(
  database: Database,
  vault: Vault.Opened,
  view: Kept,
  random: Random,
): Promise<void> {
  const text = JSON.stringify(view);
  const slot = slotOf(vault, view.name);
  if (text.length > longestView) return database.removeView(vault.id, slot);
  await database.putView({
    vault: vault.id,
    slot,
    ...Vault.seal(vault.key, aadOf(vault, slot), utf8(text), random),
  });
  const all = (await database.views(vault.id)).map((stored) => ({ stored, kept: opened(vault, stored) }));
  const byAge = all.sort((a, b) => (b.kept?.at ?? 0) - (a.kept?.at ?? 0));
  for (const { stored } of byAge.slice(mostViews)) await database.removeView(vault.id, stored.slot);
}

/** What was kept under that name, unless the permission behind it has ended: then it is erased. */
export async function find(
  database: Database,
  vault: Vault.Opened,
  name: string,
  now: number,
): Promise<{ at: number; value: unknown } | undefined> {
  const slot = slotOf(vault, name);
  const stored = (await database.views(vault.id)).find((one) => one.slot === slot);
  const kept = stored && opened(vault, stored);
  if (!kept || kept.name !== name) return undefined;
  if (kept.until !== null && kept.until <= now) {
    await database.removeView(vault.id, slot);
    return undefined;
  }
  return { at: kept.at, value: kept.value };
}

/** Erases the views whose names begin so. */
export async function drop(database: Database, vault: Vault.Opened, beginning: string): Promise<void> {
  for (const stored of await database.views(vault.id))
    if (opened(vault, stored)?.name.startsWith(beginning)) await database.removeView(vault.id, stored.slot);
}

/** Erases every view of a person. */
export const clear = (database: Database, vault: Vault.Opened): Promise<void> =>
  database.removeViews(vault.id);
