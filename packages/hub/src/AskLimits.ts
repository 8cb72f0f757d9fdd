// Copyright the Islet authors. AGPL-3.0-or-later.
import { ASKS, ASKS_PER_ASKER, ASKS_PER_PAIR, ASKS_PER_PATIENT, ASKS_UNVOUCHED } from './limits.js';
import { Refusal } from './Refusal.js';

/** What is known of an ask that is kept. Accounts are hex, the deadline UTC ms. */
export type Known = {
  asker: string;
  patient: string;
  deadline: number;
  /** Whether a member vouched for the asker when it came. */
  isVouched: boolean;
  isAnswered: boolean;
};

/** Whether the patient may still answer it. */
export const isPending = ({ deadline, isAnswered }: Known, now: number): boolean =>
  !isAnswered && now < deadline;

/**
 * Whether one more ask may be kept beside these. Accounts cost nothing, so those for whom no member vouches share what
 * there is for strangers, and however many they are, the others find room. Throws `Refusal`.
 */
export function require(all: readonly Known[], more: Omit<Known, 'isAnswered'>, now: number): void {
  const sort = more.isVouched ? 'vouched' : 'unvouched';
  const count = (is: (one: Known) => boolean): number => all.filter(is).length;
  const ofAsker = all.filter((one) => one.asker === more.asker);
  const ofPair = ofAsker.filter((one) => one.patient === more.patient);
  if (ofAsker.length >= ASKS_PER_ASKER[sort] || ofPair.length >= ASKS_PER_PAIR[sort])
    throw new Refusal(
      429,
      'HUB_ASK_ALLOWANCE',
      'Too many asks of this account are kept here already. One is forgotten a week after its deadline.',
    );
  const pending = count(
    (one) => one.patient === more.patient && one.isVouched === more.isVouched && isPending(one, now),
  );
  const isFull = count((one) => !one.isVouched) >= ASKS_UNVOUCHED && !more.isVouched;
  if (pending >= ASKS_PER_PATIENT[sort] || isFull || all.length >= ASKS)
    throw new Refusal(
      429,
      'HUB_ASKS_FULL',
      'Too many asks wait for an answer. Try again later, or tell the patient by another way.',
    );
}
