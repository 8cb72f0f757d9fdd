// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of the embedded chain.

/** Gas of one block. Part of every header: changing it would change every hash, so it is kept in the genesis record. */
export const BLOCK_GAS = 2_000_000_000;
/** EIP-7825. */
export const TX_GAS = 16_777_216;
export const TX_BYTES = 131_072;
/** EIP-3860. */
export const INITCODE_BYTES = 49_152;
export const BLOCK_TXS = 2_000;
export const BLOCK_BYTES = 8 * 1024 * 1024;
/** Transactions that wait for a block, before senders are told to come back. */
export const QUEUE_TXS = 10_000;
/** How long an idle chain waits for company before it makes a block, ms. */
export const COLLECT_MS = 2;

export const FRAME_BYTES = 256 * 1024 * 1024;
export const CACHED_BLOCKS = 64;
/** Every so many blocks one is written in full; those after it are written as what differs from it. */
export const KEY_BLOCKS = 64;
/** In blocks of more transactions, what follows from them is written down all the same: reading is quicker so. */
export const DERIVED_TXS = 32;

/** Transactions in one request to the executor. */
export const SEND_TXS = 100;
export const EXECUTOR_START_MS = 20_000;
export const EXECUTOR_CALL_MS = 60_000;
/** Times a block is tried on a fresh executor before it is closed without its transactions. */
export const BLOCK_ATTEMPTS = 4;
/** Times a start is tried when its executor ends under it. */
export const REBUILD_ATTEMPTS = 5;

export const SNAPSHOT_BLOCKS = 256;
export const SNAPSHOT_TXS = 4_000;
export const SNAPSHOT_INTERVAL_MS = 10_000;
/** Tails this many times longer than that are not left to the clock. */
export const SNAPSHOT_PATIENCE = 8;
export const SNAPSHOTS_KEPT = 2;
/** Blocks that BLOCKHASH can reach, and the head. */
export const SNAPSHOT_HISTORY = 257;
/** Blocks an executor runs before a fresh one takes over: it keeps all its headers in memory and in every dump. */
export const EXECUTOR_BLOCKS = 5_000;

export const BODY_BYTES = 1024 * 1024;
export const BATCH_CALLS = 200;
export const LOGS = 10_000;
export const LOG_CANDIDATES = 20_000;
export const FILTER_VALUES = 1_000;
export const CALL_GAS = 50_000_000;
/** A signed statement of the head is given again for this long, ms. */
export const HEAD_REUSE_MS = 200;
/** How long a request's head, and all of it, may take to arrive, and how often that is looked at, ms. */
export const HEADERS_MS = 10_000;
export const REQUEST_MS = 30_000;
export const LOOK_MS = 5_000;
/** How long clients have to take their last answer when the server closes, ms. */
export const CLOSE_MS = 1_000;
