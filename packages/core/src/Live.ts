// Copyright the Islet authors. AGPL-3.0-or-later.
// The terms of `glucose/live` and of following, which gateway, custodian, hub and reader must all know. Times in ms.

/** A value this old is no longer "now": a backlog that a phone sends after a night goes to `glucose/raw` alone. */
export const valueMs = 15 * 60_000;
/** The longest that one epoch of live values is open. */
export const epochMs = 15 * 60_000;
/** Custodians open an epoch of live values for this long after it was opened: while it is in use, and a minute more. */
export const releaseMs = epochMs + 60_000;
/** The longest that one decision serves a follower; then the reader asks again, and that is on record again. */
export const followMs = 24 * 3_600_000;
