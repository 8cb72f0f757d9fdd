// Copyright the Islet authors. AGPL-3.0-or-later.
// Receipts of before: what an account brings along was anchored by another hub first, and that moment counts.
import * as View from '@islet/chain/View';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { domainHash } from '@islet/core/crypto/hash';
import * as Receipt from '@islet/core/Receipt';
import { keyOf } from '@islet/store/Store';
import type { Archive } from './Archive.js';

/** A receipt that leads to a batch on chain, whichever hub's, with when that was anchored, UTC ms. */
export type Proof = { receipt: Uint8Array; at: number };

/** When the batch that a receipt leads to was anchored; `undefined` where it leads to none on chain. Throws `FORMAT_MALFORMED`. */
export function anchoredAt(view: View.View, receipt: Uint8Array, leaf: Uint8Array): number | undefined {
  const parsed = Receipt.parseReceipt(receipt);
  const root = Receipt.rootOfLeaf(parsed, leaf);
  if (!root || View.rootOf(view, parsed.hub, parsed.number) !== toHex(root)) return undefined;
  return View.anchoredAt(view, parsed.hub, parsed.number);
}

/** Under what the receipts of before of a segment are kept. */
const placeOf = (segment: Uint8Array): Uint8Array => domainHash('islet/receipt-before/v1', segment);

/** Keeps receipts that were checked, by the hash of their segment. Those kept already change nothing. */
export async function keep(
  { store, find, append }: Archive,
  receipts: { segment: Uint8Array; receipt: Uint8Array }[],
): Promise<void> {
  const known = await find.papersOf(receipts.map(({ segment }) => placeOf(segment)));
  const fresh = receipts.flatMap(({ segment, receipt }) => {
    const about = placeOf(segment);
    const key = keyOf(receipt);
    return known.get(toHex(about))?.includes(key) ? [] : [{ about, key: fromHex(key), receipt }];
  });
  if (fresh.length === 0) return;
  await store.putAll(fresh.map(({ receipt }) => receipt));
  await append({ kind: 'papers', papers: fresh.map(({ about, key }) => ({ about, key })) });
}

/** Of each segment the earliest receipt: ours, or one of before. What is rotten or lost of before is ours. */
export async function earliest(
  { store, find }: Archive,
  view: View.View,
  segments: { hash: Uint8Array; receipt: Uint8Array }[],
): Promise<Uint8Array[]> {
  const kept = await find.papersOf(segments.map(({ hash }) => placeOf(hash)));
  const timeOf = (receipt: Uint8Array): number => {
    const { hub, number } = Receipt.parseReceipt(receipt);
    return View.anchoredAt(view, hub, number) ?? Number.POSITIVE_INFINITY;
  };
  return Promise.all(
    segments.map(async ({ hash, receipt }) => {
      // Blocks are told apart by the second: in the same one, the other hub’s came first.
      let first = { receipt, at: timeOf(receipt) };
      for (const key of kept.get(toHex(placeOf(hash))) ?? []) {
        const bytes = await store.get(key).catch(() => undefined);
        const at = bytes ? timeOf(bytes) : Number.POSITIVE_INFINITY;
        if (bytes && at <= first.at) first = { receipt: bytes, at };
      }
      return first.receipt;
    }),
  );
}
