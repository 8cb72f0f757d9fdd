// Copyright the Islet authors. AGPL-3.0-or-later.
// Every limit of the custodian.

/** A release request of 4,096 epochs fits. */
export const releaseBodyBytes = 16 << 20;
export const smallBodyBytes = 64 << 10;
/** All that is being sent to us at one time. */
export const bodiesInFlightBytes = 64 << 20;
/** How long a request's head, and all of it, may take to arrive, and how often that is looked at, ms. */
export const headersMs = 10_000;
export const requestMs = 30_000;
export const lookMs = 5_000;
/** Questions for public keys that may wait; they are answered one after another. */
export const keyQuestionsWaiting = 64;
/** Days of public keys in one question. */
export const daysPerQuestion = 8_000;
/** A decision opens shares for this long; afterwards the reader asks the contract again, and that is on record again. */
export const decisionLifeMs = 10 * 60_000;
/** How old a wallet's signed question may be. */
export const questionLifeMs = 2 * 60_000;
/** How far ahead of our clock a statement may be dated: the newest counts, so nobody may date one years ahead. */
export const statementAheadMs = 10 * 60_000;
/** Signers of one account that we keep. */
export const signersPerAccount = 16;
/** After a recovery nothing is opened for so long: time for the person to be heard where it was not theirs. */
export const recoveryCoolDownMs = 24 * 3_600_000;
/** How long after its delay a recovery may be carried out, as on chain. */
export const recoveryPatienceMs = 30 * 24 * 3_600_000;
/** Accounts that may enrol in one hour: what an attacker can make us store. */
export const enrolmentsPerHour = 2_000;
/** How long a Confirm may take to the chain; asked again, it is signed anew. */
export const confirmLifeSeconds = 3_600;
