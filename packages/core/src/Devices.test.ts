// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { encode, type Item, MalformedError } from './codec.js';
import { drawn } from './core.testkit.js';
import * as Devices from './Devices.js';

const random = drawn('devices');
const account = random(32);

describe('a list of devices', () => {
  test('survives the way as bytes, with what each may and its zone', async () => {
    const devices = await Promise.all([
      Devices.of({ id: 'phone', name: 'xDrip', may: 'write', zone: 'Europe/Berlin' }, 'one'),
      Devices.of({ id: 'watch', name: '', may: 'read' }, 'two'),
      Devices.of({ id: 'school', name: 'nurse', may: 'read', streams: ['glucose/raw'] }, 'three'),
      Devices.of({ id: 'loop', name: 'Loop', may: 'both' }, 'four'),
    ]);
    expect(Devices.parseDevices(Devices.encodeDevices({ account, devices }))).toEqual({ account, devices });
    const most = await Promise.all(
      Array.from({ length: Devices.maxDevices }, (_, i) =>
        Devices.of({ id: `${i}`, name: '', may: 'write' }, `secret ${i}`),
      ),
    );
    const bytes = Devices.encodeDevices({ account, devices: most });
    expect(Devices.parseDevices(bytes).devices).toHaveLength(Devices.maxDevices);
    const beyond = [...most, await Devices.of({ id: 'more', name: '', may: 'read' }, 'more')];
    expect(() => Devices.parseDevices(Devices.encodeDevices({ account, devices: beyond }))).toThrow(
      MalformedError,
    );
  });

  test('one may write or read what it was given, and both only where that was chosen', () => {
    const may = (power: Devices.Power, streams?: Devices.Device['streams']) => {
      const device = streams ? { may: power, streams } : { may: power };
      return [
        Devices.mayWrite(device),
        Devices.mayRead(device),
        Devices.mayFollow(device, 'glucose/raw'),
        Devices.mayFollow(device, 'insulin/raw'),
      ];
    };
    expect(may('write')).toEqual([true, false, false, false]);
    expect(may('write', ['glucose/raw'])).toEqual([true, false, false, false]);
    expect(may('read')).toEqual([false, true, true, true]);
    expect(may('read', ['glucose/raw'])).toEqual([false, true, true, false]);
    expect(may('both', [])).toEqual([true, true, false, false]);
    expect(may('both')).toEqual([true, true, true, true]);
  });

  test('names no device, and no secret, twice, and no power that there is not', () => {
    const [a, b, c, d] = [random(32), random(32), random(32), random(32)];
    const parsing = (list: Item) => () => Devices.parseDevices(encode('islet/devices', 1, [account, list]));
    const row = (id: string, secret: Uint8Array, sha1: Uint8Array, may = 0): Item => [
      id,
      '',
      may,
      secret,
      sha1,
      null,
      null,
    ];
    expect(parsing([row('x', a, b), row('y', c, d)])).not.toThrow();
    for (const list of [
      [row('x', a, b), row('x', c, d)],
      [row('x', a, b), row('y', a, d)],
      [row('x', a, b), row('y', c, b)],
      [row('x', a, b), row('y', c, a)],
      [row('x', a, a)],
      [row('x', a, b, 3)],
      [row('x'.repeat(65), a, b)],
      [row('x', a.slice(1), b)],
    ])
      expect(parsing(list)).toThrow(MalformedError);
  });
});
