// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of the host. Sizes in bytes, times in ms.

/** A release request of thousands of epochs is the largest body that the page sends. */
export const BODY_BYTES = 16 * 1024 * 1024;
/** JSON-RPC questions. */
export const RPC_BYTES = 1024 * 1024;
/** How long a service may take to begin its answer. */
export const SERVICE_MS = 60_000;
/** How long a request's head, and all of it, may take to arrive, and how often that is looked at. */
export const HEADERS_MS = 10_000;
export const REQUEST_MS = 60_000;
export const LOOK_MS = 5_000;
/** How long clients have to take their last answer when the host closes. */
export const CLOSE_MS = 1_000;
/** How long a browser may keep a file whose name carries its hash, seconds. */
export const IMMUTABLE_SECONDS = 31_536_000;
