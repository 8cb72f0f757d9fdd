// Copyright the Islet authors. AGPL-3.0-or-later.
import * as fc from 'fast-check';
import qrcode from 'qrcode-generator';
import { expect, test } from 'vitest';
import * as Apps from './Apps.js';
import * as Qr from './Qr.js';

test('every module of the code stands in the terminal where it belongs, within four light ones', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 200 }), (text) => {
      const code = qrcode(0, 'M');
      code.addData(text);
      code.make();
      const size = code.getModuleCount();
      const lines = Qr.draw(text)
        .split('\n')
        .map((line) => [...line.slice('\x1b[30;107m'.length, -'\x1b[0m'.length)]);
      const isDark = (y: number, x: number) => {
        const sign = lines[(y + 4) >> 1]![x + 4]!;
        return sign === '█' || sign === ((y + 4) % 2 === 0 ? '▀' : '▄');
      };
      for (const line of lines) expect(line.length).toBe(size + 8);
      expect(lines.length).toBe(Math.ceil((size + 8) / 2));
      for (let y = -4; y < size + 4; y++)
        for (let x = -4; x < size + 4; x++) {
          const inside = x >= 0 && y >= 0 && x < size && y < size;
          expect(isDark(y, x)).toBe(inside && code.isDark(y, x));
        }
    }),
    { numRuns: 20 },
  );
});

test('what Android uploaders scan names the address with its key, and the path that xDrip+ wants', () => {
  expect(JSON.parse(Apps.scanOf('http://192.168.1.7:12345', 'k3y'))).toEqual({
    rest: { endpoint: ['http://k3y@192.168.1.7:12345/api/v1/'] },
  });
});

test.each(Object.entries(Apps.apps))('%s is told the address and the key', (_, app) => {
  const said = app.enter('https://example.org', 'k3y').join('\n');
  expect(said).toContain('example.org');
  expect(said).toContain('k3y');
});
