// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Head from '@islet/core/Head';
import { IsletError } from '@islet/core/IsletError';
import { type Part, parseFetched } from '@islet/core/wire/Fetch';
import * as Http from './Http.js';
import type { Network } from './Network.js';
import { type Asked, type Checked, check } from './Verification.js';

export type Served = { parts: Part[]; checked: Checked };

/**
 * What the hubs that have something of a person serve, checked. While someone moves these are two, and of each writer the
 * newest statement counts, with what it lists, whichever of them serves it. One that is away or serves what does not hold is
 * passed over as long as another serves what does: then the answer says until when it is complete. `asked` is asked
 * once all have answered.
 */
export async function served(
  network: Network,
  body: Uint8Array,
  asked: () => Promise<Asked>,
): Promise<Served & { asked: Asked }> {
  const { hub, places = [] } = network;
  if (places.length <= 1) {
    const parts = parseFetched(await Http.post(hub, '/v1/fetch', body));
    const all = await asked();
    const from = places[0]?.address;
    return { parts, asked: all, checked: await check(parts, from ? { ...all, from } : all) };
  }
  const answers = await Promise.allSettled(
    places.map(async ({ service }) => parseFetched(await Http.post(service, '/v1/fetch', body))),
  );
  const all = await asked();
  const sound: Part[][] = [];
  const wrong: unknown[] = [];
  for (const [i, answer] of answers.entries()) {
    try {
      if (answer.status === 'rejected') throw answer.reason;
      // Each alone first: what one of them makes up must not spoil what the other has.
      await check(answer.value, { ...all, from: places[i]!.address });
      sound.push(answer.value);
    } catch (error) {
      if (!(error instanceof IsletError)) throw error;
      wrong.push(error);
    }
  }
  if (sound.length === 0) throw wrong[0];
  const parts = newest(sound);
  return { parts, asked: all, checked: await check(parts, all) };
}

/** Of every writer's stream the part with the newest head. */
function newest(answers: Part[][]): Part[] {
  const found = new Map<string, { at: number; part: Part }>();
  for (const part of answers.flat()) {
    const { stream, gateway, at } = Head.parse(part.head).statement;
    const writer = `${stream}/${toHex(gateway)}`;
    const before = found.get(writer);
    if (!before || at > before.at) found.set(writer, { at, part });
  }
  return [...found.values()].map(({ part }) => part);
}
