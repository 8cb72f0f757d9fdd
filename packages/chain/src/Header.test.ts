// Copyright the Islet authors. AGPL-3.0-or-later.
import { describe, expect, test } from 'vitest';
import { start } from './anvil.testkit.js';
import * as Header from './Header.js';

describe('the hash of a header is computed as the executor does', () => {
  test.each(['shanghai', 'cancun', 'prague', 'osaka'])('%s', async (fork) => {
    await using anvil = await start(fork);
    await anvil.ask('evm_mine');
    for (const number of ['0x0', '0x1']) {
      const block = Header.schema.parse(await anvil.ask('eth_getBlockByNumber', number, false));
      expect(Header.verify(block)).toMatchObject({ number: Number(number), hash: block.hash });
    }
  });
});

test('a field told under the name of a later one is refused, though the hash is the same', async () => {
  await using anvil = await start('shanghai');
  const told = Header.schema.parse(await anvil.ask('eth_getBlockByNumber', '0x0', false));
  const { withdrawalsRoot, blobGasUsed, excessBlobGas, ...rest } = told;
  // The same values in the same order, so the same RLP.
  expect([blobGasUsed, excessBlobGas, told.parentBeaconBlockRoot]).toEqual([0n, 0n, undefined]);
  const later = {
    blobGasUsed: BigInt(withdrawalsRoot!),
    excessBlobGas: 0n,
    parentBeaconBlockRoot: '0x' as const,
  };
  const block = { ...rest, ...later };
  expect(() => Header.verify(block)).toThrow(expect.objectContaining({ code: 'CHAIN_HEADER_FORGED' }));
});

test('the hash of the public network’s first block, of the oldest form, is the published one', () => {
  const zeros = (bytes: number) => `0x${'00'.repeat(bytes)}`;
  const nothing = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
  const block = {
    hash: '0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
    parentHash: zeros(32),
    sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
    miner: zeros(20),
    stateRoot: '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544',
    transactionsRoot: nothing,
    receiptsRoot: nothing,
    logsBloom: zeros(256),
    difficulty: '0x400000000',
    number: '0x0',
    gasLimit: '0x1388',
    gasUsed: '0x0',
    timestamp: '0x0',
    extraData: '0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa',
    mixHash: zeros(32),
    nonce: '0x0000000000000042',
  };
  expect(Header.verify(Header.schema.parse(block)).number).toBe(0);
});

describe('a header with any field forged is refused', async () => {
  const anvil = await start();
  await anvil.ask('evm_mine');
  const real = (await anvil.ask('eth_getBlockByNumber', '0x1', false)) as Record<string, string>;
  await anvil.close();

  test.each(Object.keys(Header.schema.shape))('%s', (field) => {
    const told = real[field]!;
    const quantity = Header.schema.parse(real)[field as 'hash'] as unknown;
    const forged = typeof quantity === 'string' ? flip(told) : `0x${(Number(told) + 1).toString(16)}`;
    const block = Header.schema.parse({ ...real, [field]: forged });
    expect(() => Header.verify(block)).toThrow(expect.objectContaining({ code: 'CHAIN_HEADER_FORGED' }));
  });

  const optional = Object.entries(Header.schema.shape).filter(([, s]) => s.safeParse(undefined).success);
  test.each(optional.map(([name]) => name))('%s left out', (field) => {
    const { [field]: _, ...rest } = real;
    expect(() => Header.verify(Header.schema.parse(rest))).toThrow(
      expect.objectContaining({ code: 'CHAIN_HEADER_FORGED' }),
    );
  });
});

/** The last hex digit changed; a digit pair added where there is none. */
const flip = (hex: string) => (hex === '0x' ? '0x00' : hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0'));
