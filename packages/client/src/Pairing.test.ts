// Copyright the Islet authors. AGPL-3.0-or-later.
import { toHex } from '@islet/core/crypto/bytes';
import * as Devices from '@islet/core/Devices';
import * as Stated from '@islet/core/wire/Stated';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as Account from './Account.js';
import type { Network } from './Network.js';
import * as Pairing from './Pairing.js';
import type { Person } from './Person.js';
import * as S from './scene.testkit.js';
import { type Service, serve } from './services.testkit.js';
import type * as Wallet from './Wallet.js';

let scene: S.Scene;
let gateway: Service;
let network: Network;
let wallet: Wallet.Wallet;
/** The document that the gateway was told last, and what it says it was. */
let told: Uint8Array | undefined;
let lie: (() => Uint8Array | null) | undefined;

const keep = async () => {};
const onPhone = (): Person => ({ wallet, notes: { role: 'patient' } });
const listed = (): Devices.Device[] => Devices.parseDevices(Stated.parseDocument(told!).bytes).devices;
const names = () => listed().map(({ name }) => name);

beforeAll(async () => {
  scene = await S.startScene();
  gateway = await serve(async ({ path, body }) => {
    if (path === '/v1/devices') {
      told = body;
      return '{}';
    }
    const says = lie ? lie() : (told ?? null);
    return JSON.stringify({ looks: [], devices: [], devicesStated: says && toHex(says) });
  });
  network = { ...scene.network, gateway: { name: 'gateway', url: gateway.url } };
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  [told, lie] = [undefined, undefined];
  wallet = await S.newPerson(scene, 'patient');
});

describe('an app that is paired', () => {
  test('goes on when another wallet of the person pairs another, with the same secret', async () => {
    const here = onPhone();
    const first = await Pairing.pair(network, here, keep, 'xDrip+', 'write');
    const before = listed()[0]!;
    const there = onPhone();
    await Pairing.pair(network, there, keep, 'Loop', 'both', ['glucose/raw']);
    expect(names().sort()).toEqual(['Loop', 'xDrip+']);
    expect(listed().find(({ id }) => id === first.id)).toEqual(before);
    expect(there.notes.devices?.map(({ name }) => name)).toEqual(['Loop']);
  });

  test('stays ended where another wallet ended it', async () => {
    const [here, there] = [onPhone(), onPhone()];
    const { id } = await Pairing.pair(network, here, keep, 'xDrip+', 'write');
    await Pairing.unpair(network, there, keep, id);
    expect(names()).toEqual([]);
    await Pairing.pair(network, here, keep, 'Loop', 'write');
    expect(names()).toEqual(['Loop']);
    expect(here.notes.devices?.map(({ name }) => name)).toEqual(['Loop']);
  });

  test('goes along to another gateway, whichever wallet paired it', async () => {
    const [here, there] = [onPhone(), onPhone()];
    await Pairing.pair(network, here, keep, 'xDrip+', 'write');
    await Pairing.pair(network, there, keep, 'Loop', 'write');
    let toldThere: Uint8Array | undefined;
    await using other = await serve(async ({ body }) => {
      toldThere = body;
      return '{}';
    });
    await Pairing.carry(network, { ...network, gateway: { name: 'other', url: other.url } }, there, keep);
    const carried = Devices.parseDevices(Stated.parseDocument(toldThere!).bytes).devices;
    expect(carried.map(({ name }) => name).sort()).toEqual(['Loop', 'xDrip+']);
  });

  test('ends, whichever wallet paired it, where one takes the place of all', async () => {
    const [here, there] = [onPhone(), onPhone()];
    await Pairing.pair(network, here, keep, 'xDrip+', 'write');
    await Pairing.pairOnly(network, there, keep, 'moving', 'write');
    expect(names()).toEqual(['moving']);
  });

  test('is told to a gateway that knows of none yet', async () => {
    const person = onPhone();
    await Pairing.pair(network, person, keep, 'xDrip+', 'write');
    told = undefined;
    await Pairing.pair(network, person, keep, 'Loop', 'write');
    expect(names()).toEqual(['xDrip+', 'Loop']);
  });
});

describe('a gateway that would have its own key signed', () => {
  /** What the wallet signs when its gateway says that. */
  async function signedAfter(says: () => Uint8Array): Promise<string[]> {
    const person = onPhone();
    await Pairing.pair(network, person, keep, 'xDrip+', 'write');
    lie = says;
    await Pairing.pair(network, person, keep, 'Loop', 'write');
    return names();
  }
  const list = async (account: Uint8Array) => {
    const device = await Devices.of({ id: 'theirs', name: 'theirs', may: 'both' }, 'secret');
    return Devices.encodeDevices({ account, devices: [device] });
  };

  test('adds it to the list in vain: the person did not sign it', async () => {
    const bytes = await list(wallet.account);
    const altered = () => Stated.encodeDocument({ ...Stated.parseDocument(told!), bytes });
    expect(await signedAfter(altered)).toEqual(['xDrip+', 'Loop']);
  });

  test('has somebody else sign it in vain', async () => {
    const other = await S.newPerson(scene, 'other');
    for (const account of [wallet.account, other.account]) {
      const bytes = await list(account);
      const theirs = Account.state(network, { ...other, account }, 'devices', bytes);
      expect(await signedAfter(() => theirs)).toEqual(['xDrip+', 'Loop']);
    }
  });

  test('shows another document of the person in its place in vain', async () => {
    const bytes = await list(wallet.account);
    const keys = Account.state(network, wallet, 'streamKeys', bytes);
    expect(await signedAfter(() => keys)).toEqual(['xDrip+', 'Loop']);
  });
});
