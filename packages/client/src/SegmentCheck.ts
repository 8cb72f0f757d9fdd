// Copyright the Islet authors. AGPL-3.0-or-later.
import { anchoredAt, rootOf, type View } from '@islet/chain/View';
import { equal, toHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import * as Epoch from '@islet/core/Epoch';
import type * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import * as Dealers from './Dealers.js';
import { ENDED_GRACE_MS } from './limits.js';
import { readable } from './Readable.js';
import { TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';

/** Everything about a segment that can be known before it is opened. */
export async function checkSegment(
  { segment, receipt, epoch, shares, place }: Proven,
  head: Head.Head,
  day: Day | null,
  view: View,
  dealers: Dealers.Dealers,
): Promise<void> {
  const fail = (code: string, what: string): never => {
    throw new TamperedError(code, what, place);
  };
  const { account, stream, gateway } = head.statement;
  const belongs = (h: Segment.Header | Epoch.Header): boolean =>
    equal(h.account, account) && h.stream === stream && h.day === day && equal(h.gateway, gateway);
  // Stops: another person's, stream's, day's or writer's segment under this place of the calendar.
  if (!belongs(segment.header)) fail('SEGMENT_MISPLACED', 'a segment belongs elsewhere');
  // Stops: a flipped bit anywhere in the segment.
  if (!(await Segment.verify(segment)))
    fail('SEGMENT_ALTERED', 'a segment’s bytes are not what its gateway sealed');
  // Stops: a key of another person, stream or day, so that a grant of that one would open this.
  if (!belongs(epoch.header)) fail('EPOCH_MISPLACED', 'a segment names an epoch that belongs elsewhere');
  if (!(await Epoch.verify(epoch))) fail('EPOCH_FORGED', 'an epoch is not signed by its gateway');
  // Stops: shares dealt by a hub, to custodians of its own.
  if (!(await Dealers.isDealt(shares, epoch, dealers)))
    fail(
      'SHARES_FORGED',
      'the shares are signed neither by the epoch’s gateway nor by a dealer of the person',
    );
  const parsed = readable(() => Receipt.parseReceipt(receipt));
  const root = parsed && Receipt.rootOfLeaf(parsed, Segment.leaf(segment));
  // Stops: a receipt of another segment or batch, and a batch that is not on chain, or not yet.
  if (!root || rootOf(view, parsed.hub, parsed.number) !== toHex(root))
    return fail('RECEIPT_WRONG', 'a segment’s receipt does not lead to a batch on chain');
  const ended = view.accounts.get(toHex(account))?.gateways.get(toHex(gateway))?.endedAt ?? null;
  const at = anchoredAt(view, parsed.hub, parsed.number) ?? Number.POSITIVE_INFINITY;
  // Stops: the key of an ended gateway used to write, whatever time the segment claims for itself.
  if (ended !== null && at > ended + ENDED_GRACE_MS)
    fail('GATEWAY_ENDED', 'a segment was anchored after the patient had ended its gateway');
}
