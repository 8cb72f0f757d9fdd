// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of what a wallet does for its person.

/** Keys that a gateway gets for live data, days back and ahead of today (DESIGN 4). */
export const DAYS_BACK = 90;
export const DAYS_AHEAD = 400;
/** Keys are renewed once they last for fewer days than this. */
export const RENEW_BELOW_DAYS = 300;
/** The same two of weeks, reports and live values. */
export const LATER_DAYS_AHEAD = 200;
export const LATER_RENEW_BELOW_DAYS = 150;
/** Days in one bundle of keys, so that a long run shows that it moves. */
export const RUN_DAYS = 100;
/** Readings in one post. */
export const POST_READINGS = 4_000;
/** Readings of a large file that are put in order before they are sent. */
export const GATHERED_READINGS = 20_000;
/** Batches are made every two seconds; a hub that takes longer than this is in trouble, ms. */
export const ANCHOR_PATIENCE_MS = 60_000;
/** Where no batch follows for so long, what was put is in the last one, ms. */
export const BATCH_PATIENCE_MS = 15_000;
/** How long an ask waits, unless its asker says otherwise, ms. */
export const ASK_LASTS_MS = 14 * 24 * 3_600_000;
/** What was asked is remembered so long after its deadline, ms. */
export const ASKED_REMEMBERED_MS = 90 * 24 * 3_600_000;
/** How far the clock of an asker may be ahead of ours, ms. */
export const ASK_SKEW_MS = 5 * 60_000;
/** A drill is due again after so long. */
export const DRILL_AFTER_MS = 180 * 24 * 3_600_000;
/** Between two looks at how far something is, ms. */
export const LOOK_AGAIN_MS = 200;
/** How long an erasure is followed before its person is told that custodians are missing, ms. */
export const ERASE_PATIENCE_MS = 120_000;
/** Once enough custodians have confirmed, how long the others are waited for, ms. */
export const RECEIPTS_PATIENCE_MS = 10_000;
