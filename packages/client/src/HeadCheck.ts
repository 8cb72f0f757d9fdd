// Copyright the Islet authors. AGPL-3.0-or-later.
import { rootOf } from '@islet/chain/View';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import type { Part } from '@islet/core/wire/Fetch';
import { ENDED_GRACE_MS } from './limits.js';
import { readable } from './Readable.js';
import { TamperedError } from './Tampered.js';
import type { Asked } from './Verification.js';

/** The head of a part, where it is about what was asked, signed by an authorised gateway, anchored, and not stale. */
export async function checkHead(part: Part, nth: number, asked: Asked): Promise<Head.Head> {
  const head = readable(() => Head.parse(part.head));
  if (!head)
    throw new TamperedError('HEAD_UNREADABLE', 'the statement of what exists cannot be read', { part: nth });
  const { account, stream, gateway, at } = head.statement;
  const fail = (code: string, what: string): never => {
    throw new TamperedError(code, what, { stream, part: nth });
  };
  // Stops: another person's data, or another stream's, in place of what was asked.
  if (!equal(account, asked.patient) || !asked.streams.includes(stream))
    fail('HEAD_MISPLACED', 'the statement of what exists is about something else');
  const known = asked.view.accounts.get(toHex(asked.patient))?.gateways.get(toHex(gateway));
  // Stops: a hub writing on its own.
  if (!known) return fail('GATEWAY_UNKNOWN', 'it was sealed by a gateway that the patient never authorised');
  // Stops: whoever holds the key of a gateway that the patient ended.
  if (known.endedAt !== null && at > known.endedAt + ENDED_GRACE_MS)
    fail('GATEWAY_ENDED', 'it was written by a gateway after the patient had ended it');
  // Stops: a statement that a hub altered.
  if (!(await Head.verify(head)))
    fail('HEAD_FORGED', 'the statement of what exists is not signed by its gateway');
  const proof = readable(() => Receipt.parseHeadProof(part.headProof));
  const key = Head.mapKey(account, stream, gateway);
  const root = proof && Receipt.rootOfHead(proof, { key, headHash: head.hash });
  // Stops: a statement shown to one reader alone, or before others could have seen it.
  if (!root || rootOf(asked.view, proof.hub, proof.number) !== toHex(root))
    return fail('HEAD_NOT_ANCHORED', 'the statement of what exists is not in a batch on chain');
  // Stops: a hub that passes on what another once served, long after it was new there.
  if (asked.from && !equal(proof.hub, asked.from))
    fail('HEAD_OF_ANOTHER_HUB', 'the hub served a statement that another hub anchored');
  const newest = asked.batchesBefore.get(toHex(proof.hub)) ?? 0;
  // Stops: an old head, with everything since left out.
  if (proof.number < newest)
    fail(
      'HEAD_STALE',
      `the hub served an old statement (batch ${proof.number}, the chain has ${newest}), so newer data may be hidden`,
    );
  return head;
}
