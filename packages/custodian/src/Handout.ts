// Copyright the Islet authors. AGPL-3.0-or-later.
import { MAX_CLOCK_SKEW_MS } from '@islet/chain/limits';
import { rootOf, spokeFor, type View } from '@islet/chain/View';
import { equal, fromHex, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as KeyTree from '@islet/core/KeyTree';
import * as Live from '@islet/core/Live';
import * as Receipt from '@islet/core/Receipt';
import * as Release from '@islet/core/Release';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import * as Span from '@islet/core/Span';
import type { AskRelease } from '@islet/core/wire/Ask';
import type { Context } from './Context.js';
import { erased, isErased } from './Erasing.js';
import type { Permission } from './Permission.js';
import { Refusal } from './Refusal.js';

/** Opens our shares of the asked epochs, keeps a signed note of it, and seals them to the request's one-time key. */
export async function release(
  context: Context,
  permission: Permission,
  ask: AskRelease,
): Promise<Uint8Array> {
  const { record, signer, random, index, now } = context;
  const opened = await Promise.all(ask.epochs.map((asked) => openOne(context, permission, asked)));
  const note: Release.Note = {
    requestId: permission.requestId,
    custodian: index,
    epochs: opened.map((o) => o.epoch.hash),
    blockNumber: permission.head.number,
    blockHash: permission.head.hash,
    at: now(),
  };
  for (const { epoch } of opened) {
    const key = revisionKey(epoch);
    if (epoch.header.revision > record.revision(key)) await record.keepRevision(key, epoch.header.revision);
  }
  // Again, now that all of them are known: two revisions asked for at once, here or in another request.
  for (const { epoch } of opened) requireNewest(context, epoch);
  const shares = opened.map((o) => o.share);
  const sealed = await Release.seal(note, shares, ask.oneTimeKey, signer, random(32)).catch(() => {
    // A point of low order: nothing can be sealed to it.
    throw new Refusal(403, 'RELEASE_WRONG_KEY', 'The one-time key is no public key. Draw another.');
  });
  // The patient's record of it is durable before the reader has it.
  await record.keepNote(permission.patient, await Release.signNote(note, signer));
  return sealed;
}

async function openOne(context: Context, permission: Permission, asked: AskRelease['epochs'][number]) {
  const view = context.chain.state;
  const epoch = Epoch.parse(asked.epoch);
  const { header } = epoch;
  // Stops: asking for someone else's data, another stream or another day under this request.
  if (!equal(header.account, permission.patient))
    throw new Refusal(403, 'DENIED_WRONG_PATIENT', 'An epoch is another patient’s.');
  if (!permission.streams.includes(header.stream))
    throw new Refusal(403, 'DENIED_WRONG_STREAM', 'An epoch is of a kind of data that was not granted.');
  // Half a week opens nothing of its week.
  const inside = header.day === null ? permission.own : Span.isInside(header.stream, header.day, permission);
  if (!inside) throw new Refusal(403, 'DENIED_OUTSIDE_WINDOW', 'An epoch lies outside the granted days.');
  // Stops: opening what the patient erased, also before we have been told in words what it is.
  if (isErased(context, header.account, header.stream, header.day)) throw erased();
  // Stops: an epoch nobody authorised made up, to make us open ciphertexts of the asker's choosing.
  const gateway = view.accounts.get(toHex(permission.patient))?.gateways.get(toHex(header.gateway));
  if (!gateway)
    throw new Refusal(
      403,
      'RELEASE_UNKNOWN_GATEWAY',
      'The patient never authorised the gateway that sealed this.',
    );
  if (!(await Epoch.verify(epoch)))
    throw new Refusal(403, 'RELEASE_EPOCH_FORGED', 'An epoch is not signed by its gateway.');
  // Stops: a decision to follow used to read back, hours later.
  if (permission.since !== null && header.openedAt < permission.since)
    throw new Refusal(
      403,
      'RELEASE_TOO_LATE',
      'The decision opens only what was sealed since. Make a new request, which is decided and recorded anew.',
    );
  if (header.stream === 'glucose/live') requireLive(context, epoch);
  // A live value is opened at once or never; its receipt follows. Only a gateway that may write now is believed so far.
  if (header.stream === 'glucose/live' && asked.receipt.length === 0 && gateway.endedAt === null)
    await requireSegmentOf(epoch, asked);
  else await requireAnchored(view, epoch, asked);
  requireNewest(context, epoch);
  const shares = Shares.parse(asked.shares);
  // Stops: a dealing by anyone but the gateway that sealed the epoch, or a key that its person named.
  if (!mayDeal(context, shares, epoch) || !(await Shares.verify(shares, epoch)))
    throw new Refusal(
      403,
      'RELEASE_SHARES_FORGED',
      'The shares are not signed by the epoch’s gateway, nor by a dealer that its person named.',
    );
  const share = await ownShare(context, epoch, shares);
  return { epoch, share };
}

/** By who speaks for the person, or did: what was dealt before a device was lost is still the person's. */
function mayDeal(
  { deployment, verifiers, signers, chain }: Context,
  shares: Shares.Shares,
  epoch: Epoch.Epoch,
) {
  const { account } = epoch.header;
  const here = { chainId: deployment.chainId, identity: fromHex(deployment.identity), verifiers };
  return Shares.mayDeal(shares, epoch, here, (signer) => {
    const [who, key] = [toHex(account), toHex(signer)];
    // Stops: a chain that lets a stranger pass as a signer (ours knows none), and one removed that the chain never had.
    return (
      (signers.speaks(who, key) || signers.wasRemoved(who, key)) && spokeFor(chain.state, account, signer)
    );
  });
}

// Stops: an older revision of a summary, whose difference from the newer one is a reading.
function requireNewest({ record }: Context, epoch: Epoch.Epoch): void {
  if (epoch.header.revision < record.revision(revisionKey(epoch)))
    throw new Refusal(
      403,
      'RELEASE_OLD_REVISION',
      'A newer revision of this summary exists. Fetch that one.',
    );
}

// Stops: a follower of the newest value reading what was, with a hub's help: when an epoch began is signed by its
// gateway, so nobody can make it younger.
function requireLive({ chain, now }: Context, { header }: Epoch.Epoch): void {
  const age = Math.max(chain.head?.at ?? 0, now()) - header.openedAt;
  if (age > Live.releaseMs || age < -MAX_CLOCK_SKEW_MS)
    throw new Refusal(
      403,
      'RELEASE_LIVE_OVER',
      'Live values are opened only while they are new. Older ones are in glucose/raw, for whom that was granted.',
    );
}

async function ownShare(context: Context, epoch: Epoch.Epoch, shares: Shares.Shares): Promise<Uint8Array> {
  const { account, stream, day } = epoch.header;
  const tree = await context.vault.tree(account, stream);
  if (!tree) throw context.vault.hasEnded(account) ? erased() : notEnrolled();
  const leaf = day === null ? undefined : KeyTree.leaf(tree.nodes, day);
  if (day !== null && !leaf) throw erased();
  const seed = leaf ? KeyTree.keySeed(leaf, 'hpke') : tree.late;
  const share = await Shares.openOwn(shares, epoch, context.index, seed);
  if (!share)
    throw new Refusal(
      403,
      'RELEASE_NO_SHARE',
      'The share was not sealed to this custodian. Its gateway dealt falsely or to another set, or it is late data from before an erasure.',
    );
  return share;
}

const notEnrolled = (): Refusal =>
  new Refusal(
    404,
    'RELEASE_NOT_ENROLLED',
    'The patient is not enrolled with this custodian. Ask the others.',
  );

// Stops: an epoch whose data were never anchored, or were anchored elsewhere than in a batch we saw.
async function requireAnchored(
  view: View,
  epoch: Epoch.Epoch,
  asked: AskRelease['epochs'][number],
): Promise<void> {
  const segment = await requireSegmentOf(epoch, asked);
  const receipt = Receipt.parseReceipt(asked.receipt);
  const root = Receipt.rootOfLeaf(receipt, Segment.leaf(segment));
  if (root === undefined || rootOf(view, receipt.hub, receipt.number) !== toHex(root)) throw notAnchored();
}

/** The header of a segment of this epoch, signed by its gateway. */
async function requireSegmentOf(
  epoch: Epoch.Epoch,
  asked: AskRelease['epochs'][number],
): Promise<Segment.SignedHeader> {
  const segment = Segment.parseHeader(asked.segmentHeader);
  const { header } = segment;
  const same =
    equal(header.epochHash, epoch.hash) &&
    equal(header.account, epoch.header.account) &&
    equal(header.gateway, epoch.header.gateway) &&
    header.stream === epoch.header.stream &&
    header.day === epoch.header.day;
  if (!same || !(await Segment.verifyHeader(segment))) throw notAnchored();
  return segment;
}

const notAnchored = (): Refusal =>
  new Refusal(
    403,
    'RELEASE_NOT_ANCHORED',
    'An epoch’s receipt does not lead to a batch on chain. Fetch it anew.',
  );

// Each gateway counts its own revisions.
const revisionKey = ({ header }: Epoch.Epoch): string =>
  `${toHex(header.account)}/${header.stream}/${header.day ?? 'late'}/${toHex(header.gateway)}`;
