// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import * as Abi from './Abi.js';
import { anchorsAbi } from './abi/Anchors.js';
import { bytecode } from './abi/bytecode.js';
import { consentAbi } from './abi/Consent.js';
import { directoryAbi } from './abi/Directory.js';
import { identityAbi } from './abi/Identity.js';
import { membersAbi } from './abi/Members.js';
import { CHAIN_ID, devKey } from './anvil.testkit.js';
import * as Contract from './Contract.js';
import * as Deployment from './Deployment.js';
import * as Follower from './Follower.js';
import { validators } from './node.testkit.js';
import { connect } from './Rpc.js';
import * as Sender from './Sender.js';
import { devAddress, start } from './scene.testkit.js';

const filled = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
const fails = (code: string) => expect.objectContaining({ code });

test('Islet’s contracts are deployed, know each other, speak to a follower, and refuse with their own codes', async () => {
  await using scene = await start();
  await scene.anvil.ask('evm_setAutomine', true);
  const abis = [membersAbi, identityAbi, anchorsAbi, consentAbi, directoryAbi];
  const rpc = connect(scene.node.url, { abis });
  const sender = Sender.open({ rpc, chainId: CHAIN_ID, key: devKey, now: Date.now });

  const org = filled(1);
  const members = await Deployment.deploy(sender, membersAbi, bytecode.Members, {
    founders: [{ org, admin: sender.address }],
    relays: [{ org, relay: sender.address }],
    custodians: [{ org, signingKey: filled(2) }],
    threshold_: 1n,
    delay_: 60n,
  });
  const identity = await Deployment.deploy(sender, identityAbi, bytecode.Identity, {
    members_: members,
    budget_: 100n,
  });
  const anchors = await Deployment.deploy(sender, anchorsAbi, bytecode.Anchors, { members_: members });
  const consent = await Deployment.deploy(sender, consentAbi, bytecode.Consent, {
    members_: members,
    identity_: identity,
    budget_: 100n,
  });
  const directory = await Deployment.deploy(sender, directoryAbi, bytecode.Directory, {
    members_: members,
    identity_: identity,
    anchors_: anchors,
    consent_: consent,
  });
  const genesisHash = await Deployment.genesisHash(rpc);
  const made = { chainId: CHAIN_ID, genesisHash, directory, members, identity, anchors, consent };
  const deployment = Deployment.parse(Deployment.format(made));
  expect(deployment).toEqual(made);
  await Deployment.requireSameChain(rpc, deployment);
  expect(await Contract.read(rpc, directory, directoryAbi, 'consent', {})).toBe(consent);

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
  const good = {
    chainId: 1,
    genesisHash: `0x${'AB'.repeat(32)}`,
    ...Object.fromEntries(
      ['directory', 'members', 'identity', 'anchors', 'consent'].map((n, i) => [
        n,
        `0x${`0${i}`.repeat(20)}`,
      ]),
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
});
