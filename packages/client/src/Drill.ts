// Copyright the Islet authors. AGPL-3.0-or-later.
// A drill: whether guardians still could, without anything being revealed or approved.
import { equal, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as Paper from '@islet/core/Paper';
import * as SeedShares from '@islet/core/SeedShares';
import * as Guarding from './Guarding.js';
import type { Keep, Person } from './Person.js';
import { DRILL_AFTER_MS } from './personLimits.js';

const questionDomain = 'islet/drill-question/v1';
const answerDomain = 'islet/drill-answer/v1';

/** A fresh question, as text for guardians. */
export const ask = (
  { wallet }: Person,
  random: (length: number) => Uint8Array,
): { text: string; question: Uint8Array } => {
  const question = random(32);
  return { question, text: Paper.write(questionDomain, new Uint8Array([...wallet.account, ...question]), 4) };
};

/** A guardian's answer: that the share opens, and which. Throws `DRILL_UNREADABLE` and `GUARDIANS_NOT_OURS`. */
export function answer(guardian: Person, text: string): string {
  const bytes = Paper.read(questionDomain, text, 4);
  if (bytes?.length !== 64) throw new UnreadableError();
  const { place, share } = Guarding.chargeOf(guardian, bytes.slice(0, 32));
  const proof = SeedShares.drillAnswer(share, bytes.slice(32));
  return Paper.write(answerDomain, new Uint8Array([place.index, ...proof]), 4);
}

/** How it went: whose answer was right, in hex, and whether they would be enough. */
export type Outcome = { answered: string[]; silent: string[]; enough: boolean };

/**
 * Compares answers with what the shares must give, and remembers the day where they are enough. The person deals the
 * same shares again from their seeds, so nobody tells them any. Throws `DRILL_UNREADABLE`, `DRILL_NO_GUARDIANS`.
 */
export async function check(
  person: Person,
  keep: Keep,
  question: Uint8Array,
  answers: string[],
  now: number,
): Promise<Outcome> {
  const rules = Guarding.rulesOf(person);
  if (!rules?.dealing) throw new NoGuardiansError();
  const { guardians, threshold, dealing, account } = rules;
  const shares = SeedShares.deal(Guarding.secretOf(person), account, dealing, threshold, guardians.length);
  // Stops: taking a drill for passed that was of shares dealt of other seeds, as after they were replaced.
  const same = guardians.every(
    (g, i) =>
      g.share &&
      equal(SeedShares.commitment({ account, dealing, index: i + 1 }, shares[i]!), g.share.commitment),
  );
  const right = new Set<number>();
  for (const text of answers) {
    const bytes = Paper.read(answerDomain, text, 4);
    if (bytes?.length !== 33) throw new UnreadableError();
    const index = bytes[0]!;
    const share = shares[index - 1];
    if (same && share && SeedShares.isDrillAnswer(share, question, bytes.slice(1))) right.add(index);
  }
  const named = (isIn: boolean) =>
    guardians.filter((_, i) => right.has(i + 1) === isIn).map((g) => toHex(g.account));
  const enough = right.size >= threshold;
  if (enough) {
    person.notes.drilledAt = now;
    await keep(person);
  }
  return { answered: named(true), silent: named(false), enough };
}

/** Whether it is time for another drill: guardians were named, or last tried, half a year ago. */
export const isDue = ({ notes }: Pick<Person, 'notes'>, now: number): boolean =>
  Guarding.rulesOf({ notes }) !== undefined &&
  now - Math.max(notes.drilledAt ?? 0, notes.guardians?.setAt ?? 0) > DRILL_AFTER_MS;

/** Whether the guardians of now have never been tried. */
export const isFirst = ({ notes }: Pick<Person, 'notes'>): boolean =>
  Guarding.rulesOf({ notes }) !== undefined && (notes.drilledAt ?? 0) < (notes.guardians?.setAt ?? 0);

export class UnreadableError extends IsletError {
  override readonly name = 'Drill.UnreadableError';
  constructor() {
    super('DRILL_UNREADABLE', 'This is not of a drill, or a letter of it is wrong. Copy all of it again.');
  }
}

export class NoGuardiansError extends IsletError {
  override readonly name = 'Drill.NoGuardiansError';
  constructor() {
    super('DRILL_NO_GUARDIANS', 'There are no guardians to drill with. Name some: npx islet guardians set');
  }
}
