// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, MalformedError } from '../codec.js';

/** The signed messages a member's relay submits for people, who hold no gas. */
export const relayed = [
  'Register',
  'AuthoriseGateway',
  'EndGateway',
  'AddSigner',
  'RemoveSigner',
  'ReplaceEncryptionKey',
  'SetGuardians',
  'Approve',
  'WithdrawApproval',
  'Object',
  'FinishRecovery',
  'Grant',
  'Revoke',
  'Request',
  'Erase',
  'Confirm',
  'Close',
  'OpenCircle',
  'Admit',
  'Dismiss',
  'ReplaceCircleKey',
  'EndCircle',
] as const;
export type Relayed = (typeof relayed)[number];

/**
 * `signed` is the message as `encodeSigned` writes it. A Request brings the signed Grant it rests on (`grant`),
 * a Grant the sealed keys for its reader (`keys`), which the hub keeps for the reader to fetch. A Request under an emergency
 * grant brings in `keys` what is sealed to the patient: the stated reason. An Erase brings in `keys` its scope document,
 * which the hub carries out and keeps for custodians that come later. FinishRecovery,
 * which nobody signs, brings any signed Approve of the attempt that is to be finished.
 */
export type Relay = { kind: Relayed; signed: Uint8Array; grant: Uint8Array | null; keys: Uint8Array | null };

/** The answer, as JSON. `reason` is the contract's decision on a Request: 0 is granted. */
export type RelayAnswer = { transaction: string; blockNumber: number; requestId?: string; reason?: number };

export const encodeRelay = (r: Relay): Uint8Array =>
  encode('islet/relay', 1, [r.kind, r.signed, r.grant, r.keys]);

export function parseRelay(bytes: Uint8Array): Relay {
  const f = decode('islet/relay', 1, bytes);
  const kind = f.text(32) as Relayed;
  if (!relayed.includes(kind)) throw new MalformedError('islet/relay', 'is of a kind that is not relayed');
  const relay = {
    kind,
    signed: f.bytes(),
    grant: f.nullable((g) => g.bytes()),
    keys: f.nullable((g) => g.bytes()),
  };
  f.end();
  return relay;
}
