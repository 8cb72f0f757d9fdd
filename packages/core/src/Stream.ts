// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, utf8 } from './crypto/bytes.js';
import { keccak256 } from './crypto/hash.js';
import type { Kind } from './Reading.js';

/**
 * One person's readings of one category at one resolution, `category/resolution`: the unit of encryption and
 * of consent. Resolutions are streams of their own, so that keys, not good behaviour, keep them apart.
 */
export const streams = [
  'glucose/raw',
  'glucose/hour',
  'glucose/day',
  'glucose/week',
  'glucose/report',
  'glucose/live',
  'insulin/raw',
  'carbs/raw',
  'activity/raw',
  'device/raw',
  'note/raw',
  'health/raw',
  'profile/raw',
  'document/raw',
] as const;

export type Stream = (typeof streams)[number];

export const isStream = (text: string): text is Stream => (streams as readonly string[]).includes(text);

const summaries: readonly Stream[] = ['glucose/hour', 'glucose/day', 'glucose/week', 'glucose/report'];

/** Whether a stream holds what was computed of readings, and none of them. */
export const isSummary = (stream: Stream): boolean => summaries.includes(stream);

/** The stream a reading of this kind belongs to. */
export const ofKind = (kind: Kind): Stream => `${kind}/raw`;

/** What stands for a stream on chain: a salted code, meaningless without the grant's salt. */
export const code = (salt: Uint8Array, stream: Stream): Uint8Array =>
  keccak256(concat(utf8('islet/stream-code/v1'), salt, utf8(stream)));

/** What stands for a purpose on chain. */
export const purposeCode = (salt: Uint8Array, purpose: string): Uint8Array =>
  keccak256(concat(utf8('islet/purpose-code/v1'), salt, utf8(purpose)));
