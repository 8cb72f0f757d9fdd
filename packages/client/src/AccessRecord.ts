// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Deployment } from '@islet/chain/Deployment';
import type { Decision, View } from '@islet/chain/View';
import { base64 } from '@islet/core/base64';
import { fromHex, to0x, toHex } from '@islet/core/crypto/bytes';
import type { Look } from '@islet/core/Look';
import * as Purpose from '@islet/core/Purpose';
import * as Streams from '@islet/core/Stream';

import type { Access } from './Log.js';

/** What a request asked for in words: known to whoever keeps the grant's salt, and checkable with it. */
export type Words = { salt: string; streams: Streams.Stream[]; purpose: Purpose.Purpose };

/** `name` and `device` are the patient's own words; everything else can be checked. */
export type Line =
  | {
      kind: 'request';
      name: string | null;
      decision: Decision;
      words: Words | null;
      /** The custodians' signed notes, base64. */
      notes: { custodian: number; note: string }[];
      /** Present where the grant is for an organisation's role: whoever looked held it. `name` is the patient's word. */
      role?: { id: string; name: string | null };
      /**
       * Present where the grant is for a circle of carers: whoever looked was let in by its keeper, an account. `name` is
       * the patient's word for the keeper.
       */
      circle?: { id: string; keeper: string; name: string | null };
      /** Present where the look was an emergency. */
      emergency?: Emergency;
    }
  | { kind: 'look'; device: string; gateway: string; look: Look };

/** `reason` is null where what the reader sent does not fit the statement on chain, or nothing came. */
export type Emergency = {
  statement: string;
  reason: { salt: string; text: string } | null;
  reviews: { by: string; justified: boolean; at: number }[];
};

/** Which lines of the log were wanted. Times are UTC ms, `to` not included. */
export type Filters = {
  /** An account, or the id of one of the person's own devices. */
  reader: string | null;
  refused: boolean;
  from: number | null;
  to: number | null;
  stream: Streams.Stream | null;
};

/** Who saw what, with all that it takes to check it again: what every export of the log is written from. */
export type AccessRecord = {
  islet: 'access';
  version: 1;
  account: string;
  name: string;
  chain: { deployment: Deployment; validators: string[]; block: number };
  /** The custodians' signing keys and the person's gateways, as the chain had them. */
  custodians: { index: number; key: string }[];
  gateways: string[];
  /** Custodians that did not answer: their notes are missing. */
  silent: number[];
  filters: Filters;
  lines: Line[];
};

export const unfiltered: Filters = { reader: null, refused: false, from: null, to: null, stream: null };

export type Made = {
  account: Uint8Array;
  name: string;
  deployment: Deployment;
  validators: Uint8Array[];
  view: View;
  block: number;
  accesses: Access[];
  looks: Look[];
  /** The gateway that signed the looks. */
  gateway: string;
  silent: number[];
  filters: Filters;
  /** Of an account or a role. */
  nameOf: (id: string) => string | null;
  deviceOf: (id: string) => string;
  /** The salts of grants that the patient kept, by grant id. */
  saltOf: (grantId: string) => string | undefined;
};

/** The record of those lines that the filters let through, in order of time. */
export function build(made: Made): AccessRecord {
  const { view, filters } = made;
  const account = toHex(made.account);
  const requests = made.accesses.map(({ releases, role, circle, emergency, ...decision }): Line => {
    const salt = made.saltOf(decision.grantId);
    return {
      kind: 'request',
      name: made.nameOf(decision.reader),
      decision,
      words: salt === undefined ? null : wordsOf(decision.scope, salt),
      notes: releases
        .map(({ custodian, note }) => ({ custodian, note: base64(note) }))
        .sort((a, b) => a.custodian - b.custodian),
      ...(role !== null && { role: { id: role, name: made.nameOf(role) } }),
      ...(circle && { circle: { ...circle, name: made.nameOf(circle.keeper) } }),
      ...(emergency && { emergency: emergencyOf(emergency) }),
    };
  });
  const looks = made.looks.map(
    (look): Line => ({ kind: 'look', device: made.deviceOf(look.device), gateway: made.gateway, look }),
  );
  return {
    islet: 'access',
    version: 1,
    account,
    name: made.name,
    chain: { deployment: made.deployment, validators: made.validators.map(to0x), block: made.block },
    custodians: [...view.custodians].map(([index, c]) => ({ index, key: c.signingKey })),
    gateways: [...(view.accounts.get(account)?.gateways.keys() ?? [])],
    silent: made.silent,
    filters,
    lines: [...requests, ...looks].filter((line) => passes(line, filters)).sort((a, b) => atOf(a) - atOf(b)),
  };
}

function emergencyOf({ statement, reason, reviews }: NonNullable<Access['emergency']>): Emergency {
  return {
    statement,
    reason: reason && { salt: toHex(reason.salt), text: reason.text },
    reviews,
  };
}

export const atOf = (line: Line): number => (line.kind === 'look' ? line.look.at : line.decision.at);

/** Whether the filters let a line through. A request whose streams are not known passes no filter of streams. */
export function passes(line: Line, f: Filters): boolean {
  const at = atOf(line);
  if ((f.from !== null && at < f.from) || (f.to !== null && at >= f.to)) return false;
  if (line.kind === 'look')
    return !f.refused && (f.stream ?? 'glucose/raw') === 'glucose/raw' && isOf(f, line.look.device);
  if (f.refused && line.decision.reason === 0) return false;
  return isOf(f, line.decision.reader) && (f.stream === null || !!line.words?.streams.includes(f.stream));
}

const isOf = (f: Filters, who: string): boolean => f.reader === null || f.reader === who;

/** What the codes of a request stand for, where the salt explains all of them. */
export function wordsOf(scope: Decision['scope'], salt: string): Words | null {
  if (!scope) return null;
  const bytes = fromHex(salt);
  const codes = new Map(Streams.streams.map((s) => [toHex(Streams.code(bytes, s)), s]));
  const streams = scope.streams.flatMap((code) => codes.get(code) ?? []);
  const purpose = Purpose.purposes.find((p) => toHex(Streams.purposeCode(bytes, p)) === scope.purpose);
  return purpose !== undefined && streams.length === scope.streams.length ? { salt, streams, purpose } : null;
}
