// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxText } from '@islet/core/Reading';
import { clip } from './Clip.js';
import type { Event } from './Draft.js';
import { maxJsonDepth, maxNameLength } from './Limits.js';

/** Names of fields that open doors. Compared without case, `-` and `_`. */
const secret =
  /^(devicetoken|apnstoken|pushtoken|(api|client|app)?secret(hash)?|secretkey|(access|refresh|id|auth|bearer)?token|ticket|jwt|password|passwd|passphrase|passcode|pin|apikey|authorization|authticket|cookie|sessionid|credentials?|privatekey|bundleidentifier|otpurl|remotecommandotp)$/;

/** A web address that carries a secret: `https://secret@host`, `?token=…`. */
const door = /(\bhttps?:\/\/)[^\s/@]{1,256}@|([?&](?:token|secret|api_?key|access_token)=)[^&\s"]{1,512}/gi;

const gone = Symbol('too deep');

/** A value without its secrets, as JSON. Undefined where it is nested too deep. */
export function json(value: unknown): string | undefined {
  const kept = strip(value, 0);
  return kept === gone ? undefined : (JSON.stringify(kept) ?? undefined);
}

function strip(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.replace(door, '$1$2');
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maxJsonDepth) return gone;
  if (Array.isArray(value)) {
    const out = value.map((item) => strip(item, depth + 1));
    return out.includes(gone) ? gone : out;
  }
  const out: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (secret.test(name.toLowerCase().replace(/[-_]/g, ''))) continue;
    const kept = strip(item, depth + 1);
    if (kept === gone) return gone;
    out.push([name, kept]);
  }
  return Object.fromEntries(out);
}

/** A record kept in its own words, or why it cannot be. */
export function document(what: string, value: unknown): Event | 'large' {
  return kept('document', what, value);
}

/** Settings of a therapy, or why they cannot be kept. */
export function profile(what: string, value: unknown): Event | 'large' {
  return kept('profile', what, value);
}

function kept(kind: 'document' | 'profile', what: string, value: unknown): Event | 'large' {
  const text = json(value);
  return text === undefined || text.length > maxText[kind]
    ? 'large'
    : { kind, what: clip(what, maxNameLength), text };
}
