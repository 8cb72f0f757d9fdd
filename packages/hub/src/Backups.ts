// Copyright the Islet authors. AGPL-3.0-or-later.
import { hasEnded } from '@islet/chain/Erasures';
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { concat, equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as PasskeyBackup from '@islet/core/PasskeyBackup';
import * as Stated from '@islet/core/wire/Stated';
import { keyOf } from '@islet/store/Store';
import type { Archive } from './Archive.js';
import { erased } from './Erasures.js';
import type { HubContext } from './Hub.js';
import type { KeyedLock } from './KeyedLock.js';
import { AHEAD_MS } from './limits.js';
import { keepPaper } from './Papers.js';
import { Refusal } from './Refusal.js';

type Stored = { archive: Archive; locks: KeyedLock };

/**
 * Keeps what brings an account back with one of its passkeys, in place of the one before: on the word of who speaks for
 * the account now, for a passkey that is its signer now.
 */
export async function keep(hub: HubContext, body: Uint8Array): Promise<Uint8Array> {
  const document = Stated.parseDocument(body);
  const backup = PasskeyBackup.parsePasskeyBackup(document.bytes);
  const { message, signer } = document.signed;
  const { follower } = hub;
  const stands = (): boolean =>
    View.speaksFor(follower.state, backup.account, signer) && standing(hub, backup) === 'good';
  // The passkey may have become a signer seconds ago.
  if (!stands()) await follower.follow();
  if (standing(hub, backup) === 'erased') throw erased();
  // Stops: strangers who fill the store, or put another in the place of one's own.
  const isSound =
    Stated.isDocument(document, 'passkeyBackup', hereOf(hub.deployment)) &&
    equal(message.account, backup.account);
  if (!isSound || !stands())
    throw new Refusal(
      403,
      'HUB_BACKUP_NOT_YOURS',
      'A passkey’s backup is stated by a signer of the account, for a passkey that is one too and for the account’s key of now. Add the passkey first, and sign it again.',
    );
  // Stops: one dated years ahead, which nobody could replace.
  if (message.version > hub.now() + AHEAD_MS)
    throw new Refusal(
      403,
      'HUB_BACKUP_AHEAD',
      'The statement is dated more than ten minutes ahead. Set the clock and sign it again.',
    );
  const place = PasskeyBackup.placeOf(backup);
  await hub.locks.run([lockOf(place)], async () => {
    const before = await stored(hub.archive, place);
    // Stops: an old one brought back, with a key of before in it.
    if (before.some(({ key, version }) => version >= message.version && key !== keyOf(body)))
      throw new Refusal(409, 'HUB_BACKUP_OLD', 'A newer backup for this passkey is kept. Make a new one.');
    await keepPaper(hub.archive, place, body);
    for (const { key } of before) if (key !== keyOf(body)) await hub.archive.store.drop(key);
  });
  return place;
}

/**
 * Of papers under an id those that may still be handed out. A backup whose passkey was removed, or that holds a key of
 * before, is dropped for good.
 */
export async function current(hub: HubContext, id: Uint8Array, papers: Uint8Array[]): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [];
  for (const paper of papers) {
    const backup = backupIn(paper, id);
    const how = backup ? standing(hub, backup.backup) : 'good';
    if (how === 'good') kept.push(paper);
    else if (how !== 'unknown') await hub.archive.store.drop(keyOf(paper));
  }
  return kept;
}

/** Drops what a change of an account's signers or key has ended. */
export async function dropEnded(hub: HubContext, account: Uint8Array): Promise<void> {
  for (const place of placesOf(hub.follower.state, account))
    await hub.locks.run([lockOf(place)], async () => {
      const papers = await Promise.all(
        (await hub.archive.find.papers(place)).map((key) => hub.archive.store.get(key)),
      );
      await current(
        hub,
        place,
        papers.filter((paper) => paper !== undefined),
      );
    });
}

/** Drops all of an account: it was erased. */
export async function dropAll(
  { archive, locks }: Stored,
  view: View.View,
  account: Uint8Array,
): Promise<void> {
  for (const place of placesOf(view, account))
    await locks.run([lockOf(place)], async () => {
      for (const key of await archive.find.papers(place)) await archive.store.drop(key);
    });
}

type Standing = 'good' | 'ended' | 'erased' | 'unknown';

function standing(hub: HubContext, backup: PasskeyBackup.PasskeyBackup): Standing {
  const { account, passkey, keyHash } = backup;
  const known = hub.follower.state.accounts.get(toHex(account));
  if (!known) return 'unknown';
  if (hasEnded(hub.follower.state.erasures, toHex(account))) return 'erased';
  const signer = toHex(concat(hereOf(hub.deployment).verifiers!.webAuthn, passkey));
  if (!known.signers.has(signer)) return known.formerSigners.has(signer) ? 'ended' : 'unknown';
  return known.encryptionKeyHash === toHex(keyHash) ? 'good' : 'ended';
}

/** Verifier, x and y: what has the form of a passkey among all who ever spoke for an account. */
const passkeyHex = 2 * 84;
const placesOf = (view: View.View, account: Uint8Array): Uint8Array[] => {
  const known = view.accounts.get(toHex(account));
  return [...(known?.signers ?? []), ...(known?.formerSigners ?? [])]
    .filter((signer) => signer.length === passkeyHex)
    .map((signer) => PasskeyBackup.placeOf({ account, passkey: fromHex(signer).slice(20) }));
};

const lockOf = (place: Uint8Array): string => `backup/${toHex(place)}`;

async function stored(archive: Archive, place: Uint8Array): Promise<{ key: string; version: number }[]> {
  const found: { key: string; version: number }[] = [];
  for (const key of await archive.find.papers(place)) {
    // One that rotted on disk is replaced by any.
    const paper = await archive.store.get(key).catch(() => undefined);
    const one = paper && backupIn(paper, place);
    if (one) found.push({ key, version: one.version });
  }
  return found;
}

/** The backup that a paper is, where it is one of that place. */
function backupIn(paper: Uint8Array, place: Uint8Array) {
  try {
    const { signed, bytes } = Stated.parseDocument(paper);
    const backup = PasskeyBackup.parsePasskeyBackup(bytes);
    if (!equal(PasskeyBackup.placeOf(backup), place)) return undefined;
    return { backup, version: signed.message.version };
  } catch (error) {
    if (error instanceof IsletError) return undefined;
    throw error;
  }
}
