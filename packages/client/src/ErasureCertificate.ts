// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Deployment from '@islet/chain/Deployment';
import * as Events from '@islet/chain/Events';
import * as Proof from '@islet/chain/Proof';
import { verifiersOf } from '@islet/chain/Verifiers';
import * as View from '@islet/chain/View';
import { base64, unbase64 } from '@islet/core/base64';
import { equal, fromHex, toHex, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Days from '@islet/core/Day';
import type { Extent } from '@islet/core/Erasure';
import * as ErasureReceipt from '@islet/core/ErasureReceipt';
import { IsletError } from '@islet/core/IsletError';
import * as Message from '@islet/core/Message';
import { type Order, parseOrder } from '@islet/core/wire/Erasing';
import * as z from 'zod';

/**
 * What a person keeps of an erasure: what they asked for, who signed that its part is destroyed, and the blocks that
 * recorded both, with their proofs. It holds nothing of what was erased.
 */
const shape = z.strictObject({
  islet: z.literal('erasure-certificate'),
  version: z.literal(1),
  notice: z.string(),
  chain: z.strictObject({
    deployment: z.unknown(),
    validators: z.array(z.string().regex(/^0x[0-9a-f]{40}$/)).min(1),
    /** In the order of the chain. */
    blocks: z.array(Proof.schema).max(256),
  }),
  /** The signed order with its scope in words, Base64. */
  order: z.base64(),
  /** Signed receipts, Base64. */
  receipts: z.array(z.base64()).max(64),
  /** SHA-256 of the file without this line: tells damage from forgery, no more. */
  checksum: z.string().regex(/^[0-9a-f]{64}$/),
});

export type Certificate = z.infer<typeof shape>;

export const notice =
  'What this certificate says was destroyed cannot be opened any more by anyone who takes part in Islet. It does not reach what was opened, exported or copied before.';

/** The file's text. The same certificate always has the same text. */
export function write(certificate: Omit<Certificate, 'checksum'>): string {
  const { checksum: _, ...rest } = certificate as Certificate;
  const checksum = toHex(sha256(utf8(JSON.stringify(rest))));
  return `${JSON.stringify({ ...rest, checksum }, null, 1)}\n`;
}

/** Whether a text says of itself that it is one. */
export const is = (text: string): boolean => /^\s*\{\s*"islet"\s*:\s*"erasure-certificate"/.test(text);

export type Verified = {
  erasureId: string;
  account: string;
  extent: Extent;
  requestedAt: number;
  /** When enough custodians had confirmed, UTC ms. */
  erasedAt: number;
  needed: number;
  receipts: ErasureReceipt.Receipt[];
  deployment: Deployment.Deployment;
  /** 0x-addresses of who vouches for the blocks. */
  validators: string[];
};

/** Checks a certificate without asking anyone. What does not hold is thrown by its place, `CERTIFICATE_TAMPERED`. */
export async function verify(text: string): Promise<Verified> {
  const file = parse(text);
  const { checksum, ...rest } = file;
  if (toHex(sha256(utf8(JSON.stringify(rest)))) !== checksum)
    throw new CertificateTamperedError(
      'its text',
      'it is not what was written; the checks below would fail too',
    );
  const deployment = Deployment.parse(JSON.stringify(file.chain.deployment));
  const view = viewOf(file, deployment);
  const order = parseOrderOf(file);
  const { message } = order.signed;
  const id = toHex(message.erasureId);
  const on = view.erasures.get(id) ?? fail('the request', 'no block here records it');
  checkOrder(order, on, view, deployment);
  const receipts: ErasureReceipt.Receipt[] = [];
  for (const [i, one] of file.receipts.entries())
    receipts.push(await checkReceipt(unbase64(one), `receipt ${i + 1}`, message, on, view));
  const signed = new Set(receipts.flatMap((r) => (r.role === 'custodian' ? [r.custodian] : [])));
  if (signed.size < on.needed) fail('the receipts', `${signed.size} custodians signed, ${on.needed} have to`);
  if (on.erasedAt === null) fail('the chain', 'no block here says that enough custodians have confirmed');
  return {
    ...{ erasureId: id, account: toHex(message.account), extent: order.extent },
    ...{ requestedAt: on.requestedAt, erasedAt: on.erasedAt!, needed: on.needed, receipts, deployment },
    validators: file.chain.validators,
  };
}

function parse(text: string): Certificate {
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw new NotACertificateError();
  }
}

/** What the blocks say, each proved by its seal and its receipts. */
function viewOf(file: Certificate, deployment: Deployment.Deployment): View.View {
  const trust = {
    chainId: deployment.chainId,
    validators: file.chain.validators.map(fromHex),
    contracts: Deployment.contracts(deployment),
  };
  const view = View.empty();
  let before = -1;
  for (const [i, proof] of file.chain.blocks.entries()) {
    const { header, logs } = provedAt(`block ${i + 1} of ${file.chain.blocks.length}`, proof, trust);
    if (header.number <= before) fail(`block ${i + 1}`, 'it is out of order');
    before = header.number;
    for (const { address, topics, data } of logs)
      Events.apply(view, deployment, {
        ...{ address, topics, data, blockNumber: header.number, timestamp: header.timestamp },
      });
  }
  return view;
}

function provedAt(place: string, proof: Proof.Proof, trust: Parameters<typeof Proof.verify>[1]) {
  try {
    return Proof.verify(proof, trust);
  } catch (cause) {
    const code = cause instanceof IsletError ? ` (${cause.code})` : '';
    throw new CertificateTamperedError(place, `it is not what a validator sealed${code}`, { cause });
  }
}

function parseOrderOf(file: Certificate): Order {
  try {
    return parseOrder(unbase64(file.order)) ?? fail('the request', 'its scope is not the one signed');
  } catch (cause) {
    if (cause instanceof CertificateTamperedError) throw cause;
    throw new CertificateTamperedError('the request', 'it cannot be read', { cause });
  }
}

type OnChain = NonNullable<ReturnType<View.View['erasures']['get']>>;

function checkOrder(
  { signed }: Order,
  on: OnChain,
  view: View.View,
  deployment: Deployment.Deployment,
): void {
  const { message, signer } = signed;
  const here =
    message.chain === BigInt(deployment.chainId) && equal(message.target, fromHex(deployment.erasure));
  if (!here || !Message.verify(Message.erase, signed, verifiersOf(deployment)))
    fail('the request', 'its signature does not hold');
  if (!View.speaksFor(view, message.account, signer))
    fail('the request', 'no block here says that its signer speaks for the account');
  const same =
    on.account === toHex(message.account) &&
    on.scopeHash === toHex(message.scopeHash) &&
    on.firstDay === message.firstDay &&
    on.lastDay === message.lastDay &&
    on.streams.join() === message.streams.map(toHex).join();
  if (!same) fail('the request', 'the chain recorded something else under its id');
}

async function checkReceipt(
  bytes: Uint8Array,
  place: string,
  message: Message.Erase,
  on: OnChain,
  view: View.View,
): Promise<ErasureReceipt.Receipt> {
  const receipt = await ErasureReceipt.parse(bytes).catch(() => undefined);
  if (!receipt) return fail(place, 'it is not signed by the keeper that it names');
  const about =
    equal(receipt.erasureId, message.erasureId) &&
    equal(receipt.account, message.account) &&
    equal(receipt.scopeHash, message.scopeHash) &&
    receipt.firstDay === message.firstDay &&
    receipt.lastDay === message.lastDay;
  if (!about) fail(place, 'it is about something else');
  if (receipt.role === 'custodian') {
    if (view.custodians.get(receipt.custodian)?.signingKey !== toHex(receipt.keeper))
      fail(place, 'no block here says that its signer is that custodian');
    const confirmed = on.confirmations.get(receipt.custodian);
    if (confirmed && confirmed.receiptHash !== toHex(ErasureReceipt.hashOf(bytes)))
      fail(place, 'the custodian confirmed another receipt on the chain');
    if (!confirmed) fail(place, 'no block here has the custodian’s confirmation');
  }
  if (receipt.role === 'gateway') {
    const gateways = view.accounts.get(toHex(message.account))?.gateways;
    if (!gateways?.has(toHex(receipt.keeper)))
      fail(place, 'no block here says that the person authorised the gateway that signed it');
  }
  return receipt;
}

function fail(place: string, what: string): never {
  throw new CertificateTamperedError(place, what);
}

/** What it comes to, in words: who, and over which days. */
export const saidDays = ({ firstDay, lastDay }: Extent): string =>
  firstDay === Days.first && lastDay === Days.last
    ? 'all days'
    : `${Days.format(firstDay)} to ${Days.format(lastDay)}`;

export const toText = (bytes: Uint8Array): string => base64(bytes);

export class NotACertificateError extends IsletError {
  override readonly name = 'NotACertificateError';
  constructor() {
    super(
      'CERTIFICATE_UNREADABLE',
      'The file is not a certificate of an erasure, or it is cut. Take the copy that you kept.',
    );
  }
}

export class CertificateTamperedError extends IsletError {
  override readonly name = 'CertificateTamperedError';
  constructor(place: string, what: string, options?: ErrorOptions) {
    super(
      'CERTIFICATE_TAMPERED',
      `Verification failed at ${place}: ${what}. Do not rely on this file; take the copy that you kept.`,
      options,
    );
  }
}
