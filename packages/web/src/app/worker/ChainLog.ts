// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Change, HighWater, Mark } from '@islet/chain/Follower';
import type { Event } from '@islet/chain/View';
import { utf8 } from '@islet/core/crypto/bytes';
import type { Database } from './Database.js';
import * as Vault from './Vault.js';

/** Parts beyond which they are put together when next opened. */
const manyParts = 50;

/** A person's own verified view of the chain, kept sealed in this browser, so that no block is checked twice. */
export async function open(
  database: Database,
  vault: Vault.Opened,
  genesis: string,
  random: (length: number) => Uint8Array,
  keep: (change: Change) => Event,
  replay: (event: Event) => void,
): Promise<HighWater> {
  const key = `${vault.id}/${genesis}`;
  const aad = (number: number): Uint8Array => utf8(`islet/view/v1/${key}/${number}`);
  const events: Event[] = [];
  let mark: Mark | null = null;
  let next = 0;
  const stored = await database.parts(key);
  for (const part of stored) {
    const plaintext = part.number === next ? Vault.unseal(vault.key, aad(part.number), part) : undefined;
    // Altered or missing: what follows cannot be trusted, and is checked again.
    if (!plaintext) break;
    const [saved, list] = JSON.parse(new TextDecoder().decode(plaintext)) as [Mark, Event[]];
    events.push(...list);
    mark = saved;
    next++;
  }
  for (const event of events) replay(event);
  const boxOf = (number: number, content: [Mark, Event[]]) => ({
    key,
    number,
    ...Vault.seal(vault.key, aad(number), utf8(JSON.stringify(content)), random),
  });
  if (mark && (stored.length > manyParts || stored.length > next)) {
    await database.replaceParts(boxOf(0, [mark, events]));
    next = 1;
  }
  return {
    load: async () => mark,
    async save(saved, changes) {
      await database.putPart(boxOf(next, [saved, changes.map(keep)]));
      next++;
      mark = saved;
    },
  };
}
