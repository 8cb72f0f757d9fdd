// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of this room. Sizes in bytes, times in ms.

/** Bodies. A put of a whole import fits in a few; everything else is small. */
export const PUT_BYTES = 16 * 1024 * 1024;
export const FETCH_BYTES = 64 * 1024;
export const RECEIPTS_BYTES = 256 * 1024;
export const RELAY_BYTES = 512 * 1024;
export const KEY_BYTES = 16 * 1024;
/** What is kept for people to fetch, sealed: a role's key, the reason of an emergency, an ask. X-Wing alone takes 1,120. */
export const PAPER_BYTES = 8 * 1024;
/** Asks kept in all; of these, from askers for whom no member vouches. */
export const ASKS = 10_000;
export const ASKS_UNVOUCHED = 2_000;
/** What one asker may have here at a time, answered or not, vouched for or not: in all, and to one patient. */
export const ASKS_PER_ASKER = { vouched: 200, unvouched: 5 } as const;
export const ASKS_PER_PAIR = { vouched: 3, unvouched: 2 } as const;
/** Unanswered asks to one patient, of each sort: strangers cannot crowd out those for whom a member answers. */
export const ASKS_PER_PATIENT = { vouched: 20, unvouched: 5 } as const;
/** How long an ask and its answer are kept after its deadline: for the asker to see, and so that asking again is no way round the limits. */
export const ASK_KEPT_MS = 7 * 24 * 3_600_000;
/** How far the clock of whoever lists their asks, or asks, may be off. */
export const ASK_SKEW_MS = 5 * 60_000;
/** Bodies being read or worked on at once, all together; beyond it clients are asked to come again. */
export const BODIES_IN_FLIGHT_BYTES = 128 * 1024 * 1024;
/** Of these, what one address may have. */
export const BODIES_PER_ADDRESS_BYTES = 48 * 1024 * 1024;
/** How long a body may take to arrive. */
export const BODY_MS = 30_000;
/** Requests of one address being worked on at once. */
export const REQUESTS_PER_ADDRESS = 64;

/** Segments (and epochs, and shares) of one put: with 10,000 leaves a batch, a put always fits one. */
export const PUT_SEGMENTS = 8_192;
/** Puts whose answer is remembered, so that a repetition is answered the same. */
export const PUTS_REMEMBERED = 4_096;
/** Heads of one put. */
export const PUT_HEADS = 1_024;
/** Calendar nodes that one stream may have: 131,072 days make at most 4,096 pages and 65 inner nodes. */
export const CALENDAR_NODES = 4_161;

/** A batch is due this long after the first waiting leaf or head (DESIGN 5.4), or at so many leaves. */
export const BATCH_DELAY_MS = 2_000;
export const BATCH_LEAVES = 10_000;
/** Between two tries to anchor when the chain does not answer: first, and at most. */
export const ANCHOR_RETRY_MS = 250;
export const ANCHOR_RETRY_MAX_MS = 10_000;
/** How long heads that are shown no more are kept for answers under way. */
export const SWEEP_DELAY_MS = 30_000;
/** How often the chain is followed when nobody asks. */
export const FOLLOW_MS = 2_000;
/** How long a fetch waits for our view to reach the block that it names. */
export const FOLLOW_WAIT_MS = 3_000;
/** A decision serves a look for this long, here as at the custodians. */
export const LOOK_SERVED_MS = 10 * 60_000;
/** How long a look-up waits for the index while it opens. */
export const INDEX_WAIT_MS = 10_000;

/** Trees of recent batches kept in memory. */
export const BATCHES_CACHED = 32;
/** Recent batches that need no index to be found. */
export const RECENT_BATCHES = 1_024;
/** Recent segments, epochs and chains that need no index to be found. */
export const RECENT_SEGMENTS = 20_000;
export const RECENT_CHAINS = 20_000;
/** Leaves in one piece of a batch as the index keeps it: a power of two, so that a piece is a subtree. */
export const PIECE_LEAVES = 64;
/** Rows that wait before a replay lets the index catch up. */
export const INDEX_BACKLOG_ROWS = 20_000;
/** Rows of one insert, and how long rows gather before they are written. */
export const INDEX_INSERT_ROWS = 500;
export const INDEX_DELAY_MS = 100;
/** Values in one `in (…)`. */
export const INDEX_LOOKUP = 1_000;

/** Hashes in one question for receipts. */
export const RECEIPTS_ASKED = 4_096;
/** What one fetch may answer with. */
export const FETCHED_SEGMENTS = 50_000;
export const FETCHED_BYTES = 256 * 1024 * 1024;

/** Held answers to followers: in all, and of one reader. */
export const FOLLOWS = 1_000;
export const FOLLOWS_PER_READER = 8;
/** What waits for one follower, and for all together; who is slower is let go. A put, and what it needs, fits. */
export const FOLLOW_QUEUE_BYTES = 6 * 1024 * 1024;
export const FOLLOWS_BYTES = 64 * 1024 * 1024;
/** Segments told to one follower of which the receipt is still to come. */
export const FOLLOW_PENDING = 4_096;
/** How often it is judged anew whether followers may follow: a revocation on chain cuts them within this. */
export const FOLLOW_CHECK_MS = 500;
/** Without news, a follower is told so often that the connection stands. */
export const FOLLOW_BEAT_MS = 10_000;
/** How far ahead of ours the clock of whoever states something may be. */
export const AHEAD_MS = 10 * 60_000;
/** How long after a gateway ended what it had acknowledged may still be anchored: as readers judge it. */
export const ENDED_GRACE_MS = 60 * 60_000;
/** Objects read and dropped at once by an erasure. */
export const ERASE_AT_ONCE = 64;
/** Between two tries to hand an erasure to a custodian: first, and at most. */
export const ERASE_RETRY_MS = 1_000;
export const ERASE_RETRY_MAX_MS = 10_000;
/** How long a custodian may take, and what it may answer with. */
export const CUSTODIAN_MS = 10_000;
export const CUSTODIAN_ANSWER_BYTES = 64 * 1024;

/** Tokens per second and at most, per remote address. */
export const RATES = {
  put: { perSecond: 200, burst: 2_000 },
  receipts: { perSecond: 200, burst: 1_000 },
  fetch: { perSecond: 20, burst: 100 },
  relay: { perSecond: 10, burst: 100 },
  keys: { perSecond: 20, burst: 200 },
  grants: { perSecond: 50, burst: 200 },
  asks: { perSecond: 20, burst: 200 },
} as const;
export type Rates = { [K in keyof typeof RATES]: { perSecond: number; burst: number } };
/** Addresses remembered for the rates. */
export const RATED_ADDRESSES = 10_000;

/** The HTTP server: against clients that hold connections without using them. */
export const HEADERS_MS = 10_000;
export const REQUEST_MS = 60_000;
/** How often that is looked at. */
export const LOOK_MS = 5_000;
export const IDLE_SOCKET_MS = 60_000;
export const CONNECTIONS = 2_048;
export const CLOSE_MS = 2_000;

/** PGlite's own page cache. Its default of 160 MB doubles what the hub takes of memory and gains nothing here. */
export const PGLITE_BUFFERS = '8MB';
