// Copyright the Islet authors. AGPL-3.0-or-later.
import { rootOf, type View } from '@islet/chain/View';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import type { Wanted } from './Access.js';
import * as Dealers from './Dealers.js';
import { readable } from './Readable.js';
import { type Place, TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';

/** What was asked to be followed. */
export type Followed = Wanted & { patient: Uint8Array };

/**
 * Everything about a segment that can be known when it comes, which is before its batch: that the person's gateway, still
 * authorised, sealed it under that epoch, and dealt its lock. That it is anchored is checked when its receipt comes.
 */
export async function checkFollowed(
  one: Proven,
  asked: Followed,
  view: View,
  dealers: Dealers.Dealers,
): Promise<void> {
  const { segment, epoch, shares, place } = one;
  const { header } = segment;
  const fail = (code: string, what: string): never => {
    throw new TamperedError(code, what, place);
  };
  const { day } = header;
  const inside = day !== null && day >= asked.firstDay && day <= asked.lastDay;
  // Stops: another person's or stream's data in place of what is followed.
  if (!equal(header.account, asked.patient) || !asked.streams.includes(header.stream) || !inside)
    fail('SEGMENT_MISPLACED', 'a segment belongs elsewhere');
  const gateway = view.accounts.get(toHex(asked.patient))?.gateways.get(toHex(header.gateway));
  // Stops: a hub writing on its own, and whoever holds the key of a gateway that was ended.
  if (!gateway) fail('GATEWAY_UNKNOWN', 'it was sealed by a gateway that the patient never authorised');
  if (gateway?.endedAt !== null) fail('GATEWAY_ENDED', 'it was written by a gateway that the patient ended');
  // Stops: a flipped bit anywhere in the segment.
  if (!(await Segment.verify(segment)))
    fail('SEGMENT_ALTERED', 'a segment’s bytes are not what its gateway sealed');
  const belongs =
    equal(header.epochHash, epoch.hash) &&
    equal(epoch.header.account, header.account) &&
    epoch.header.stream === header.stream &&
    epoch.header.day === day &&
    equal(epoch.header.gateway, header.gateway);
  if (!belongs) fail('EPOCH_MISPLACED', 'a segment names an epoch that belongs elsewhere');
  if (!(await Epoch.verify(epoch))) fail('EPOCH_FORGED', 'an epoch is not signed by its gateway');
  // Stops: shares dealt by a hub, to custodians of its own.
  if (!(await Dealers.isDealt(shares, epoch, dealers)))
    fail(
      'SHARES_FORGED',
      'the shares are signed neither by the epoch’s gateway nor by a dealer of the person',
    );
}

/** Whether a receipt leads from the segment to a batch on our own view of the chain. */
export function isAnchored(segment: Segment.Segment, receipt: Uint8Array, view: View): boolean {
  const parsed = readable(() => Receipt.parseReceipt(receipt));
  const root = parsed && Receipt.rootOfLeaf(parsed, Segment.leaf(segment));
  return root !== undefined && rootOf(view, parsed!.hub, parsed!.number) === toHex(root);
}

/** What a gateway of the person states now of a stream that is followed. */
export async function checkFollowedHead(
  bytes: Uint8Array,
  asked: Followed,
  view: View,
): Promise<Head.Statement> {
  const head = readable(() => Head.parse(bytes));
  const { stream, account, gateway } = head?.statement ?? {};
  const place: Place = stream ? { stream } : {};
  const isOurs = account && equal(account, asked.patient) && stream && asked.streams.includes(stream);
  if (!head || !isOurs)
    throw new TamperedError('HEAD_MISPLACED', 'the statement of what exists is about something else', place);
  const known = view.accounts.get(toHex(asked.patient))?.gateways.get(toHex(gateway!));
  if (known?.endedAt !== null || !(await Head.verify(head)))
    throw new TamperedError(
      'HEAD_FORGED',
      'the statement of what exists is not signed by its gateway',
      place,
    );
  return head.statement;
}

/** What was seen of each writer's chain. */
export type ChainWatch = {
  /**
   * Whether a segment comes after all that were noted of its chain. Stops: two segments with one number, one slipped in
   * between, and old values told again as new.
   */
  isNext(segment: Segment.Segment, place: Place): boolean;
  note(segment: Segment.Segment): void;
  /** The newest number noted of a chain. */
  numberOf(chain: Chain): number | undefined;
};

type Chain = Pick<Segment.Header, 'gateway' | 'chain'>;

export function chainWatch(): ChainWatch {
  const last = new Map<string, { number: number; hash: Uint8Array }>();
  const idOf = ({ gateway, chain }: Chain): string => `${toHex(gateway)}/${toHex(chain)}`;
  return {
    isNext({ header, hash }, place) {
      const before = last.get(idOf(header));
      if (!before) return true;
      if (header.number === before.number && !equal(hash, before.hash))
        throw new TamperedError(
          'CHAIN_EQUIVOCATION',
          'the gateway sealed two segments with one number',
          place,
        );
      if (header.number === before.number + 1 && !equal(header.previous, before.hash))
        throw new TamperedError('CHAIN_BROKEN', 'a segment does not follow the one before it', place);
      return header.number > before.number;
    },
    note({ header, hash }) {
      last.set(idOf(header), { number: header.number, hash });
    },
    numberOf: (chain) => last.get(idOf(chain))?.number,
  };
}
