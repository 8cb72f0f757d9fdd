// Copyright the Islet authors. AGPL-3.0-or-later.

import * as Founding from '@islet/chain/Founding';
import { connect } from '@islet/chain/Rpc';
import * as Sender from '@islet/chain/Sender';
import * as View from '@islet/chain/View';
import { toHex } from '@islet/core/crypto/bytes';
import * as Secp256k1 from '@islet/core/crypto/secp256k1';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Governing from './Governing.js';
import type { Network } from './Network.js';
import * as Roles from './Roles.js';
import * as S from './scene.testkit.js';
import * as W from './writer.testkit.js';

const delaySeconds = 3_600;
const keys = [1, 2, 3].map((n) => new Uint8Array(32).fill(60 + n));
const idOf = (nth: number): string => toHex(S.organisation(nth));
let scene: S.Scene;
let network: Network;
let [first, second, third, stranger]: Roles.Admin[] = [];

beforeAll(async () => {
  scene = await S.startScene({ admins: keys.slice(0, 2), delaySeconds });
  ({ network } = scene);
  first = scene.admin;
  [second, third, stranger] = keys.map((key) => {
    const rpc = connect(scene.rpcUrl, { abis: Founding.abis });
    return { key, sender: Sender.open({ rpc, chainId: 31_337, key, now: network.now }) };
  });
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const word = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(toHex);
const small = fc.integer({ min: 0, max: 255 });
const change: fc.Arbitrary<Governing.Change> = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), org: word, admin: address }),
  fc.record({ kind: fc.constant('suspend' as const), org: word, reason: word }),
  fc.record({ kind: fc.constant('resume' as const), org: word }),
  fc.record({ kind: fc.constant('relay' as const), relay: address, org: word }),
  fc.record({ kind: fc.constant('no-relay' as const), relay: address }),
  fc.record({
    ...{ kind: fc.constant('custodian' as const), index: small, org: word, signingKey: word },
    account: address,
  }),
  fc.record({ kind: fc.constant('threshold' as const), threshold: small }),
);

describe('a change', () => {
  test('reads off its call as what it was made of', () => {
    fc.assert(
      fc.property(change, (one) => {
        expect(Governing.changeOf(Governing.callOf(one))).toEqual(one);
      }),
    );
  });

  test('is none where the call is longer, shorter or another', () => {
    const call = Governing.callOf({ kind: 'resume', org: idOf(1) });
    for (const other of [`${call}00`, call.slice(0, -2), `0xdeadbeef${call.slice(10)}`, '0x'])
      expect(Governing.changeOf(other as `0x${string}`)).toBeUndefined();
  });
});

/** Votes it through and waits until the delay is over. */
async function decide(wanted: Governing.Change): Promise<void> {
  const id = await Governing.propose(network, first!, wanted);
  await Governing.approve(network, second!, id);
  // More than half of four are three.
  if (network.chain.state.proposals.get(id)!.quorumAt === null) await Governing.approve(network, third!, id);
  scene.clock.ahead += delaySeconds * 1000 + 1000;
  await Governing.execute(network, first!, id);
}

describe('members', () => {
  test('suspend one of them by a majority, after the delay, for reasons that are on record', async () => {
    const reader = await S.newPerson(scene, 'reader');
    const role = await Roles.create(network, third!);
    await Roles.appoint(network, third!, role, reader.account);
    expect(View.standingOf(network.chain.state, reader.account)).toBe('good');
    const reason = toHex(Governing.reasonOf({ salt: W.random(32), text: 'looked without cause, 3 times' }));

    const id = await Governing.propose(network, first!, { kind: 'suspend', org: idOf(2), reason });
    expect(Governing.proposals(network.chain.state).at(-1)).toMatchObject({ id, state: 'voting' });
    expect(await S.codeOf(Governing.execute(network, first!, id))).toBe('MEMBERS_NO_QUORUM');
    await Governing.approve(network, second!, id);
    const listed = Governing.proposals(network.chain.state).at(-1)!;
    expect(listed).toMatchObject({ state: 'waiting', change: { kind: 'suspend', reason } });
    expect([...listed.approvedBy].sort()).toEqual([idOf(0), idOf(1)].sort());
    expect(await S.codeOf(Governing.execute(network, first!, id))).toBe('MEMBERS_TOO_EARLY');

    // Nothing happens on the chain meanwhile.
    scene.clock.ahead += delaySeconds * 1000 + 1000;
    await Governing.execute(network, second!, id);
    expect(Governing.proposals(network.chain.state).at(-1)!.state).toBe('executed');
    expect(View.standingOf(network.chain.state, reader.account)).toBe('ended');
    expect(View.holdsRole(network.chain.state, role.role, reader.account)).toBe(false);
    expect(await S.codeOf(Governing.approve(network, third!, id))).toBe('ROLE_NOT_AN_ADMIN');
    expect(await S.codeOf(Governing.execute(network, first!, id))).toBe('MEMBERS_ALREADY_EXECUTED');

    await decide({ kind: 'resume', org: idOf(2) });
    expect(View.standingOf(network.chain.state, reader.account)).toBe('good');
  });

  test('let a majority counted among others be counted again, with the delay anew', async () => {
    const id = await Governing.propose(network, first!, { kind: 'threshold', threshold: 3 });
    await Governing.approve(network, second!, id);
    await decide({ kind: 'suspend', org: idOf(2), reason: idOf(7) });
    expect(await S.codeOf(Governing.execute(network, first!, id))).toBe('MEMBERS_QUORUM_STALE');
    await Governing.recount(network, first!, id);
    expect(await S.codeOf(Governing.execute(network, first!, id))).toBe('MEMBERS_TOO_EARLY');
    scene.clock.ahead += delaySeconds * 1000 + 1000;
    await Governing.execute(network, first!, id);
    expect(network.chain.state.threshold).toBe(3);
    await decide({ kind: 'threshold', threshold: 2 });
    await decide({ kind: 'resume', org: idOf(2) });
  });

  test('add one, change relays and replace a custodian, which begins a new set', async () => {
    const { state } = network.chain;
    const version = state.custodianSetVersion;
    const admin = toHex(Secp256k1.addressOf(keys[2]!));
    await decide({ kind: 'add', org: idOf(9), admin });
    expect(state.organisations.get(idOf(9))).toEqual({ admin, active: true });
    await decide({ kind: 'relay', relay: admin, org: idOf(9) });
    expect(state.relays.get(admin)).toBe(idOf(9));
    await decide({ kind: 'no-relay', relay: admin });
    expect(state.relays.has(admin)).toBe(false);
    const fresh = { org: idOf(9), signingKey: toHex(W.random(32)), account: toHex(W.random(20)) };
    await decide({ kind: 'custodian', index: 2, ...fresh });
    expect(state.custodians.get(2)).toEqual(fresh);
    expect(state.custodianSetVersion).toBe(version + 1);
  });

  test('are only those who are: others propose nothing, and nobody votes twice or for what is not there', async () => {
    const outsider = {
      ...stranger!,
      sender: { ...stranger!.sender, address: `0x${'ab'.repeat(20)}` as const },
    };
    const wanted: Governing.Change = { kind: 'threshold', threshold: 1 };
    expect(await S.codeOf(Governing.propose(network, outsider, wanted))).toBe('ROLE_NOT_AN_ADMIN');
    const id = await Governing.propose(network, first!, wanted);
    expect(await S.codeOf(Governing.approve(network, first!, id))).toBe('MEMBERS_ALREADY_APPROVED');
    expect(await S.codeOf(Governing.approve(network, first!, 99))).toBe('MEMBERS_NO_SUCH_PROPOSAL');
  });
});
