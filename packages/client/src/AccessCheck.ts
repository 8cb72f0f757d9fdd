// Copyright the Islet authors. AGPL-3.0-or-later.
import type { View } from '@islet/chain/View';
import { unbase64 } from '@islet/core/base64';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { verify as verifySignature } from '@islet/core/crypto/ed25519';
import { statementOf } from '@islet/core/Emergency';
import { IsletError } from '@islet/core/IsletError';
import { signedBytes } from '@islet/core/Look';
import * as Release from '@islet/core/Release';
import { type AccessRecord, atOf, type Line, passes, wordsOf } from './AccessRecord.js';
import { circleOf } from './Log.js';

type RequestLine = Extract<Line, { kind: 'request' }>;
type LookLine = Extract<Line, { kind: 'look' }>;

/** The chain as the checker knows it, or null: then only signatures and the record's own word are compared. */
export type Chain = { view: View; head: number } | null;
export type Checked = { requests: number; looks: number; notes: number; chainHead: number | null };

/** How a line is called in errors and by people: `request 7`, `the look of 2026-11-23T08:00:00.000Z`. */
export const nameOf = (line: Line): string =>
  line.kind === 'request' ? `request ${line.decision.number}` : `the look of ${iso(line.look.at)}`;

/**
 * Recomputes a record: each decision against the chain, each note's signature, each look's signature and place, and,
 * with a chain, that no decision the filters let through is left out. The first line that does not hold is thrown
 * by its name, `ACCESS_TAMPERED`.
 */
export async function check(record: AccessRecord, chain: Chain): Promise<Checked> {
  const keys = chain
    ? new Map([...chain.view.custodians].map(([i, c]) => [i, c.signingKey]))
    : new Map(record.custodians.map((c) => [c.index, c.key]));
  const gateways = chain
    ? new Set(chain.view.accounts.get(record.account)?.gateways.keys() ?? [])
    : new Set(record.gateways);
  let notes = 0;
  let before: LookLine | undefined;
  const seen = new Set<string>();
  for (const [i, line] of record.lines.entries()) {
    const id = line.kind === 'request' ? line.decision.requestId : line.look.signature;
    if (seen.has(id)) throw new AccessTamperedError(nameOf(line), 'it is listed twice');
    seen.add(id);
    if (i > 0 && atOf(line) < atOf(record.lines[i - 1]!))
      throw new AccessTamperedError(nameOf(line), 'it is out of order');
    if (!passes(line, record.filters))
      throw new AccessTamperedError(nameOf(line), 'it is not what was asked for');
    if (line.kind === 'request') {
      checkDecision(record, line, chain);
      notes += await checkNotes(line, keys);
    } else {
      await checkLook(record, line, before, gateways);
      before = line;
    }
  }
  if (chain) checkComplete(record, chain);
  const requests = record.lines.filter((line) => line.kind === 'request').length;
  return { requests, looks: record.lines.length - requests, notes, chainHead: chain?.head ?? null };
}

function checkDecision(record: AccessRecord, line: RequestLine, chain: Chain): void {
  const { decision, words } = line;
  const fail = (what: string): never => {
    throw new AccessTamperedError(nameOf(line), what);
  };
  if (decision.patient !== record.account) fail('it is about another person');
  if (chain) {
    const known = chain.view.decisions.get(decision.requestId);
    if (!known) fail('the chain has no such request');
    if (canonical(known) !== canonical(decision)) fail('the chain decided otherwise');
  }
  checkRole(line, chain, fail);
  checkCircle(line, chain, fail);
  checkEmergency(line, chain, fail);
  if (words && canonical(wordsOf(decision.scope, words.salt)) !== canonical(words))
    fail('its streams or purpose are not those that the chain has the codes of');
}

type Fail = (what: string) => never;

function checkRole({ decision, role }: RequestLine, chain: Chain, fail: Fail): void {
  if (!chain) return;
  const reader = chain.view.grants.get(decision.grantId)?.reader;
  const known = reader !== undefined && chain.view.roles.has(reader) ? reader : undefined;
  if (role?.id !== known) fail('it was asked for in another role, or in none');
}

function checkCircle({ decision, circle }: RequestLine, chain: Chain, fail: Fail): void {
  if (!chain) return;
  const known = circleOf(chain.view, chain.view.grants.get(decision.grantId)?.reader);
  if (circle?.id !== known?.id || circle?.keeper !== known?.keeper)
    fail('it was asked for in another circle, or in none, or someone else keeps it');
}

function checkEmergency({ decision, emergency }: RequestLine, chain: Chain, fail: Fail): void {
  const reason = emergency?.reason;
  if (reason) {
    const stated = statementOf({ salt: fromHex(reason.salt), text: reason.text });
    if (toHex(stated) !== emergency.statement) fail('its emergency was stated otherwise');
  }
  if (!chain) return;
  const known = chain.view.emergencies.get(decision.requestId);
  if (known?.statement !== emergency?.statement) fail('the chain has another emergency of it, or none');
  // Reviews come later than some records.
  const reviews = new Set(known?.reviews.map(canonical));
  if (emergency?.reviews.some((review) => !reviews.has(canonical(review))))
    fail('its emergency was judged otherwise');
}

async function checkNotes(line: RequestLine, keys: Map<number, string>): Promise<number> {
  const { decision } = line;
  for (const { custodian, note } of line.notes) {
    const fail = (what: string): never => {
      throw new AccessTamperedError(nameOf(line), `custodian ${custodian}’s note of release ${what}`);
    };
    const key = keys.get(custodian) ?? fail('is of no known custodian');
    const read = await readNote(note, key);
    if (!read) return fail('is not signed by it');
    if (read.custodian !== custodian || toHex(read.requestId) !== decision.requestId)
      fail('is about another');
    if (read.blockNumber < decision.blockNumber) fail('is older than the decision');
  }
  return line.notes.length;
}

/** A note, or undefined where the custodian of `key` did not sign these bytes. */
async function readNote(note: string, key: string): Promise<Release.Note | undefined> {
  try {
    return await Release.parseNote(unbase64(note), fromHex(key));
  } catch {
    return undefined;
  }
}

async function checkLook(
  record: AccessRecord,
  line: LookLine,
  before: LookLine | undefined,
  gateways: Set<string>,
): Promise<void> {
  const { look, gateway } = line;
  const fail = (what: string): never => {
    throw new AccessTamperedError(nameOf(line), what);
  };
  if (look.account !== record.account) fail('it is about another person');
  if (!gateways.has(gateway)) fail('the person never authorised the gateway that signed it');
  const sound = await verifySignature(fromHex(look.signature), signedBytes(look), fromHex(gateway));
  if (!sound) fail('its gateway did not sign this');
  // With one device's looks only, others' lie between.
  const next = record.filters.reader !== null || before?.gateway !== gateway;
  if (!next && look.previous !== before?.look.signature) fail('a look before it is left out');
}

/** A request whose streams nobody can tell cannot be missed where streams were asked for. */
function checkComplete(record: AccessRecord, { view, head }: NonNullable<Chain>): void {
  if (head < record.chain.block)
    throw new AccessTamperedError(
      'its end',
      `the chain has only ${head} of the ${record.chain.block} blocks`,
    );
  if (record.filters.stream !== null) return;
  const listed = new Set(record.lines.flatMap((l) => (l.kind === 'request' ? [l.decision.requestId] : [])));
  for (const decision of view.decisions.values()) {
    const line: Line = { kind: 'request', name: null, decision, words: null, notes: [] };
    const wanted = decision.patient === record.account && decision.blockNumber <= record.chain.block;
    if (wanted && passes(line, record.filters) && !listed.has(decision.requestId))
      throw new AccessTamperedError(nameOf(line), 'it is left out');
  }
}

/** JSON with its names in order, so that what is the same compares the same. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) =>
    v && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );

const iso = (at: number): string =>
  Number.isFinite(new Date(at).getTime()) ? new Date(at).toISOString() : '?';

export class AccessTamperedError extends IsletError {
  override readonly name = 'AccessTamperedError';
  constructor(place: string, what: string) {
    super(
      'ACCESS_TAMPERED',
      `Verification failed at ${place}: ${what}. Do not rely on this file; export anew.`,
    );
  }
}
