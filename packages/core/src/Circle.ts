// Copyright the Islet authors. AGPL-3.0-or-later.
import { type Struct, structHash } from './crypto/typedData.js';

/**
 * A circle of carers, as its patient signed it: `keeper` (an account) lets people in and out, at most `maxPeople` at a time,
 * until `until` (seconds). Its id is the hash of just this, so a grant to the id says all of it.
 */
export type Circle = {
  patient: Uint8Array;
  keeper: Uint8Array;
  maxPeople: number;
  until: number;
  salt: Uint8Array;
};

/** How many people a circle can be for: as contracts/src/Circles.sol has it. */
export const MAX_PEOPLE = 32;

const struct = {
  name: 'Circle',
  fields: [
    ['bytes32', 'patient'],
    ['bytes32', 'keeper'],
    ['uint8', 'maxPeople'],
    ['uint64', 'until'],
    ['bytes32', 'salt'],
  ],
} as const satisfies Struct;

/** The 32 bytes that a grant names as its reader. */
export const idOf = (circle: Circle): Uint8Array => structHash(struct, circle);
