// Copyright the Islet authors. AGPL-3.0-or-later.
import { idOf } from '@islet/core/Circle';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Abi from './Abi.js';
import { circlesAbi } from './abi/Circles.js';
import { type Event, standingOf, type View } from './View.js';

/** What `Circles` has said of one circle. Its patient, keeper, number and end are what its id is the hash of. */
export type Circle = {
  patient: string;
  keeper: string;
  maxPeople: number;
  /** Seconds, as on chain. */
  until: number;
  /** Of the public key that grants to the circle are sealed to. */
  keyHash: string;
  /** Since when each person in it is, by account: UTC ms of the block. */
  people: Map<string, number>;
  /** Whom the patient took out: nobody lets them in again. */
  barred: Set<string>;
  /** When the patient ended it, UTC ms; null where they did not. */
  endedAt: number | null;
};

/** By id. */
export type State = Map<string, Circle>;

/** Whether a circle has neither been ended nor run out at that time, UTC ms. */
export const isOpen = (circle: Circle, now: number): boolean =>
  circle.endedAt === null && now < circle.until * 1000;

/** Whether a reader is in this circle of this patient's at that time, UTC ms. As `Circles` says. */
export function isIn(
  state: State,
  circle: Uint8Array,
  patient: Uint8Array,
  reader: Uint8Array,
  now: number,
): boolean {
  const found = state.get(toHex(circle));
  if (!found || found.patient !== toHex(patient)) return false;
  return isOpen(found, now) && found.people.has(toHex(reader));
}

/** The ids of the circles that a reader is in at that time, UTC ms. */
export const circlesOf = (state: State, reader: Uint8Array, now: number): string[] =>
  [...state].flatMap(([id, c]) => (isOpen(c, now) && c.people.has(toHex(reader)) ? [id] : []));

/**
 * Applies one event of `Circles` in place. `at`: UTC ms of its block. What the contract would never have said, of a circle
 * whose id the patient signed otherwise or of more people than it is for, is left out: a chain may forbid, never permit.
 */
export function apply(view: View, event: Event, at: number): void {
  const log = Abi.decodeLog(circlesAbi, event);
  if (!log || log.name === 'EIP712DomainChanged') return;
  const id = toHex(log.args.circle);
  if (log.name === 'CircleOpened') {
    const { patient, keeper, salt, keyHash } = log.args;
    const terms = {
      patient,
      keeper,
      salt,
      maxPeople: Number(log.args.maxPeople),
      until: Number(log.args.until),
    };
    // Stops: another keeper, more people, a later end than the patient's grant to this id stands for.
    if (view.circles.has(id) || toHex(idOf(terms)) !== id) return;
    view.circles.set(id, {
      patient: toHex(patient),
      keeper: toHex(keeper),
      maxPeople: terms.maxPeople,
      until: terms.until,
      keyHash: toHex(keyHash),
      people: new Map(),
      barred: new Set(),
      endedAt: null,
    });
    return;
  }
  const circle = view.circles.get(id);
  if (!circle) return;
  switch (log.name) {
    case 'Admitted': {
      const reader = toHex(log.args.reader);
      // Stops: one more than the patient signed, and whom the patient took out.
      const full = circle.people.size >= circle.maxPeople;
      if (full || circle.barred.has(reader) || !isOpen(circle, at)) return;
      // Stops: whom a keeper lets in for whom no organisation answers any more.
      if (standingOf(view, fromHex(circle.keeper)) === 'ended') return;
      circle.people.set(reader, at);
      return;
    }
    case 'Dismissed': {
      const reader = toHex(log.args.reader);
      circle.people.delete(reader);
      if (toHex(log.args.by) === circle.patient) circle.barred.add(reader);
      return;
    }
    case 'CircleKeyReplaced':
      circle.keyHash = toHex(log.args.keyHash);
      return;
    case 'CircleEnded':
      circle.endedAt ??= at;
  }
}
