// Copyright the Islet authors. AGPL-3.0-or-later.

/** How long one HTTP exchange with a node may take, ms. */
export const RPC_TIMEOUT_MS = 15_000;
/** The largest answer we read from a node. A 50-block batch of full blocks fits several times over. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** The most calls in one JSON-RPC batch. */
export const MAX_BATCH_CALLS = 100;
/** The most bytes of parameters in one batch that a lane gathers: nodes limit the size of a request. */
export const MAX_BATCH_BYTES = 512 * 1024;
/** Blocks asked for in one batch, and verified and persisted together, when catching up. */
export const BLOCKS_PER_BATCH = 50;
/** A head older than this is no ground to decide on; one further ahead of our clock neither (DESIGN 5.8). */
export const MAX_HEAD_AGE_MS = 30_000;
export const MAX_CLOCK_SKEW_MS = 30_000;
/** How long an attempt at recovery stays open once opened, or once ready: as `Recovery` has it. */
export const ATTEMPT_LIFE_MS = 30 * 24 * 3_600_000;
/** Gas offered with an ordinary call, and with a deployment. Osaka refuses more than 2^24 (EIP-7825). */
export const CALL_GAS = 8_000_000;
export const DEPLOY_GAS = 16_000_000;
/** How long a sender waits for its transaction to be mined, ms, and how often it asks. */
export const SEND_TIMEOUT_MS = 60_000;
export const POLL_MS = 50;
/** The most ABI-encoded bytes that we decode at once. */
export const MAX_ABI_BYTES = 1024 * 1024;
