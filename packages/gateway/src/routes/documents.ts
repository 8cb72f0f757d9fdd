// Copyright the Islet authors. AGPL-3.0-or-later.
import { verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import * as Bundle from '@islet/core/Bundle';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Days from '@islet/core/Day';
import * as Devices from '@islet/core/Devices';
import * as Hubs from '@islet/core/Hubs';
import * as Message from '@islet/core/Message';
import { parseSigned } from '@islet/core/signed';
import { encodeDone } from '@islet/core/wire/Erasing';
import * as Stated from '@islet/core/wire/Stated';
import * as Zone from '@islet/ingest/Zone';
import type { Context as Call, Hono } from 'hono';
import * as Kept from '../Kept.js';
import { AHEAD_MS, ASK_SKEW_MS, DOCUMENT_BYTES, KEPT_DAYS, SMALL_BODY_BYTES } from '../limits.js';
import { ended, malformed, notASigner, notAuthorised, RefusalError } from '../Refusal.js';
import { isRaw, keyOf, spansOf } from '../State.js';
import type { Context } from './Context.js';
import { bodyOf } from './request.js';

/** What the wallet says and asks, by signed Statement. */
export function documents(app: Hono, context: Context): void {
  const { accounts, chain, deviceKeys, custodians, deployment, stateOf, now } = context;
  const verifiers = verifiersOf(deployment);
  const here = { chainId: deployment.chainId, identity: fromHex(deployment.identity), verifiers };

  /** Throws 403 unless the signer speaks for the account and the account has authorised us, as we see the chain. */
  async function requireSpeaker({ message, signer }: Message.Signed<Message.Statement>): Promise<void> {
    // Both may have come on chain a moment ago.
    if (!chain.isAuthorised(message.account) || !View.speaksFor(chain.view, message.account, signer))
      await chain.refresh();
    if (!View.speaksFor(chain.view, message.account, signer)) throw notASigner();
    if (!chain.isAuthorised(message.account)) throw notAuthorised(403);
    if (context.hasEnded(message.account)) throw ended();
  }

  async function documentOf(c: Call, kind: keyof typeof Stated.kinds, limit: number) {
    const document = Stated.parseDocument(await bodyOf(c, limit));
    if (!Stated.isDocument(document, kind, here)) throw badSignature();
    // Stops: a document of someone who speaks for the account today outlasting all that come after they no longer do.
    if (document.signed.message.version - now() > AHEAD_MS) throw badSignature();
    await requireSpeaker(document.signed);
    return document;
  }

  app.put('/v1/keys', async (c) => {
    const { signed, bytes } = await documentOf(c, 'streamKeys', DOCUMENT_BYTES);
    const bundle = Bundle.parseStreamKeys(bytes);
    if (!equal(bundle.account, signed.message.account)) throw otherAccount();
    const state = accounts.all.get(toHex(bundle.account));
    const holdsData = state !== undefined && stateOf(state).streams.get(bundle.stream)?.tip != null;
    const account = await accounts.putKeys(bundle, bytes, signed.message.version, holdsData);
    const mine = stateOf(account);
    context.puts.touch(mine, bundle.stream);
    // Summaries may have waited for these keys.
    if (!isRaw(bundle.stream))
      for (const { place } of mine.window.places.values())
        if (place.stream === 'glucose/raw' && place.day !== null)
          for (const due of [place, ...spansOf(place.day)]) mine.due.set(keyOf(due), due);
    // The keys are kept; what can be moved with them is moved now, or when days are closed next.
    await context.closer
      .keyed(account)
      .catch((error) => context.events.failed('moving late readings', error));
    void custodians.prefetch(account);
    return c.json({ stream: bundle.stream, firstDay: bundle.run.firstDay, days: bundle.run.keys.length });
  });

  app.put('/v1/devices', async (c) => {
    const stated = await documentOf(c, 'devices', SMALL_BODY_BYTES);
    const list = Devices.parseDevices(stated.bytes);
    if (!equal(list.account, stated.signed.message.account)) throw otherAccount();
    for (const { zone } of list.devices) if (zone !== undefined) Zone.of(zone);
    deviceKeys.learn(await accounts.putDevices(list, stated));
    return c.json({ devices: list.devices.length });
  });

  app.put('/v1/hubs', async (c) => {
    const stated = await documentOf(c, 'hubs', SMALL_BODY_BYTES);
    const hubs = Hubs.parseHubs(stated.bytes);
    if (!equal(hubs.account, stated.signed.message.account)) throw otherAccount();
    // Stops: an account's data sent to where no member answers for a hub.
    if (!isHub(chain.view, hubs.hubs[0]!)) await chain.refresh();
    if (!isHub(chain.view, hubs.hubs[0]!)) throw noHub();
    const account = await accounts.putHubs(hubs, stated);
    context.puts.moved(account);
    return c.json({ hub: hubs.hubs[0]!.url });
  });

  app.post('/v1/erase', async (c) => {
    const receipt = await context.erasing.heard(await bodyOf(c, SMALL_BODY_BYTES));
    return c.body(Buffer.from(encodeDone({ receipt, confirm: null })), 200, {
      'content-type': 'application/cbor',
    });
  });

  /** The account, in hexadecimal, whose wallet asks. */
  async function askedBy(c: Call, kind: 'askLooks' | 'askDays'): Promise<string> {
    const signed = questionOf(c.req.header('x-islet-statement') ?? '');
    if (!Stated.isStated(signed, kind, here)) throw badSignature();
    if (Math.abs(signed.message.version - now()) > ASK_SKEW_MS) throw badSignature();
    await requireSpeaker(signed);
    return toHex(signed.message.account);
  }

  app.get('/v1/looks', async (c) => {
    const hex = await askedBy(c, 'askLooks');
    const account = accounts.all.get(hex);
    const devices = (account?.devices ?? []).map(({ id, name, may, streams }) => ({
      id,
      name,
      may,
      ...(streams ? { streams } : {}),
    }));
    // Whoever may do both shows beside what each looked at.
    // Another device of the person's adds to the list only what it can tell the person to have signed.
    const devicesStated = account?.devicesStated ? toHex(account.devicesStated) : null;
    return c.json({ looks: await context.looks.read(hex), devices, devicesStated });
  });

  // On which days there are readings is the person's to know: a device's key is not asked.
  app.get('/v1/days', async (c) => {
    const hex = await askedBy(c, 'askDays');
    const [from, to] = ['from', 'to'].map((name) => Days.parse(c.req.query(name) ?? ''));
    if (from === undefined || to === undefined || to < from || to - from >= KEPT_DAYS)
      throw malformed(`from and to are dates, in order, at most ${KEPT_DAYS} days apart.`);
    const account = accounts.all.get(hex);
    return c.json(
      account
        ? Kept.of(stateOf(account), context.backlog, from, to)
        : { days: [], backlog: { waiting: 0, refused: 0, unanchored: 0 } },
    );
  });
}

function questionOf(header: string): Message.Signed<Message.Statement> {
  if (!/^[0-9a-f]{1,4096}$/.test(header) || header.length % 2 !== 0)
    throw malformed('The question has no signed statement in x-islet-statement.');
  return parseSigned(Message.statement, fromHex(header));
}

const badSignature = (): RefusalError =>
  new RefusalError(
    401,
    'GATEWAY_BAD_STATEMENT',
    'The statement is not signed by its signer, is about something else, or is dated wrongly. Set your clock, and sign it anew for this chain.',
  );

const isHub = ({ relays, organisations }: View.View, { address }: Hubs.Hub): boolean =>
  organisations.get(relays.get(toHex(address)) ?? '')?.active === true;

const noHub = (): RefusalError =>
  new RefusalError(
    403,
    'GATEWAY_NOT_A_HUB',
    'The address is no hub’s: no active member relays under it. Check which hub was meant.',
  );

const otherAccount = (): RefusalError => malformed('The document is of another account than its statement.');
