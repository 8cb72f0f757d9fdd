// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Circles from '@islet/chain/Circles';
import * as View from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import * as Purpose from '@islet/core/Purpose';
import * as Streams from '@islet/core/Stream';
import { parseSigned } from '@islet/core/signed';
import type { Scope } from './Derivable.js';
import * as Http from './Http.js';
import * as Hubs from './Hubs.js';
import type { Network } from './Network.js';
import type { Terms } from './Terms.js';

/** A grant that a patient gave. `terms` are null where its papers or its salt are not at hand. */
export type Given = View.Grant & { grantId: string; terms: Terms | null };

/** Every grant of a patient, in the order given, with its terms in words where the salt is known (hex, by grant id). */
export async function by(
  installed: Network,
  patient: Uint8Array,
  saltOf: (grantId: string) => string | undefined,
): Promise<Given[]> {
  await installed.chain.follow();
  const network = await Hubs.at(installed, patient);
  const id = toHex(patient);
  const mine = [...network.chain.state.grants].filter(([, g]) => g.patient === id);
  return Promise.all(
    mine.map(async ([grantId, g]) => {
      const salt = saltOf(grantId);
      const message = salt === undefined ? undefined : await signedOf(network, grantId, g);
      const terms = message === undefined ? undefined : termsOf(message, fromHex(salt!));
      return { grantId, ...g, terms: terms ?? null };
    }),
  );
}

/** What the patient signed; the hub's paper is taken for it only where the chain has its hash. */
async function signedOf(network: Network, id: string, g: View.Grant): Promise<Message.Grant | undefined> {
  try {
    const told = Http.json(await Hubs.get(network, `/v1/grants/${id}`), network.hub.name);
    const { message } = parseSigned(Message.grant, fromHex(String(told.signed)));
    return toHex(Message.structHashOf(Message.grant, message)) === g.grantHash ? message : undefined;
  } catch (error) {
    if (error instanceof Http.UnreachableError || !(error instanceof IsletError)) throw error;
    return undefined;
  }
}

function termsOf(m: Message.Grant, salt: Uint8Array): Terms | undefined {
  const codes = new Map(Streams.streams.map((s) => [toHex(Streams.code(salt, s)), s]));
  const streams = m.streams.flatMap((code) => codes.get(toHex(code)) ?? []);
  const purpose = Purpose.purposes.find((p) => toHex(Streams.purposeCode(salt, p)) === toHex(m.purpose));
  if (purpose === undefined || streams.length !== m.streams.length) return undefined;
  const { firstDay, lastDay, rollingDays, maxUses, emergency } = m;
  const { weekdays, fromMinute, toMinute, offsetMinutes } = m;
  return {
    ...{ streams, firstDay, lastDay, rollingDays, purpose, maxUses, emergency },
    notBefore: m.notBefore * 1000,
    expiresAt: m.expiresAt * 1000,
    hours: { weekdays, fromMinute, toMinute, offsetMinutes },
  };
}

/** Whether a grant allows looks at a moment, UTC ms, as far as its end goes. */
export const isActive = (g: Given, now: number): boolean => g.revokedAt === null && g.expiresAt * 1000 > now;

/** What terms open over their whole life, for `Derivable`. */
export const scopesOf = ({ streams, rollingDays, notBefore, expiresAt, hours, ...t }: Terms): Scope[] => {
  const { offsetMinutes } = hours;
  const oldest = rollingDays === 0 ? t.firstDay : Day.of(notBefore, offsetMinutes) - rollingDays + 1;
  const firstDay = Math.max(t.firstDay, oldest);
  // Of days to come after its end nothing is opened.
  const lastDay = Math.min(t.lastDay, Day.of(Math.max(notBefore, expiresAt - 1), offsetMinutes));
  return lastDay < firstDay ? [] : streams.map((stream) => ({ stream, firstDay, lastDay }));
};

/**
 * What each person whom a new grant serves has already: from the grants that stand, to them, to a role they hold or to a
 * circle they are in, and from those that ended but were used. One list a person; a role that nobody holds yet, or a circle
 * that nobody is in yet, counts as one.
 */
export function before(network: Network, given: readonly Given[], reader: Uint8Array): Scope[][] {
  const { state } = network.chain;
  const role = state.roles.get(toHex(reader));
  const holders = [...(role?.appointments.keys() ?? [])].filter((one) =>
    View.holdsRole(state, reader, fromHex(one)),
  );
  holders.push(...(state.circles.get(toHex(reader))?.people.keys() ?? []));
  const persons = holders.length > 0 ? holders : [toHex(reader)];
  const used = new Set(
    [...state.decisions.values()].filter((d) => d.reason === 0).map((d) => `${d.grantId}/${d.reader}`),
  );
  return persons.map((person) => {
    const account = fromHex(person);
    const circles = Circles.circlesOf(state.circles, account, network.now());
    const ids = new Set([person, toHex(reader), ...View.rolesOf(state, account), ...circles]);
    return given
      .filter((g) => (isActive(g, network.now()) ? ids.has(g.reader) : used.has(`${g.grantId}/${person}`)))
      .flatMap((g) => (g.terms ? scopesOf(g.terms) : []));
  });
}
