// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { keyOf } from '@islet/store/Store';
import type { Archive } from './Archive.js';

/** Keeps sealed bytes under an id, for whoever knows the id to fetch. The same bytes again change nothing. */
export async function keepPaper(archive: Archive, about: Uint8Array, bytes: Uint8Array): Promise<void> {
  const key = keyOf(bytes);
  if ((await archive.find.papers(about)).includes(key)) return;
  await archive.store.put(bytes);
  await archive.append({ kind: 'paper', about, key: fromHex(key) });
}
