// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import { type Put, parsePut } from '@islet/core/wire/Put';
import { PUT_HEADS, PUT_SEGMENTS } from './limits.js';
import { Refusal } from './Refusal.js';

/** A put taken apart, its signatures checked. Whether it fits what is kept is for `Keeping`. */
export type Parsed = {
  epochs: Epoch.Epoch[];
  shares: Shares.Shares[];
  segments: Segment.Segment[];
  heads: { head: Head.Head; nodes: Uint8Array[] }[];
};

/** Throws `FORMAT_MALFORMED`, `HUB_PUT_TOO_LONG`, `HUB_BAD_SIGNATURE`. Shares of epochs kept before are checked later. */
export async function parse(body: Uint8Array): Promise<Parsed> {
  const put = parsePut(body);
  requireShort(put);
  const parsed: Parsed = {
    epochs: put.epochs.map(Epoch.parse),
    shares: put.shares.map(Shares.parse),
    segments: put.segments.map(Segment.parse),
    heads: put.heads.map(({ head, nodes }) => ({ head: Head.parse(head), nodes })),
  };
  const signed = await Promise.all([
    ...parsed.epochs.map(Epoch.verify),
    ...parsed.segments.map(Segment.verify),
    ...parsed.heads.map(({ head }) => Head.verify(head)),
  ]);
  if (signed.includes(false)) throw badSignature();
  return parsed;
}

function requireShort(put: Put): void {
  const most = Math.max(put.epochs.length, put.shares.length, put.segments.length);
  if (most > PUT_SEGMENTS || put.heads.length > PUT_HEADS)
    throw new Refusal(
      413,
      'HUB_PUT_TOO_LONG',
      `A put may hold ${PUT_SEGMENTS} segments and ${PUT_HEADS} heads. Send the rest with the next.`,
    );
}

export const badSignature = (): Refusal =>
  new Refusal(
    403,
    'HUB_BAD_SIGNATURE',
    'Something in the put is not signed by the writer that it names. Nothing was kept; seal it anew.',
  );

/** Who must be authorised for what: each account with each writer, once. */
export function writersOf(parsed: Parsed): { account: Uint8Array; gateway: Uint8Array }[] {
  const found = new Map<string, { account: Uint8Array; gateway: Uint8Array }>();
  const note = ({ account, gateway }: { account: Uint8Array; gateway: Uint8Array }): void => {
    found.set(`${toHex(account)}/${toHex(gateway)}`, { account, gateway });
  };
  for (const { header } of parsed.epochs) note(header);
  for (const { header } of parsed.segments) note(header);
  for (const { head } of parsed.heads) note(head.statement);
  return [...found.values()];
}

/** Throws `HUB_NOT_THIS_EPOCH` unless the segment is of the epoch's account, stream and writer. */
export function requireOfEpoch(
  segment: Segment.Segment,
  epoch: { account: Uint8Array; stream: string; gateway: Uint8Array },
): void {
  const { account, stream, gateway } = segment.header;
  if (equal(account, epoch.account) && stream === epoch.stream && equal(gateway, epoch.gateway)) return;
  throw new Refusal(
    403,
    'HUB_NOT_THIS_EPOCH',
    'A segment names an epoch of another account, stream or writer. Nothing was kept.',
  );
}
