// Copyright the Islet authors. AGPL-3.0-or-later.
// The account of a child goes from who kept it to the young person's own device.
import { concat, equal, fromHex, toHex, utf8 } from '@islet/core/crypto/bytes';
import * as Xwing from '@islet/core/crypto/xwing';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import { isStream } from '@islet/core/Stream';
import { encodeSigned } from '@islet/core/signed';
import * as z from 'zod';
import type { KeyRequest } from './KeyRequest.js';
import type { Network } from './Network.js';
import type { Notes, Person } from './Person.js';
import { relaySigned } from './Relaying.js';
import * as Signers from './Signers.js';
import * as Signing from './Signing.js';
import * as Wallet from './Wallet.js';

const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const span = z.tuple([z.int(), z.int()]);

/** What is remembered of the person and goes along, so that nothing of it is lost. What only concerned the old device does not. */
const remembered = z.object({
  registration: hex.optional(),
  dayOffsetMinutes: z.int().min(-1440).max(1440).optional(),
  hasUploader: z.boolean().optional(),
  gatewayKey: hex.optional(),
  gatewayUrl: z.url({ protocol: /^https?$/ }).optional(),
  keyed: z.record(z.string(), z.array(span)).optional(),
  grantSalts: z.record(hex, hex).optional(),
  erasures: z.record(hex, hex).optional(),
  charges: z
    .record(hex, z.object({ statement: hex, sealed: hex, name: z.string().max(64).optional() }))
    .optional(),
  devices: z
    .array(
      z.object({
        id: z.string().max(64),
        name: z.string().max(128),
        may: z.enum(['write', 'read', 'both']),
        secret: hex,
        streams: z.array(z.string().refine(isStream)).optional(),
      }),
    )
    .optional(),
});

const parcel = z.object({ version: z.literal(1), wallet: hex, notes: remembered, added: hex });

const context = ({ account, signer }: KeyRequest): Uint8Array =>
  concat(utf8('islet/handover/v1'), account, signer);

/**
 * Lets the young person's device in, on chain and with every custodian, and seals to it the keys for reading and what is
 * remembered of them. Only once it has taken over do the signers of before end; until then a lost parcel is sent again,
 * by calling this again. Throws `REQUEST_OTHER_ACCOUNT`, `REQUEST_NO_KEY`.
 */
export async function give(
  network: Network,
  { wallet, notes }: Person,
  request: KeyRequest,
): Promise<{ parcel: Uint8Array } & Signers.Told> {
  if (!equal(request.account, wallet.account)) throw new Signers.OtherAccountError();
  const key = await Signers.oneTimeKeyOf(network, request);
  const message = Signers.changeOf(network, wallet, request.signer);
  const signed = Signing.sign(network, wallet, Message.addSigner, message);
  const added = encodeSigned(Message.addSigner, signed);
  // Its signer is its own: ours stays here.
  const theirs = { ...wallet, signerKey: new Uint8Array(32), signerKind: undefined };
  const body = {
    version: 1,
    wallet: toHex(Wallet.format(theirs)),
    notes: remembered.parse(notes),
    added: toHex(added),
  };
  const sealed = Xwing.seal(key, context(request), utf8(JSON.stringify(body)), network.random);
  const there = await Signers.list(network, wallet.account);
  if (!there.includes(toHex(request.signer))) await relaySigned(network, Message.addSigner, signed);
  return { parcel: sealed, ...(await Signers.tellAll(network, '/v1/add-signer', added)) };
}

/** Opens what was handed to this device. Throws `REQUEST_NOT_FOR_US`, `HANDOVER_OTHER_KEYS`. */
export async function receive(
  network: Network,
  newcomer: Signers.Newcomer,
  handed: Uint8Array,
): Promise<Person & { added: string }> {
  const bytes = Xwing.open(newcomer.oneTimeSeed, context(Signers.requestOf(network, newcomer)), handed);
  const opened = bytes && parcelIn(bytes);
  if (!opened) throw new Signers.NotForUsError();
  const { added, notes } = opened;
  const { signerKind: _, ...theirs } = Wallet.parse(fromHex(opened.wallet));
  const kind = newcomer.signerKind ? { signerKind: newcomer.signerKind } : {};
  const wallet = { ...theirs, signerKey: newcomer.signerKey, ...kind };
  await network.chain.follow();
  const onChain = network.chain.state.accounts.get(toHex(newcomer.account))?.encryptionKeyHash;
  const ours = toHex(Wallet.encryptionKeyHash(Wallet.encryptionKey(wallet)));
  // Stops: being handed the keys of another account, or made-up ones, under this one's name.
  if (!equal(wallet.account, newcomer.account) || ours !== onChain) throw new OtherKeysError();
  return {
    wallet,
    notes: { ...(notes as Partial<Notes>), role: 'patient', enrolled: true, hasData: true },
    added,
  };
}

function parcelIn(bytes: Uint8Array): z.infer<typeof parcel> | undefined {
  try {
    return parcel.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

export class OtherKeysError extends IsletError {
  override readonly name = 'Handover.OtherKeysError';
  constructor() {
    super(
      'HANDOVER_OTHER_KEYS',
      'What was handed over holds other keys than the account’s. Nothing was taken. Ask for it anew, with a new request.',
    );
  }
}
