// Copyright the Islet authors. AGPL-3.0-or-later.
// Letting others see, taking it back, and who did see.
import { circlesOf } from '@islet/chain/Circles';
import * as View from '@islet/chain/View';
import * as Derivable from '@islet/client/Derivable';
import * as Given from '@islet/client/Given';
import * as Granting from '@islet/client/Granting';
import * as Held from '@islet/client/Held';
import * as Http from '@islet/client/Http';
import * as Log from '@islet/client/Log';
import type { Progress } from '@islet/client/Person';
import type { Terms } from '@islet/client/Terms';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import * as Hours from '@islet/core/Hours';
import type { Purpose } from '@islet/core/Purpose';
import { codeOf } from '@islet/core/Reason';
import type { Stream } from '@islet/core/Stream';
import * as Code from './Code.js';
import * as Figures from './Figures.js';
import { ownOf } from './Own.js';
import * as Session from './Session.js';
import type { Kept } from './Vault.js';

export type State = 'active' | 'revoked' | 'expired';

export type GrantLine = {
  id: string;
  reader: string;
  readerName: string | null;
  /** An organisation's role: whoever holds it at the time. */
  isRole: boolean;
  /** For a circle of carers: who lets people in, and how many at a time. */
  circle: OfCircle | null;
  state: State;
  grantedAt: number;
  revokedAt: number | null;
  expiresAt: number;
  /** Null where it was granted from another device: kinds of data are words that the chain does not have. */
  terms: Terms | null;
  looks: number;
  lastLook: number | null;
};

export type OfCircle = { keeper: string; keeperName: string | null; maxPeople: number };

const stateOf = (g: { revokedAt: number | null; expiresAt: number }, now: number): State =>
  g.revokedAt !== null ? 'revoked' : g.expiresAt * 1000 <= now ? 'expired' : 'active';

/** Whom a code or an invitation link stands for: a person, whoever holds an organisation's role, or who is in a circle. */
export type Recognised = { account: string; name: string | null; isRole: boolean; circle: OfCircle | null };

/** Throws `WEB_BAD_CODE`. */
export async function recognise(asked: { code: string }): Promise<Recognised> {
  const account = toHex(Code.toAccount(asked.code));
  const { network, vault } = await Session.need();
  // A role may be younger than what was last seen of the chain.
  await network.chain.follow();
  const { contacts } = vault.keeper.notes;
  const { state } = network.chain;
  const [isRole, circle] = [state.roles.has(account), circleOf(state, account, contacts)];
  return { account, name: contacts?.[account] ?? null, isRole, circle };
}

/** The roles that this person holds now. */
export async function roles(): Promise<{ account: string; code: string; name: string | null }[]> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  await network.chain.follow();
  return View.rolesOf(network.chain.state, wallet.account).map((role) => ({
    account: role,
    code: Code.ofAccount(fromHex(role)),
    name: notes.contacts?.[role] ?? null,
  }));
}

export async function contacts(): Promise<{ account: string; name: string }[]> {
  const { vault } = await Session.need();
  return Object.entries(vault.keeper.notes.contacts ?? {}).map(([account, name]) => ({ account, name }));
}

export async function grants(): Promise<GrantLine[]> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  const now = network.now();
  const given = await Given.by(network, wallet.account, (id) => notes.grantSalts?.[id]);
  const lines = given.map((g): GrantLine => {
    const looks = [...network.chain.state.decisions.values()].filter(
      (d) => d.grantId === g.grantId && d.reason === 0,
    );
    return {
      id: g.grantId,
      reader: g.reader,
      readerName: notes.contacts?.[g.reader] ?? null,
      isRole: network.chain.state.roles.has(g.reader),
      circle: circleOf(network.chain.state, g.reader, notes.contacts),
      state: stateOf(g, now),
      grantedAt: g.grantedAt,
      revokedAt: g.revokedAt,
      expiresAt: g.expiresAt * 1000,
      terms: g.terms ?? remembered(vault.keeper.notes, g),
      looks: looks.length,
      lastLook: looks.length > 0 ? Math.max(...looks.map((d) => d.at)) : null,
    };
  });
  return lines.sort((a, b) => b.grantedAt - a.grantedAt);
}

function circleOf(view: View.View, id: string, contacts: Record<string, string> = {}): OfCircle | null {
  const circle = view.circles.get(id);
  if (!circle) return null;
  const { keeper, maxPeople } = circle;
  return { keeper, keeperName: contacts[keeper] ?? null, maxPeople };
}

/** What the first builds kept of a grant: words without the salt that shows them to be the chain's. */
function remembered(
  { shared, dayOffsetMinutes = 0 }: Kept,
  { grantId, grantedAt, expiresAt }: Given.Given,
): Terms | null {
  const known = shared?.[grantId];
  if (!known) return null;
  return {
    ...known,
    ...{ rollingDays: 0, emergency: false, hours: Hours.always(dayOffsetMinutes) },
    notBefore: grantedAt,
    expiresAt: expiresAt * 1000,
  };
}

/** A preset goes no farther back; a longer period is previewed by its newest days. */
const longestPreview = 90;

/** Exactly what the other side will see, from the same bytes by the same code. */
export async function preview(
  asked: { streams: Stream[]; firstDay: number; lastDay: number },
  onProgress: Progress,
): Promise<Figures.Figures | null> {
  const session = await Session.need();
  const stream = Figures.resolutions.find((one) => asked.streams.includes(one));
  if (!stream) return null;
  const dayOffsetMinutes = session.vault.keeper.notes.dayOffsetMinutes ?? 0;
  const now = session.network.now();
  const today = Day.of(now, dayOffsetMinutes);
  const lastDay = Math.min(asked.lastDay, today);
  const firstDay = Math.max(asked.firstDay, lastDay - longestPreview);
  if (firstDay > lastDay) return null;
  onProgress('opening', 0, 1);
  const opened = await ownOf(session, Figures.neededFor(stream, asked.streams), firstDay, lastDay);
  return Figures.of(stream, opened?.segments ?? [], { firstDay, lastDay, dayOffsetMinutes, now });
}

/** What a grant would let its reader work out by subtraction, though no grant gives it. */
export type Granted = { id: string } | { id: null; derives: Derivable.Stretch[] };

/** Grants, unless it says more than it seems to and the person did not say that this is `meant`. */
export async function grant(asked: { reader: string; terms: Terms; meant: boolean }): Promise<Granted> {
  const { network, vault, keep } = await Session.need();
  const { wallet, notes } = vault.keeper;
  const { terms } = asked;
  const reader = fromHex(asked.reader);
  if (!asked.meant) {
    const given = await Given.by(network, wallet.account, (id) => notes.grantSalts?.[id]);
    const derives = Given.before(network, given, reader).flatMap((before) =>
      Derivable.unmeant(before, Given.scopesOf(terms)),
    );
    if (derives.length > 0) return { id: null, derives };
  }
  const { grantId, salt } = await Granting.grant(network, wallet, { ...terms, reader });
  const id = toHex(grantId);
  const { streams, firstDay, lastDay, purpose, maxUses } = terms;
  notes.grantSalts = { ...notes.grantSalts, [id]: toHex(salt) };
  notes.shared = { ...notes.shared, [id]: { streams, firstDay, lastDay, purpose, maxUses } };
  await keep(vault.keeper);
  return { id };
}

export async function revoke(asked: { id: string }): Promise<{ told: number }> {
  const { network, vault } = await Session.need();
  return Granting.revoke(network, vault.keeper.wallet, fromHex(asked.id));
}

export type LogLine =
  | {
      is: 'look';
      id: string;
      at: number;
      who: string | null;
      account: string;
      own: boolean;
      granted: boolean;
      code: string;
      streams: Stream[] | null;
      firstDay: number | null;
      lastDay: number | null;
      times: number;
      custodians: number[];
      grantId: string;
      grantActive: boolean;
      /** The look was by whoever holds an organisation's role: its name, as the person gave it. */
      role: { name: string | null } | null;
      /** The look was by someone in a circle of carers: who let them in. */
      circle: { keeper: string; name: string | null } | null;
      emergency: Broken | null;
    }
  | { is: 'device'; id: string; at: number; device: string; readings: number };

/** An emergency look: the reason, null where none that fits was told; and what the person said of it. */
export type Broken = { reason: string | null; justified: boolean | null };

export type Page = { lines: LogLine[]; silent: number[]; sound: boolean; gatewayAway: boolean };

/** Every look and every refusal, newest first. */
export async function log(): Promise<Page> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  const { accesses, silent } = await Log.accesses(network, wallet);
  const me = toHex(wallet.account);
  const now = network.now();
  const lines = accesses.map((a): LogLine => {
    const of = network.chain.state.grants.get(a.grantId);
    return {
      is: 'look',
      id: a.requestId,
      at: a.at,
      who: notes.contacts?.[a.reader] ?? null,
      account: a.reader,
      own: a.reader === me,
      granted: a.reason === 0,
      code: codeOf(a.reason),
      streams: notes.shared?.[a.grantId]?.streams ?? null,
      firstDay: a.scope && Day.isDay(a.scope.firstDay) ? a.scope.firstDay : null,
      lastDay: a.scope && Day.isDay(a.scope.lastDay) ? a.scope.lastDay : null,
      times: a.count,
      custodians: a.releases.map((r) => r.custodian).sort(),
      grantId: a.grantId,
      grantActive: of !== undefined && stateOf(of, now) === 'active',
      role: a.role === null ? null : { name: notes.contacts?.[a.role] ?? null },
      circle: a.circle && { keeper: a.circle.keeper, name: notes.contacts?.[a.circle.keeper] ?? null },
      emergency: a.emergency && brokenOf(a.emergency, me),
    };
  });
  const own = await devicesLooks();
  const read = own.looks.map(
    (look, i): LogLine => ({
      is: 'device',
      id: `${look.device}/${i}`,
      at: look.at,
      device: notes.devices?.find((d) => d.id === look.device)?.name ?? look.device,
      readings: look.count,
    }),
  );
  return {
    lines: [...lines, ...read].sort((a, b) => b.at - a.at),
    silent,
    sound: own.sound,
    gatewayAway: own.away,
  };
}

const brokenOf = ({ reason, reviews }: NonNullable<Log.Access['emergency']>, me: string): Broken => ({
  reason: reason?.text ?? null,
  justified: reviews.find((r) => r.by === me)?.justified ?? null,
});

/** An emergency look that the person has not judged yet. */
export type Unjudged = { id: string; at: number; who: string | null; account: string; reason: string | null };

export async function emergencies(): Promise<Unjudged[]> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  await network.chain.follow();
  const me = toHex(wallet.account);
  // Custodians are asked only where there is something to ask about.
  if (![...network.chain.state.emergencies.values()].some((e) => e.patient === me)) return [];
  const { accesses } = await Log.accesses(network, wallet);
  return accesses
    .filter(({ emergency }) => emergency && brokenOf(emergency, me).justified === null)
    .map(({ requestId, at, reader, emergency }) => ({
      ...{ id: requestId, at, account: reader, who: notes.contacts?.[reader] ?? null },
      reason: emergency?.reason?.text ?? null,
    }))
    .sort((a, b) => b.at - a.at);
}

/** Says of an emergency look, once and for ever, whether it was justified. */
export async function judge(asked: { id: string; justified: boolean }): Promise<void> {
  const { network, vault } = await Session.need();
  const Reviewing = await import('@islet/client/Reviewing');
  await Reviewing.asPatient(network, vault.keeper.wallet, fromHex(asked.id), { justified: asked.justified });
  await network.chain.follow();
}

async function devicesLooks() {
  const { network, vault } = await Session.need();
  try {
    const { gatewayKey } = Http.json(await Http.get(network.gateway, '/health')) as { gatewayKey: string };
    return { ...(await Log.looks(network, vault.keeper.wallet, fromHex(gatewayKey))), away: false };
  } catch {
    return { looks: [], sound: true, away: true };
  }
}

export type PatientLine = { account: string; code: string; name: string | null; grants: HeldLine[] };
export type HeldLine = {
  id: string;
  /** Null: granted to this reader; else to whoever holds a role, with the name that we gave it. */
  role: { name: string | null } | null;
  /** Granted to a circle that this reader is in. */
  circle: OfCircle | null;
  state: State;
  terms: Terms;
  grantedAt: number;
  expiresAt: number;
  revokedAt: number | null;
};

/** Everyone who ever let this clinician see something. */
export async function patients(): Promise<PatientLine[]> {
  const { lines } = await Session.shown('patients', 'all', async () => ({ lines: await patientLines() }));
  // What was taken back is not kept either, whether or not it is asked for again.
  for (const { id, state } of lines.flatMap((line) => line.grants))
    if (state !== 'active') await Session.drop(`report ${id}`);
  return lines;
}

async function patientLines(): Promise<PatientLine[]> {
  const { network, vault } = await Session.need();
  const { wallet, notes } = vault.keeper;
  await network.chain.follow();
  const me = toHex(wallet.account);
  const { state } = network.chain;
  const circles = circlesOf(state.circles, wallet.account, network.now());
  const readers = new Set([me, ...View.rolesOf(state, wallet.account), ...circles]);
  const accounts = new Set(
    [...state.grants.values()].filter((g) => readers.has(g.reader)).map((g) => g.patient),
  );
  const now = network.now();
  return Promise.all(
    [...accounts].map(async (account) => ({
      account,
      code: Code.ofAccount(fromHex(account)),
      name: notes.contacts?.[account] ?? null,
      grants: (await Held.from(network, wallet, fromHex(account))).map((h) => ({
        id: toHex(h.grantId),
        role: state.roles.has(h.onChain.reader) ? { name: notes.contacts?.[h.onChain.reader] ?? null } : null,
        circle: circleOf(state, h.onChain.reader, notes.contacts),
        state: stateOf(h.onChain, now),
        terms: termsOf(h),
        grantedAt: h.onChain.grantedAt,
        expiresAt: h.onChain.expiresAt * 1000,
        revokedAt: h.onChain.revokedAt,
      })),
    })),
  );
}

/** The terms that a reader holds, in words. */
function termsOf({ message: m, keys, onChain }: Held.Held): Terms {
  const { firstDay, lastDay, rollingDays, maxUses, emergency } = m;
  const { weekdays, fromMinute, toMinute, offsetMinutes } = m;
  return {
    ...{ firstDay, lastDay, rollingDays, maxUses, emergency },
    streams: keys.streams.map((s) => s.stream),
    hours: { weekdays, fromMinute, toMinute, offsetMinutes },
    purpose: keys.purpose as Purpose,
    notBefore: m.notBefore * 1000,
    expiresAt: onChain.expiresAt * 1000,
  };
}
