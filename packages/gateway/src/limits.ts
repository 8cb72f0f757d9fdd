// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of this room. Sizes in bytes, times in ms unless named otherwise.

/** The body of `POST /v1/readings`. */
export const READINGS_BYTES = 8 * 1024 * 1024;
/** A bundle of public keys with its statement. */
export const DOCUMENT_BYTES = 1024 * 1024;
/** The body of a Nightscout upload, before and after gzip. */
export const ENTRIES_BYTES = 10 * 1024 * 1024;
export const SMALL_BODY_BYTES = 64 * 1024;
/** Entries in one Nightscout upload. */
export const ENTRIES_ROWS = 20_000;

/**
 * Days (of arrival, today's included) that the local window goes back: a report of 14 days can be made for more than a day
 * after its last one, wherever its days begin.
 */
export const WINDOW_DAYS = 16;
/** Bytes kept of a reading's MAC: 96 bits, so that a `_id` of 24 hexadecimal digits is all of it. */
export const ID_BYTES = 12;

/** Readings in one segment, and the bytes they may weigh before packing. */
export const SEGMENT_READINGS = 10_000;
export const SEGMENT_WEIGHT = 512 * 1024;
/** What one journal record may weigh before packing; sealed and in the window it is there twice. */
export const RECORD_WEIGHT = 1536 * 1024;
export const RECORD_UNITS = 256;
/** Readings sealed in one turn of an account. */
export const TURN_READINGS = 20_000;
/** Epochs made at once: each costs some ms of processor, and others must come in between. */
export const EPOCHS_AT_ONCE = 4;
/** Epochs that one account keeps open in memory. */
export const OPEN_EPOCHS = 64;
/** While the view of the chain is stale, no epoch is used for longer. */
export const STALE_EPOCH_MS = 10 * 60_000;

/** Bundles of public keys per stream, and bundles kept parsed in memory. */
export const BUNDLES_PER_STREAM = 512;
export const BUNDLES_IN_MEMORY = 32;
export const CUSTODIAN_TIMEOUT_MS = 10_000;
/** A custodian's answer of public keys. */
export const CUSTODIAN_ANSWER_BYTES = 4 * 1024 * 1024;
/** After a custodian could not be asked, how long posts are refused without asking it again. */
export const CUSTODIAN_PAUSE_MS = 1_000;

/** How often the chain is followed. */
export const FOLLOW_MS = 1_000;

/** A stream day is closed this long after its end, */
export const CLOSE_GRACE_MS = 10 * 60_000;
/** when the account has been quiet for so long, */
export const QUIET_MS = 2_000;
/** or has not been quiet for so long. */
export const UNQUIET_MS = 60_000;
export const CLOSE_TICK_MS = 500;
/** Changed readings from which on a summary is sealed anew: fewer could be told from the difference (DESIGN 5.5). */
export const REVISION_READINGS = 12;
/** Days undone in one journal record. */
export const WITHDRAW_DAYS = 4;

/** One put to the hub. */
export const PUT_BYTES = 4 * 1024 * 1024;
export const PUT_SEGMENTS = 4_096;
export const PUT_HEADS = 512;
export const PUT_TIMEOUT_MS = 30_000;
/** Between two puts, so that many small commits share one. */
export const PUT_PAUSE_MS = 100;
export const RETRY_MS = 200;
export const RETRY_MAX_MS = 30_000;
/** Every stream with keys has its head stated at least so often. */
export const HEAD_MS = 4 * 60_000;
export const RECEIPTS_ASKED = 1_000;
export const RECEIPTS_MS = 1_000;
export const RECEIPTS_ANSWER_BYTES = 16 * 1024 * 1024;
/** How often the journal notes how far the hub is. */
export const MARK_MS = 1_000;

export const SETTLE_TIMEOUT_MS = 60_000;
/** How far the time in a signed question may be from ours. */
export const ASK_SKEW_MS = 2 * 60_000;
/** How far ahead of our clock a document may be dated: the newest counts, so nobody may date one years ahead. */
export const AHEAD_MS = 10 * 60_000;
/** Days in one answer about what is kept. */
export const KEPT_DAYS = 400;
/** Lines of the looks log that are answered, the newest ones. */
export const LOOKS_ANSWERED = 10_000;

/** Readings answered to one question, and the days it goes back by default. */
export const ENTRIES_ANSWERED = 10_000;
export const ENTRIES_DEFAULT = 10;
export const ENTRIES_DAYS = 4;

/** How often the chain's erasures are looked through. */
export const ERASE_TICK_MS = 1_000;

export const HOUSEKEEPING_MS = 10 * 60_000;

/** How long a request's head, and all of it, may take to arrive, and how often that is looked at. */
export const HEADERS_MS = 10_000;
export const REQUEST_MS = 60_000;
export const LOOK_MS = 5_000;
/** How long a request under way may take when the gateway stops. */
export const STOP_MS = 5_000;

/** How long a token of API v3 is good for. */
export const JWT_MS = 8 * 3_600_000;
/** Failed logins of one address in so long, after which it has to wait. A good key is never kept waiting. */
export const FAILURES = 60;
export const FAILURES_MS = 60_000;
/** Tests in one question. */
export const QUERY_TESTS = 64;
/** Records answered to one question of API v3, and by default. */
export const V3_LIMIT = 1_000;
export const V3_DEFAULT = 1_000;
/** Records in one Nightscout upload other than entries. */
export const RECORDS_ROWS = 2_000;
/** What one device may have under way at once, in readings, and how many of its requests may wait. */
export const DEVICE_READINGS = 20_000;
export const DEVICE_WAITING = 512;
/** How much of a long upload is done in one turn, in readings and in other records. */
export const PIECE_READINGS = 2_000;
export const PIECE_RECORDS = 100;
/** What a client that has to wait is told, seconds. */
export const RETRY_AFTER_S = 5;
/** How far back, by default, sockets and computed values look. */
export const LIVE_MS = 2 * 86_400_000;
/** Open sockets of one device. */
export const DEVICE_SOCKETS = 16;
/** One message of a socket. */
export const SOCKET_BYTES = 1024 * 1024;
/** How long changes gather before sockets are told. */
export const CHANGES_MS = 50;
/** Open sockets in all, and how long one may stay without saying whose it is. */
export const SOCKETS = 4_096;
export const SOCKET_LOGIN_MS = 60_000;
