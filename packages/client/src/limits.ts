// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of this room. Sizes in bytes, times in ms unless named otherwise.

/** How far ahead of ours the clock of whoever states something may be, as everywhere. */
export const AHEAD_MS = 10 * 60_000;
/** How long a hub may take to say where someone's data are, and how many are asked at most. */
export const WORD_MS = 5_000;
export const HUBS_ASKED = 8;
/** What one piece may have of what is carried to another hub: of segments and bytes. A hub takes 16 MiB. */
export const CARRIED_SEGMENTS = 4_096;
export const CARRIED_BYTES = 6 * 1024 * 1024;
/** How long a hub that an account goes to may take to anchor what it was given. */
export const ARRIVED_MS = 60_000;
export const ARRIVED_LOOK_MS = 1_500;
/** For one call of a service, from the first byte sent to the last received. */
export const SERVICE_MS = 60_000;
/** Tries of a call whose connection was cut. */
export const ATTEMPTS = 3;
/** What one answer may have: a hub gives out at most 256 MiB at once. More is an attack on our memory. */
export const ANSWER_BYTES = 320 * 1024 * 1024;
/** What a service may say of its refusal, characters. */
export const TOLD_CHARACTERS = 500;
/** How long a signed message may wait for its block. */
export const PATIENCE_SECONDS = 10 * 60;
/**
 * How long after a gateway was ended a batch may still bring what it had handed over before: hubs gather leaves and
 * see the end a moment later. Anything after that was written by whoever holds an ended key.
 */
export const ENDED_GRACE_MS = 60 * 60_000;
/** A gateway revises a summary only for so many changed readings, so a summary may differ from its day by fewer. */
export const REVISION_READINGS = 12;
/** What one changed reading can move a summary's sum by, mg/dL: sensors end at 600. */
export const CHANGED_MGDL = 1_000;
/** Parts of an hour with fewer than three readings are left out: at most 25 hours of two readings. */
export const SUPPRESSED_READINGS = 2 * 25;
/** A hub tells a follower something every ten seconds; after so long without, the connection is dead. */
export const FOLLOW_IDLE_MS = 35_000;
/** Between two tries to follow on: first, and at most. */
export const FOLLOW_RETRY_MS = 500;
export const FOLLOW_RETRY_MAX_MS = 15_000;
/** What a refusal in place of a held answer may have. */
export const REFUSAL_BYTES = 64 * 1024;
/** Batches are made every two seconds: what has no receipt after so long is told to be unproven. */
export const UNANCHORED_MS = 60_000;
/** Epochs whose lock is dealt anew between two puts: what is done of them stays done. */
export const RESHARED_AT_ONCE = 500;
/** Segments and epochs that a follower remembers. */
export const FOLLOW_REMEMBERED = 1_024;
