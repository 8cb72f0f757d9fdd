// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of this room. Sizes in bytes.

/** A journal file is closed and a new one begun when the next commit would pass this size. */
export const journalSegmentBytes = 16 * 1024 * 1024;
/** The longest journal record. A compact day segment is a few kB, a batch of 10,000 leaves below 2 MB. */
export const journalRecordBytes = 8 * 1024 * 1024;
/** Records waiting for the disk; beyond it the journal refuses, so that a slow disk cannot fill the memory. */
export const journalWaitingBytes = 64 * 1024 * 1024;
/** A pack is closed when the next commit would pass this size: it bounds what is scanned after a crash. */
export const packBytes = 128 * 1024 * 1024;
/** The longest object of a store. */
export const objectBytes = 16 * 1024 * 1024;
/** What one write carries at most, unless a single record is longer. */
export const commitBytes = 8 * 1024 * 1024;
/** Objects waiting for the disk. */
export const storeWaitingBytes = 256 * 1024 * 1024;
/** Keys and small state only. */
export const privateFileBytes = 1024 * 1024;
/** How far ahead a sequential read looks. */
export const readAheadBytes = 1024 * 1024;
