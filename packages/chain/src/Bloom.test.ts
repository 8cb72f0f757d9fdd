// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import * as Bloom from './Bloom.js';
import * as Header from './Header.js';
import * as ReceiptsRoot from './ReceiptsRoot.js';
import { bare, note, start } from './scene.testkit.js';
import type { Hex } from './Wire.js';

test('a bloom that a real executor made contains every address and topic logged, and rarely another', async () => {
  await using scene = await start();
  await scene.mine(note(5), bare());
  const { logsBloom } = Header.schema.parse(await scene.anvil.ask('eth_getBlockByNumber', '0x2', false));
  const receipts = z.array(ReceiptsRoot.schema).parse(await scene.anvil.ask('eth_getBlockReceipts', '0x2'));
  const logged = receipts.flatMap((r) => r.logs).flatMap((l) => [l.address, ...l.topics]);
  expect(logged.length).toBe(5 * 4 + 2);
  for (const item of logged) expect(Bloom.mayContain(logsBloom, item)).toBe(true);
  const others = Array.from({ length: 500 }, (_, i): Hex => `0x${i.toString(16).padStart(40, 'a')}`);
  expect(others.filter((item) => Bloom.mayContain(logsBloom, item)).length).toBeLessThan(5);
});

test('an empty bloom contains nothing, a full one everything', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 32 }), (item) => {
      const hex: Hex = `0x${Buffer.from(item).toString('hex')}`;
      expect(Bloom.mayContain(`0x${'00'.repeat(256)}`, hex)).toBe(false);
      expect(Bloom.mayContain(`0x${'ff'.repeat(256)}`, hex)).toBe(true);
    }),
  );
});
