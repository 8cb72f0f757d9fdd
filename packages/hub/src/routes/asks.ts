// Copyright the Islet authors. AGPL-3.0-or-later.
import { hereOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import * as Ask from '@islet/core/Ask';
import * as AskAnswer from '@islet/core/AskAnswer';
import { MalformedError } from '@islet/core/codec';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { encodeAsks } from '@islet/core/wire/Asks';
import * as Stated from '@islet/core/wire/Stated';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { ASK_SKEW_MS, PAPER_BYTES } from '../limits.js';
import { Refusal } from '../Refusal.js';

/**
 * `PUT /v1/asks`: an ask sealed to its patient, with the asker's Statement. `PUT /v1/asks/answers`: the answer, sealed to
 * the asker, with the patient's. `GET /v1/asks`: those to and from whoever signed the question in `x-islet-statement`.
 */
export function mount(app: Hono, hub: HubContext): void {
  app.put('/v1/asks', (c) =>
    hub.admission.admit(c, 'asks', PAPER_BYTES, async (body) => {
      const document = Stated.parseDocument(body);
      const ask = Ask.parseSealed(document.bytes);
      requireStated(hub, document, 'ask', ask.asker);
      requireWaiting(hub, ask, document.signed.message.version);
      await requireSpeaker(hub, document.signed);
      requireAnother(hub, ask);
      const { follower } = hub;
      const standing = View.standingOf(follower.state, ask.asker);
      if (standing === 'ended')
        throw new Refusal(
          403,
          'HUB_READER_SUSPENDED',
          'The organisation that vouched for the asker has ceased to answer for them.',
        );
      await hub.asks.keep(body, ask, standing === 'good');
      return c.json({ ask: toHex(ask.id) });
    }),
  );

  app.put('/v1/asks/answers', (c) =>
    hub.admission.admit(c, 'asks', PAPER_BYTES, async (body) => {
      const document = Stated.parseDocument(body);
      const answer = AskAnswer.parseSealed(document.bytes);
      requireStated(hub, document, 'askAnswer', answer.patient);
      await requireSpeaker(hub, document.signed);
      await hub.asks.answer(body, answer);
      return c.json({ ask: toHex(answer.id) });
    }),
  );

  app.get('/v1/asks', (c) =>
    hub.admission.admit(c, 'asks', 0, async () => {
      const signed = questionOf(c.req.header('x-islet-statement') ?? '');
      const { version, hash, account } = signed.message;
      const isSound =
        Stated.isStated(signed, 'askAsks', hereOf(hub.deployment)) && hash.every((byte) => byte === 0);
      // Who asks whom is theirs to know: an old question that somebody kept is none.
      if (!isSound || Math.abs(version - hub.now()) > ASK_SKEW_MS) throw badSignature();
      await requireSpeaker(hub, signed);
      const body = encodeAsks(await hub.asks.of(account));
      return c.body(body as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/cbor' });
    }),
  );
}

function questionOf(header: string): Message.Signed<Message.Statement> {
  if (!/^[0-9a-f]{2,4096}$/.test(header) || header.length % 2 !== 0)
    throw new MalformedError('islet/signed', 'is missing in x-islet-statement');
  return parseSigned(Message.statement, fromHex(header));
}

function requireStated(
  { deployment }: HubContext,
  document: Stated.Document,
  kind: 'ask' | 'askAnswer',
  by: Uint8Array,
): void {
  const isSound = Stated.isDocument(document, kind, hereOf(deployment));
  if (!isSound || !equal(document.signed.message.account, by)) throw badSignature();
}

function requireWaiting({ now }: HubContext, ask: Ask.Place, askedAt: number): void {
  if (Ask.isOpen(ask, askedAt, now()) && askedAt <= now() + ASK_SKEW_MS) return;
  throw new Refusal(
    403,
    'HUB_ASK_OVER',
    'The ask’s deadline is past, or farther off than 30 days. Look at the clock, and ask anew.',
  );
}

/** Strangers must not fill the mailboxes of others, nor name somebody else as who asks. */
async function requireSpeaker(
  { follower }: HubContext,
  { message, signer }: Message.Signed<Message.Statement>,
): Promise<void> {
  // The account may be seconds old.
  if (!View.speaksFor(follower.state, message.account, signer)) await follower.follow();
  if (!View.speaksFor(follower.state, message.account, signer))
    throw new Refusal(403, 'HUB_NOT_A_SIGNER', 'Whoever signed this does not speak for the account.');
}

function requireAnother({ follower: { state } }: HubContext, { asker, patient }: Ask.Place): void {
  if (!state.accounts.has(toHex(patient)) || equal(asker, patient))
    throw new Refusal(404, 'HUB_NO_SUCH_ACCOUNT', 'There is no such account to ask. Copy its code again.');
}

const badSignature = (): Refusal =>
  new Refusal(
    403,
    'HUB_BAD_SIGNATURE',
    'The message is not signed by the signer that it names. Sign it again.',
  );
