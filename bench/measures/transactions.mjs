// Copyright the Islet authors. AGPL-3.0-or-later.
import { setTimeout as sleep } from 'node:timers/promises';
import * as Abi from '@islet/chain/Abi';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import { bytecode } from '@islet/chain/abi/bytecode';
import { membersAbi } from '@islet/chain/abi/Members';
import * as Deployment from '@islet/chain/Deployment';
import * as Rpc from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import * as Transaction from '@islet/chain/Transaction';
import * as Wire from '@islet/chain/Wire';
import { to0x, utf8 } from '@islet/core/crypto/bytes';
import * as Ed25519 from '@islet/core/crypto/ed25519';
import { keccak256 } from '@islet/core/crypto/hash';
import { addressOf } from '@islet/core/crypto/secp256k1';
import * as Figure from '../Figure.mjs';
import * as IsletChild from '../IsletChild.mjs';

const chainId = 0x49_53_4c_54;
const gas = 200_000;
const target = 100;
/** The best of five settings tried once each on a busy machine (1 to 16 relays, 1 to 100 in a request): not an optimum. */
const relays = 16;
const perRequest = 50;

/**
 * What many systems do: one transaction per reading, here a root of one leaf in `Anchors`. The same chain program, alone
 * on a folder of its own; signed beforehand; each acknowledged when it is in a durable block.
 */
export async function measure(scene) {
  const perRelay = scene.quick ? 100 : 250;
  scene.say(`signing ${relays * perRelay} transactions`);
  const chain = await deployed();
  const keys = Array.from({ length: relays }, (_, i) => keyOf(`relay ${i}`));
  const signed = keys.map((key) => sign(key, chain.anchors, perRelay));
  // Signing held up everything else: connections that the chain closed meanwhile are noticed now, not at the first send.
  await sleep(100);
  scene.say('sending one transaction per reading');
  const began = performance.now();
  await Promise.all(signed.map((raws) => sendAll(chain.rpc, raws)));
  const rate = (relays * perRelay * 1_000) / (performance.now() - began);
  await requireAllIn(chain, keys, perRelay);
  await chain.stop();
  const { readings, sealing } = await scene.bulk();
  const ratio = readings / sealing / rate;
  return [
    {
      what: 'against one transaction per reading',
      measured: Figure.times(readings / sealing, rate),
      value: ratio,
      unit: '×',
      baseline: `${Figure.count(rate)} transactions/s`,
      target: `≥ ${target} ×`,
      met: ratio >= target,
      note: `${relays * perRelay} transactions of ${relays} relays at once, ${perRelay} each, ${perRequest} in one request; signing is not counted.`,
    },
  ];
}

async function deployed() {
  const { url, stop } = await IsletChild.startChain(chainId);
  const rpc = Rpc.connect(url, { abis: [membersAbi, anchorsAbi] });
  const sender = Sender.open({ rpc, chainId, key: keyOf('organisation'), now: Date.now });
  const org = keccak256(utf8('bench'));
  const relayed = Array.from({ length: relays }, (_, i) => to0x(addressOf(keyOf(`relay ${i}`))));
  const custodians = [];
  for (const n of [1, 2, 3]) {
    const { publicKey } = await Ed25519.fromSeed(keyOf(`custodian ${n}`));
    custodians.push({ org, signingKey: publicKey, account: to0x(addressOf(keyOf(`account ${n}`))) });
  }
  const members = await Deployment.deploy(sender, membersAbi, bytecode.Members, {
    founders: [{ org, admin: sender.address }],
    relays: relayed.map((relay) => ({ relay, org })),
    custodians,
    threshold_: 2n,
    delay_: 0n,
  });
  const anchors = await Deployment.deploy(sender, anchorsAbi, bytecode.Anchors, { members_: members });
  return { rpc, anchors, stop };
}

const keyOf = (name) => keccak256(utf8(`bench/${name}`));

function sign(key, anchors, count) {
  return Array.from({ length: count }, (_, nonce) => {
    const root = keccak256(utf8(`reading ${nonce}`));
    const data = Abi.encodeCall(anchorsAbi, 'commit', { number: BigInt(nonce + 1), root });
    return Transaction.sign({ chainId, nonce, gas, to: anchors, data }, key).raw;
  });
}

async function sendAll(rpc, raws) {
  for (let from = 0; from < raws.length; from += perRequest) {
    const part = raws.slice(from, from + perRequest);
    await rpc.batch(
      part.map((raw) => ({ method: 'eth_sendRawTransaction', params: [raw], answer: Wire.hash })),
    );
  }
}

/** A transaction that reverted would be a cheap one: the baseline must not be flattered, nor slighted. */
async function requireAllIn({ rpc, anchors }, keys, count) {
  for (const key of keys) {
    const data = Abi.encodeCall(anchorsAbi, 'count', { hub: to0x(addressOf(key)) });
    const found = await rpc.call('eth_call', [{ to: anchors, data }, 'latest'], Wire.bytes);
    if (Number(found) !== count) throw new Error(`${Number(found)} of ${count} transactions were executed`);
  }
}
