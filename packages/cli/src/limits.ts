// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of the command line and its supervisor.

/** How long a service may take to say that it is ready, ms: a long chain is rebuilt at start. */
export const START_MS = 120_000;
/** Tries of a service that ends before it was ever ready: an orphan of a killed supervisor may hold its folder for a moment. */
export const START_TRIES = 6;
/** How long a service has to stop by itself, ms, before it is killed. */
export const STOP_MS = 10_000;
/** Waited before a service that ended is started again, ms: doubled each time, up to the longest. */
export const BACKOFF_MS = 100;
export const LONGEST_BACKOFF_MS = 5_000;
/** A service that ran this long has recovered, ms: its next end is its first again. */
export const RECOVERED_MS = 30_000;
/** How long services of a killed supervisor may take to notice, ms, before they are killed. */
export const STALE_MS = 5_000;
/** How long `down` waits for the supervisor to end, ms: it stops its services one after another. */
export const DOWN_MS = 60_000;

/** Below the range from which Linux takes ports for outgoing connections, which could occupy one during a restart. */
export const FIRST_PORT = 10_240;
export const LAST_PORT = 32_767;
export const PORT_TRIES = 200;

/** A service's log is put aside at this size, bytes; one older part is kept. */
export const LOG_BYTES = 10 * 1024 * 1024;
/** The longest line of a service's output that we read, bytes. */
export const LINE_BYTES = 64 * 1024;

export const HEALTH_MS = 3_000;
/** A head older than this is reported, ms. */
export const HEAD_AGE_MS = 30_000;

/** Between two plain progress lines, ms. */
export const PROGRESS_MS = 2_000;
/** Between two drawings of a bar, ms. */
export const REDRAW_MS = 80;

export const CUSTODIANS = 3;
export const THRESHOLD = 2;
/** Calls each relay may make in an hour. */
export const RELAY_BUDGET = 1_000_000;
/** "ISLT". The same for all embedded chains: keys and contracts differ, so nothing signed for one fits another. */
export const CHAIN_ID = 0x49_53_4c_54;
/** Less room than this on the disk is reported, bytes. */
export const FREE_BYTES = 256 * 1024 * 1024;

/** `doctor` warns once keys last for fewer days than this: then none were renewed for days. */
export const WARN_BELOW_DAYS = 10;
/** How often `watch` looks at the chain, ms. A block comes at most every second. */
export const WATCH_MS = 1_000;
/** How often a running Islet looks whether keys are to be renewed, ms. */
export const RENEW_EVERY_MS = 6 * 3_600_000;
/** How long a service of this machine may take to answer under another of its addresses, ms. */
export const REACH_MS = 500;
/** Of an export, so many characters are written at once. */
export const EXPORT_CHUNK = 1 << 20;
/** The largest file of the app that is read to be checked, bytes, and how long one may take, ms. */
export const APP_BYTES = 16 * 1024 * 1024;
export const APP_MS = 30_000;

/** Where the app answers other devices unless `ISLET_PORT_WEB_TLS` says otherwise: it must stay the same, or an installed app is lost. */
export const TLS_PORT = 8443;
/** How long our own certificates last, days; one for a host is renewed before its last `RENEW_CERTIFICATE_DAYS`. */
export const CERTIFICATE_DAYS = 390;
export const RENEW_CERTIFICATE_DAYS = 60;
export const AUTHORITY_DAYS = 3_650;
/** The largest signed report that is read, bytes. */
export const REPORT_BYTES = 16 * 1024 * 1024;
