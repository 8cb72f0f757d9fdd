// Copyright the Islet authors. AGPL-3.0-or-later.
import { stat } from 'node:fs/promises';
import * as Header from '@islet/chain/Header';
import { expect, test } from 'vitest';
import { journalPath } from './Ledger.js';
import { ask, deploy, scene, write } from './scene.testkit.js';

test('a record leaves out what follows from it, and what is put back is what the block’s hash covers', async () => {
  await using place = await scene();
  await using ledger = await place.open();
  await ledger.submit(deploy().raw);
  const { size } = await stat(journalPath(place.folder));
  for (let n = 1; n <= 20; n++) await ledger.submit(write(0, n, n).raw);
  await Promise.all([0, 1, 2].flatMap((n) => [1, 2].map((i) => ledger.submit(write(i, n, n + i).raw))));
  const { journal } = ledger;
  // In JSON a block of one transaction takes some 2,200 bytes.
  expect(((await stat(journalPath(place.folder))).size - size) / journal.number).toBeLessThan(550);
  for (let n = 1; n <= journal.number; n++) {
    const told = await ask(ledger, 'eth_getBlockByNumber', `0x${n.toString(16)}`, false);
    expect(Header.verify(Header.schema.parse(told))).toMatchObject({ number: n });
  }
});
