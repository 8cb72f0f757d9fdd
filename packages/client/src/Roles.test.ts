// Copyright the Islet authors. AGPL-3.0-or-later.
// A role on a real chain: who holds it opens what is granted to it, in their own name.
import { toHex } from '@islet/core/crypto/bytes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as Granting from './Granting.js';
import * as Held from './Held.js';
import { accesses } from './Log.js';
import type { Network } from './Network.js';
import * as Roles from './Roles.js';
import * as S from './scene.testkit.js';
import type { Wallet } from './Wallet.js';
import * as W from './writer.testkit.js';

const wanted: Access.Wanted = { streams: ['glucose/raw'], firstDay: W.day, lastDay: W.day + 6 };
let scene: S.Scene;
let network: Network;
let patient: S.Patient;
let [ada, bob]: Wallet[] = [];
let role: Roles.Role;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPatient(scene, 'patient');
  [ada, bob] = [await S.newPerson(scene, 'ada'), await S.newPerson(scene, 'bob')];
  role = await Roles.create(network, scene.admin);
  await Roles.appoint(network, scene.admin, role, ada.account);
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const grant = () =>
  Granting.grant(network, patient.wallet, {
    reader: role.role,
    ...wanted,
    notBefore: network.now() - 60_000,
    expiresAt: network.now() + 3_600_000,
    purpose: 'treatment',
    maxUses: 0,
  });
const heldBy = async (who: Wallet) =>
  (await Held.from(network, who, patient.wallet.account)).map((h) => toHex(h.grantId));
const look = async (who: Wallet, held: Held.Held) => S.codeOf(Access.granted(network, who, held, wanted));

describe('a grant to a role', () => {
  test('opens for who holds the role, and the log names the person and the role', async () => {
    const { grantId } = await grant();
    const [held] = await Held.from(network, ada!, patient.wallet.account);
    expect(toHex(held!.grantId)).toBe(toHex(grantId));
    const opened = await Access.granted(network, ada!, held!, wanted);
    expect(opened.segments.length).toBeGreaterThan(0);
    const { accesses: log } = await accesses(network, patient.wallet);
    expect(log.at(-1)).toMatchObject({ reader: toHex(ada!.account), role: toHex(role.role), reason: 0 });
  });

  test('holds no key for who does not hold the role, and refuses them on record', async () => {
    expect(await heldBy(bob!)).toEqual([]);
    const [held] = await Held.from(network, ada!, patient.wallet.account);
    expect(await look(bob!, held!)).toBe('DENIED_NOT_IN_ROLE');
  });

  test('opens for who is appointed later, also what was granted before', async () => {
    await Roles.appoint(network, scene.admin, role, bob!.account);
    expect(Roles.holders(network, role.role).sort()).toEqual(
      [ada!, bob!].map((w) => toHex(w.account)).sort(),
    );
    const [held] = await Held.from(network, bob!, patient.wallet.account);
    expect(await look(bob!, held!)).toBe('ALLOWED');
  });

  test('ends at once for who is dismissed, whose old key opens no later grant', async () => {
    const [held] = await Held.from(network, ada!, patient.wallet.account);
    const old = await heldBy(ada!);
    role = await Roles.dismiss(network, scene.admin, role, ada!.account);
    expect(await look(ada!, held!)).toBe('DENIED_NOT_IN_ROLE');
    const { grantId } = await grant();
    // What she had she has: custodians, not keys, stand before those days now.
    expect(await heldBy(ada!)).toEqual(old);
    const [newest] = await Held.from(network, bob!, patient.wallet.account);
    expect(toHex(newest!.grantId)).toBe(toHex(grantId));
    expect(await look(bob!, newest!)).toBe('ALLOWED');
  });

  test('goes on for who comes back', async () => {
    await Roles.appoint(network, scene.admin, role, ada!.account);
    expect(await heldBy(ada!)).toEqual(await heldBy(bob!));
    const [newest] = await Held.from(network, ada!, patient.wallet.account);
    expect(await look(ada!, newest!)).toBe('ALLOWED');
  });

  test('is not made where a hub serves another key than the role’s', async () => {
    const { keyHash } = network.chain.state.roles.get(toHex(role.role))!;
    const honest = scene.hub.keys.get(keyHash)!;
    scene.hub.keys.set(keyHash, W.random(1216));
    expect(await S.codeOf(grant())).toBe('GRANT_UNKNOWN_READER');
    scene.hub.keys.set(keyHash, honest);
  });

  test('loses nothing to papers that a hub spoilt', async () => {
    for (const papers of scene.hub.papers.values()) papers.unshift(W.random(50));
    expect((await heldBy(bob!)).length).toBe(2);
  });
});

test('only an organisation’s admin makes roles', async () => {
  const sender = { ...scene.admin.sender, address: '0x00000000000000000000000000000000000000aa' as const };
  expect(await S.codeOf(Roles.create(network, { ...scene.admin, sender }))).toBe('ROLE_NOT_AN_ADMIN');
});
