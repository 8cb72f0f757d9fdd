// Copyright the Islet authors. AGPL-3.0-or-later.
import { to0x } from '@islet/core/crypto/bytes';
import { addressOf } from '@islet/core/crypto/secp256k1';
import { IsletError } from '@islet/core/IsletError';
import * as z from 'zod';
import * as Lane from './Lane.js';
import { CALL_GAS, DEPLOY_GAS, POLL_MS, SEND_TIMEOUT_MS } from './limits.js';
import { ChainRevertError } from './Revert.js';
import { ChainRpcError, type Rpc } from './Rpc.js';
import * as Transaction from './Transaction.js';
import type { Hex } from './Wire.js';
import * as Wire from './Wire.js';

/** What to send: a call, or a deployment where there is no `to`. */
export type Message = { to?: Hex; data: Hex };

export type Receipt = z.infer<typeof receipt> & {
  /** Where the deployed contract is; absent for a call. */
  contractAddress?: Hex;
};

const receipt = z
  .object({
    transactionHash: Wire.hash,
    blockNumber: Wire.count,
    status: Wire.count,
    logs: z.array(z.object({ address: Wire.address, topics: z.array(Wire.hash), data: Wire.bytes })),
  })
  .transform(({ transactionHash, ...rest }) => ({ txHash: transactionHash, ...rest }));

export type Options = {
  rpc: Rpc;
  chainId: number;
  /** The member's relay key, 32 bytes. One sender per key: a second process with it is survived, but slow. */
  key: Uint8Array;
  /** ms */
  now: () => number;
  timeoutMs?: number;
};

export type Sender = {
  readonly address: Hex;
  /**
   * Sends one transaction and waits until it is mined. It is tried as a plain call first, so that a refusal costs no
   * block; a message that needs an earlier one must therefore wait for that one. Calls made without waiting are sent
   * with consecutive nonces and are in flight together.
   *
   * The receipt is the node's word: fit to report, not to decide on. What the chain holds is what a `Follower` verified.
   * Throws `ChainRevertError` (a contract refused), `CHAIN_SEND_TIMEOUT` (it may still be mined), or `ChainRpcError`.
   */
  send(message: Message): Promise<Receipt>;
  /**
   * The same without the trial. For a call whose time has come since the last block: an idle chain's trials are made at
   * the time of that block, and would refuse it for ever.
   */
  sendUntried(message: Message): Promise<Receipt>;
};

type Mined = z.infer<typeof receipt>;
type Outcome = Mined | 'pending' | 'nonce used' | 'unsure';
type Flight = { message: Message; nonce: number; signed: Transaction.Signed; until: number };

/** A sender for a member's relay key. Asks nothing until the first `send`; what was in flight before a restart is counted. */
export function open(options: Options): Sender {
  const { rpc, chainId, key, now } = options;
  const from = to0x(addressOf(key));
  const timeoutMs = options.timeoutMs ?? SEND_TIMEOUT_MS;
  // Submissions keep their order only if one exchange follows another: a node may refuse a nonce too early.
  const [simulating, submitting, finding] = [Lane.open(rpc), Lane.open(rpc), Lane.open(rpc)];
  let next: number | undefined;
  let asking: Promise<void> | undefined;
  const inFlight = new Set<number>();
  let sync = true;

  /** Asked for once, then counted, so that sends need not wait for one another. */
  async function takeNonce(): Promise<number> {
    while (next === undefined) {
      asking ??= askNonce().finally(() => {
        asking = undefined;
      });
      await asking;
    }
    inFlight.add(next);
    return next++;
  }

  async function askNonce(): Promise<void> {
    const known = await rpc.call('eth_getTransactionCount', [from, 'pending'], Wire.count);
    // The node may not have seen all of ours yet.
    next = Math.max(known, ...[...inFlight].map((n) => n + 1));
  }

  async function launch(message: Message, until: number): Promise<Flight> {
    const nonce = await takeNonce();
    const gas = message.to ? CALL_GAS : DEPLOY_GAS;
    return { message, nonce, until, signed: Transaction.sign({ chainId, nonce, gas, ...message }, key) };
  }

  async function send(message: Message): Promise<Receipt> {
    await simulate(message);
    return sendUntried(message);
  }

  async function sendUntried(message: Message): Promise<Receipt> {
    const until = now() + timeoutMs;
    for (;;) {
      const flight = await launch(message, until);
      try {
        const mined = await settle(flight);
        if (mined === 'nonce used') {
          next = undefined;
          continue;
        }
        if (mined.status !== 1) throw await reasonOf(message);
        const contractAddress = Transaction.contractAddress(from, flight.nonce);
        return message.to ? mined : { ...mined, contractAddress };
      } finally {
        inFlight.delete(flight.nonce);
      }
    }
  }

  /** Sees one signed transaction through. The same bytes may be submitted again and again: they are mined once. */
  async function settle(flight: Flight): Promise<Mined | 'nonce used'> {
    for (let submit = true; ; ) {
      const outcome: Outcome = submit ? await submitOnce(flight) : 'pending';
      if (typeof outcome === 'object') return outcome;
      submit = outcome !== 'pending';
      // A nonce can be used by our own transaction, still waiting. Only when a block has used it, and not for ours,
      // may the message be signed anew; so the count is asked for before the receipt.
      const gone = outcome === 'nonce used' && (await minedNonces()) > flight.nonce;
      const mined = await find(flight);
      if (mined) return mined;
      if (gone) return 'nonce used';
      if (now() > flight.until) throw new SendTimeoutError(timeoutMs);
      await pause();
    }
  }

  const minedNonces = () =>
    rpc.call('eth_getTransactionCount', [from, 'latest'], Wire.count).catch((error: unknown) => {
      if (error instanceof ChainRpcError && meaningOf(error) === 'unsure') return 0;
      throw error;
    });

  async function submitOnce(flight: Flight): Promise<Outcome> {
    const withSync = sync;
    const { raw } = flight.signed;
    try {
      if (withSync) return await submitting('eth_sendRawTransactionSync', [raw], receipt);
      await submitting('eth_sendRawTransaction', [raw], Wire.hash);
      return 'pending';
    } catch (error) {
      if (!(error instanceof ChainRpcError)) throw abandoned(flight, error);
      const meaning = meaningOf(error);
      if (meaning === 'no such method' && withSync) {
        sync = false;
        return submitOnce(flight);
      }
      if (meaning === 'refused' || meaning === 'no such method') throw abandoned(flight, error);
      return meaning;
    }
  }

  /** The node will never take this transaction. Its nonce must not stay empty before later ones. */
  function abandoned(flight: Flight, error: unknown): unknown {
    inFlight.delete(flight.nonce);
    const later = [...inFlight].some((n) => n > flight.nonce);
    // Those not yet launched learn the right nonce from the node; those in flight need the gap filled.
    next = undefined;
    if (later) void fill(flight.nonce);
    return error;
  }

  async function fill(nonce: number): Promise<void> {
    const message = { to: from, data: '0x' } as const;
    const signed = Transaction.sign({ chainId, nonce, gas: 21_000, ...message }, key);
    await settle({ message, nonce, signed, until: now() + timeoutMs }).catch(() => undefined);
  }

  const find = (flight: Flight) =>
    finding('eth_getTransactionReceipt', [flight.signed.hash], receipt.nullable()).catch((error: unknown) => {
      if (error instanceof ChainRpcError && meaningOf(error) === 'unsure') return null;
      throw error;
    });

  const simulate = (message: Message) => simulating('eth_call', [{ from, ...message }, 'latest'], Wire.bytes);

  async function reasonOf(message: Message): Promise<unknown> {
    try {
      await simulate(message);
    } catch (error) {
      return error;
    }
    return new ChainRevertError(undefined, undefined, '0x');
  }

  return { address: from, send, sendUntried };
}

const pause = () => new Promise((done) => setTimeout(done, POLL_MS));

/** What a node means by refusing a transaction: there are no codes that all nodes share, so the text has to do. */
function meaningOf(error: ChainRpcError): 'no such method' | 'pending' | 'nonce used' | 'unsure' | 'refused' {
  if (error.code !== 'CHAIN_RPC_ERROR') return 'unsure';
  if (error.rpcCode === -32601 || error.rpcCode === -32604) return 'no such method';
  const text = error.rpcMessage?.toLowerCase() ?? '';
  // EIP-7966: 4 is "accepted, not mined in time"; 6 is a gap, which the one before us will close.
  if (error.rpcCode === 4 || /already (known|imported|in)|known transaction/.test(text)) return 'pending';
  if (error.rpcCode === 6 || /nonce.*(too high|gap|too distant)/.test(text)) return 'unsure';
  if (/nonce.*(too low|below|used)|replacement/.test(text)) return 'nonce used';
  return 'refused';
}

/** The transaction was not seen in a block in time. */
export class SendTimeoutError extends IsletError {
  override readonly name = 'SendTimeoutError';
  constructor(timeoutMs: number) {
    super(
      'CHAIN_SEND_TIMEOUT',
      `The transaction was not mined within ${timeoutMs} ms. It may still be: look before sending it again.`,
    );
  }
}
