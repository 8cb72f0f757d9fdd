// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Abi from './Abi.js';
import { anchorsAbi } from './abi/Anchors.js';
import { directoryAbi } from './abi/Directory.js';
import { identityAbi } from './abi/Identity.js';
import { CHAIN_ID, devKey } from './anvil.testkit.js';
import * as Contract from './Contract.js';
import * as Deployment from './Deployment.js';
import * as Follower from './Follower.js';
import * as Founding from './Founding.js';
import { validators } from './node.testkit.js';
import { connect } from './Rpc.js';
import * as Sender from './Sender.js';
import { devAddress, start } from './scene.testkit.js';

const filled = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
const fails = (code: string) => expect.objectContaining({ code });

test('Islet’s contracts are deployed, know each other, speak to a follower, and refuse with their own codes', async () => {
  await using scene = await start();
  await scene.anvil.ask('evm_setAutomine', true);
  const rpc = connect(scene.node.url, { abis: Founding.abis });
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });

  const org = filled(1);
  const made = await Founding.deploy(rpc, sender, CHAIN_ID, {
    founders: [{ org, admin: sender.address }],
    relays: [{ org, relay: sender.address }],
    custodians: [{ org, signingKey: filled(2), account: devAddress }],
    threshold_: 1n,
    delay_: 60n,
    budget: 100,
  });
  const { anchors, directory, genesisHash } = made;
  const deployment = Deployment.parse(Deployment.format(made));
  expect(deployment).toEqual(made);
  await Deployment.requireSameChain(rpc, deployment);
  const { chainId: _, genesisHash: __, directory: ___, ...contracts } = made;
  for (const [name, address] of Object.entries(contracts))
    expect(await Contract.read(rpc, directory, directoryAbi, name as 'members', {})).toBe(address);
  expect(await Contract.read(rpc, made.identity, identityAbi, 'recovery', {})).toBe(made.recovery);

  const commit = (number: bigint) =>
    sender.send({ to: anchors, data: Abi.encodeCall(anchorsAbi, 'commit', { number, root: filled(9) }) });
  await commit(1n);
  await expect(commit(3n)).rejects.toThrow(fails('ANCHORS_WRONG_NUMBER'));

  const follower = await Follower.open({
    rpc,
    chainId: CHAIN_ID,
    validators,
    contracts: Deployment.contracts(deployment),
    genesisHash,
    highWater: { load: async () => null, save: async () => {} },
    initial: [] as unknown[],
    apply: (state, log) => {
      const said = log.address === anchors ? Abi.decodeLog(anchorsAbi, log) : undefined;
      return said ? [...state, said] : state;
    },
    now: Date.now,
  });
  await follower.freshHead();
  expect(follower.state).toEqual([
    { name: 'Anchored', args: { hub: devAddress, number: 1n, root: filled(9) } },
  ]);

  const elsewhere = { ...deployment, genesisHash: directory.padEnd(66, '0') as typeof directory };
  await expect(Deployment.requireSameChain(rpc, elsewhere)).rejects.toThrow(fails('CHAIN_BAD_DEPLOYMENT'));
});

describe('a deployment file', () => {
  const former = ['directory', 'members', 'identity', 'anchors', 'consent'];
  const later = ['reviews', 'recovery', 'erasure', 'p256Verifier', 'webAuthnVerifier'];
  const good = {
    chainId: 1,
    genesisHash: `0x${'AB'.repeat(32)}`,
    ...Object.fromEntries(
      [...former, ...later, 'circles'].map((n, i) => [n, `0x${i.toString(16).repeat(40)}`]),
    ),
  };
  test('is read with its hex in lower case, as addresses are compared', () => {
    expect(Deployment.parse(JSON.stringify(good)).genesisHash).toBe(`0x${'ab'.repeat(32)}`);
  });
  test.each([
    ['no JSON', '{'],
    ['a field missing', JSON.stringify({ ...good, consent: undefined })],
    ['a field too many', JSON.stringify({ ...good, other: 1 })],
    ['a short address', JSON.stringify({ ...good, consent: '0x12' })],
  ])('with %s is refused', (_name, text) => {
    expect(() => Deployment.parse(text)).toThrow(fails('CHAIN_BAD_DEPLOYMENT'));
  });

  test('of an earlier version is refused as such, since its contracts take other messages', () => {
    const kept = ['chainId', 'genesisHash', ...former];
    const old = Object.fromEntries(Object.entries(good).filter(([name]) => kept.includes(name)));
    expect(() => Deployment.parse(JSON.stringify(old))).toThrow(fails('CHAIN_OLD_DEPLOYMENT'));
    const { circles: _, ...before } = good as Record<string, unknown>;
    expect(() => Deployment.parse(JSON.stringify(before))).toThrow(fails('CHAIN_OLD_DEPLOYMENT'));
    const partly = { ...old, reviews: good.genesisHash.slice(0, 42) };
    expect(() => Deployment.parse(JSON.stringify(partly))).toThrow(fails('CHAIN_BAD_DEPLOYMENT'));
  });
});
