// Copyright the Islet authors. AGPL-3.0-or-later.

/** The contract's decisions on a request, by their number on chain (contracts/src/Reasons.sol). */
export const reasons = [
  ['GRANTED', 'granted'],
  ['DENIED_UNKNOWN_GRANT', 'there is no such grant'],
  ['DENIED_REVOKED', 'the patient revoked the grant'],
  ['DENIED_EXPIRED', 'the grant has expired'],
  ['DENIED_NOT_YET_VALID', 'the grant is not valid yet'],
  ['DENIED_WRONG_READER', 'the grant is for another reader'],
  ['DENIED_WRONG_PATIENT', 'the grant is another patient’s'],
  ['DENIED_WRONG_STREAM', 'the grant does not cover this kind of data'],
  ['DENIED_OUTSIDE_WINDOW', 'the grant does not cover these days'],
  ['DENIED_WRONG_PURPOSE', 'the grant is for another purpose'],
  ['DENIED_NO_USES_LEFT', 'the grant has been used as often as it allows'],
  ['DENIED_READER_SUSPENDED', 'the reader’s organisation suspended them'],
  ['DENIED_NOT_YOURS', 'only the patient may look without a grant'],
  ['DENIED_OUTSIDE_HOURS', 'the grant does not hold at this hour or on this weekday'],
  ['DENIED_NOT_IN_ROLE', 'the grant is for a role that the reader does not hold'],
  ['DENIED_EMERGENCY_NOT_STATED', 'an emergency grant opens only to a stated reason'],
  ['DENIED_NOT_IN_CIRCLE', 'the grant is for a circle that the reader is not in'],
] as const;

export const codeOf = (reason: number): string => reasons[reason]?.[0] ?? 'DENIED_UNKNOWN_REASON';

export const sentenceOf = (reason: number): string =>
  reasons[reason]?.[1] ?? 'for a reason this program does not know';
