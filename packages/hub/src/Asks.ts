// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import type { Place } from '@islet/core/Ask';
import { parseSealed } from '@islet/core/Ask';
import { decode, encode, MalformedError } from '@islet/core/codec';
import { equal, toHex } from '@islet/core/crypto/bytes';
import type { Listed } from '@islet/core/wire/Asks';
import * as Stated from '@islet/core/wire/Stated';
import { temporarySuffix } from '@islet/store/AtomicFile';
import { nodeFiles } from '@islet/store/NodeFiles';
import { shred } from '@islet/store/Pack';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as AskLimits from './AskLimits.js';
import { erased } from './Erasures.js';
import { keyedLock } from './KeyedLock.js';
import { ASK_KEPT_MS } from './limits.js';
import { Refusal } from './Refusal.js';

/**
 * Asks on their way, one file each: sealed, so that nothing here says what is asked or why. Bounded in every direction,
 * and gone a week after their deadline, or as soon as either side erased everything.
 */
export type Asks = {
  /** Durable once resolved; the same again changes nothing. Throws `Refusal`. `ask` is the stated document. */
  keep(ask: Uint8Array, place: Place, isVouched: boolean): Promise<void>;
  /** The same of the answer to one. */
  answer(answer: Uint8Array, of: Pick<Place, 'id' | 'asker' | 'patient'>): Promise<void>;
  /** Those to someone that are still to be answered, and those from them. */
  of(account: Uint8Array): Promise<Listed[]>;
  /** Destroys all to and from someone. */
  dropOf(account: Uint8Array): Promise<void>;
  /** Destroys what is over. */
  prune(): Promise<void>;
};

const name = 'islet/hub-ask';
const ending = '.ask';

/** `hasEnded`: whether someone had everything erased. Throws what the disk throws, and `PRIVATE_FILE_EXPOSED`. */
export async function open(
  folder: string,
  now: () => number,
  hasEnded: (account: string) => boolean,
): Promise<Asks> {
  await nodeFiles.makeFolder(folder);
  const known = new Map<string, AskLimits.Known>();
  const locks = keyedLock();
  const pathOf = (id: string): string => join(folder, `${id}${ending}`);
  /** What is counted must not change before it is written. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => locks.run(['asks'], work);

  for (const file of await nodeFiles.list(folder)) {
    if (file.endsWith(temporarySuffix)) await shred(join(folder, file), nodeFiles);
    if (!file.endsWith(ending)) continue;
    const found = await learn(join(folder, file));
    // What rotted can be asked again, and must not keep the hub from starting.
    if (found) known.set(...found);
    else await shred(join(folder, file), nodeFiles);
  }

  async function read(id: string): Promise<Listed> {
    const { ask, answer } = parse((await PrivateFile.read(pathOf(id)))!);
    return { ask, answer };
  }
  const write = (id: string, kept: Listed, isVouched: boolean): Promise<void> =>
    PrivateFile.write(pathOf(id), encode(name, 1, [kept.ask, kept.answer, isVouched]));
  async function drop(isToGo: (one: AskLimits.Known) => boolean): Promise<void> {
    for (const [id, one] of known) {
      if (!isToGo(one)) continue;
      await shred(pathOf(id), nodeFiles);
      known.delete(id);
    }
  }

  return {
    keep: (ask, place, isVouched) =>
      alone(async () => {
        const id = toHex(place.id);
        const before = known.get(id);
        if (before && equal((await read(id)).ask, ask)) return;
        if (before) throw exists();
        // In here, because an erasure drops what is kept and then nothing more may come.
        if ([place.asker, place.patient].some((who) => hasEnded(toHex(who)))) throw erased();
        AskLimits.require([...known.values()], { ...placeOf(place), isVouched }, now());
        await write(id, { ask, answer: null }, isVouched);
        known.set(id, { ...placeOf(place), isVouched, isAnswered: false });
      }),
    answer: (answer, { id: bytes, asker, patient }) =>
      alone(async () => {
        const id = toHex(bytes);
        const one = known.get(id);
        if (!one || one.asker !== toHex(asker) || one.patient !== toHex(patient)) throw unknown();
        const kept = await read(id);
        if (kept.answer && equal(kept.answer, answer)) return;
        if (kept.answer) throw answered();
        await write(id, { ask: kept.ask, answer }, one.isVouched);
        one.isAnswered = true;
      }),
    of: (account) =>
      alone(async () => {
        const me = toHex(account);
        const mine = [...known].filter(
          ([, one]) => one.asker === me || (one.patient === me && AskLimits.isPending(one, now())),
        );
        return Promise.all(mine.map(([id]) => read(id)));
      }),
    dropOf: (account) => alone(() => drop(({ asker, patient }) => [asker, patient].includes(toHex(account)))),
    prune: () => alone(() => drop(({ deadline }) => deadline + ASK_KEPT_MS <= now())),
  };
}

async function learn(path: string): Promise<[id: string, one: AskLimits.Known] | undefined> {
  const bytes = await PrivateFile.read(path);
  try {
    const { ask, answer, isVouched } = parse(bytes!);
    const place = parseSealed(Stated.parseDocument(ask).bytes);
    return [toHex(place.id), { ...placeOf(place), isVouched, isAnswered: answer !== null }];
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function parse(bytes: Uint8Array): Listed & { isVouched: boolean } {
  const f = decode(name, 1, bytes);
  const kept = { ask: f.bytes(), answer: f.nullable((g) => g.bytes()), isVouched: f.bool() };
  f.end();
  return kept;
}

const placeOf = ({ asker, patient, deadline }: Place) => ({
  asker: toHex(asker),
  patient: toHex(patient),
  deadline,
});

const exists = (): Refusal =>
  new Refusal(409, 'HUB_ASK_EXISTS', 'Another ask of this id is kept. Draw a new id, and ask again.');

const unknown = (): Refusal =>
  new Refusal(404, 'HUB_NO_SUCH_ASK', 'This hub keeps no such ask. It may be over, or erased.');

const answered = (): Refusal =>
  new Refusal(409, 'HUB_ASK_ANSWERED', 'This ask has been answered already, perhaps from another device.');
