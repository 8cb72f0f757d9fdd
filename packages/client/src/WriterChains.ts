// Copyright the Islet authors. AGPL-3.0-or-later.
import { equal, toHex } from '@islet/core/crypto/bytes';
import type * as Head from '@islet/core/Head';
import * as Segment from '@islet/core/Segment';
import { TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';

/**
 * Whether the segments of one writer and stream agree on their order. A reader of some days sees parts of a chain,
 * since days were closed and other days not asked for, so a number that is not here is no fault; two that contradict
 * each other are.
 */
export function checkChains(proven: Proven[], head: Head.Head): void {
  const byNumber = new Map<string, Proven>();
  const byHash = new Map<string, Proven>();
  for (const p of proven) {
    const id = numberOf(p.segment.header);
    // Stops: two histories. Two segments with one number convict their writer.
    if (byNumber.has(id))
      throw new TamperedError(
        'CHAIN_EQUIVOCATION',
        'the gateway sealed two segments with one number',
        p.place,
      );
    byNumber.set(id, p);
    byHash.set(toHex(p.segment.hash), p);
  }
  for (const p of proven) {
    checkPrevious(p, byNumber, byHash);
    checkTip(p, head);
    for (const cited of p.segment.header.cites) checkCited(p, cited, byNumber);
  }
}

const numberOf = ({ chain, number }: Pick<Segment.Header, 'chain' | 'number'>): string =>
  `${toHex(chain)}/${number}`;

function checkPrevious(p: Proven, byNumber: Map<string, Proven>, byHash: Map<string, Proven>): void {
  const { chain, number, previous } = p.segment.header;
  const starts = equal(previous, Segment.genesis);
  const before = byNumber.get(numberOf({ chain, number: number - 1 }));
  const named = byHash.get(toHex(previous));
  // Stops: a segment slipped in, taken out or moved: each names the one before it.
  const follows =
    starts === (number === 1) &&
    (!before || equal(before.segment.hash, previous)) &&
    (!named || named === before);
  if (!follows)
    throw new TamperedError(
      'CHAIN_BROKEN',
      'a segment does not follow the one before it in its gateway’s chain',
      p.place,
    );
}

// Stops: a calendar of now beside a tip of before, and the reverse.
function checkTip(p: Proven, { statement: { tip } }: Head.Head): void {
  const { chain, number } = p.segment.header;
  const sameChain = tip !== null && equal(tip.chain, chain);
  if (sameChain && tip.number === number && !equal(tip.hash, p.segment.hash))
    throw new TamperedError(
      'CHAIN_EQUIVOCATION',
      'the gateway states another segment with this number',
      p.place,
    );
  if (tip === null || (sameChain && number > tip.number))
    throw new TamperedError(
      'CHAIN_BEYOND_TIP',
      'the gateway lists a segment that it states it has not sealed',
      p.place,
    );
}

// A cited chain may go on by what a crash left in doubt, so only another segment with the cited number contradicts.
function checkCited(p: Proven, cited: Segment.Tip, byNumber: Map<string, Proven>): void {
  const there = byNumber.get(numberOf(cited));
  if (there && !equal(there.segment.hash, cited.hash))
    throw new TamperedError(
      'CHAIN_EQUIVOCATION',
      'the gateway cites another segment with this number',
      there.place,
    );
  // Stops: a chain that rests on itself.
  if (equal(cited.chain, p.segment.header.chain))
    throw new TamperedError('CHAIN_BROKEN', 'a chain cites itself', p.place);
}
