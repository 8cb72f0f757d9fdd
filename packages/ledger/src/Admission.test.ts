// Copyright the Islet authors. AGPL-3.0-or-later.
import { to0x } from '@islet/core/crypto/bytes';
import fc from 'fast-check';
import { Transaction } from 'micro-eth-signer';
import { describe, expect, test } from 'vitest';
import * as Admission from './Admission.js';
import { CHAIN_ID, senderKey, senderOf } from './scene.testkit.js';

type Fields = Parameters<typeof Transaction.prepare>[0];
const basic = {
  type: 'eip1559',
  chainId: BigInt(CHAIN_ID),
  nonce: 3n,
  maxFeePerGas: 0n,
  maxPriorityFeePerGas: 0n,
  gasLimit: 100_000n,
  to: `0x${'11'.repeat(20)}`,
  value: 0n,
  data: '0x1234',
  accessList: [],
};

const signed = (change: object, type = 'eip1559'): string =>
  Transaction.prepare({ ...basic, ...change, type } as Fields, false)
    .signBy(senderKey(1), false)
    .toHex();

const codeOf = (raw: string): string => {
  try {
    Admission.decode(raw, CHAIN_ID);
    return 'admitted';
  } catch (error) {
    return error instanceof Admission.TxRefusedError ? error.code : `unexpected ${error}`;
  }
};

const legacy = (chainId: bigint | undefined): string => {
  const { maxFeePerGas: _, maxPriorityFeePerGas: __, accessList: ___, chainId: ____, ...rest } = basic;
  return Transaction.prepare({ ...rest, gasPrice: 0n, chainId, type: 'legacy' } as Fields, false)
    .signBy(senderKey(1), false)
    .toHex();
};

test('a proper transaction is admitted with its hash, sender and nonce', () => {
  const raw = signed({});
  expect(Admission.decode(raw, CHAIN_ID)).toMatchObject({
    raw,
    hash: `0x${Transaction.fromHex(raw).hash.replace('0x', '')}`,
    from: senderOf(1),
    nonce: 3,
    gas: 100_000,
  });
  expect(codeOf(legacy(BigInt(CHAIN_ID)))).toBe('admitted');
});

describe('refused before anything is written', () => {
  test.each([
    ['another chain', signed({ chainId: 1n }), 'LEDGER_TX_CHAIN'],
    ['another chain, legacy', legacy(1n), 'LEDGER_TX_CHAIN'],
    ['a fee', signed({ maxFeePerGas: 1n }), 'LEDGER_TX_COIN'],
    ['coin', signed({ value: 1n }), 'LEDGER_TX_COIN'],
    ['too much gas', signed({ gasLimit: 16_777_217n }), 'LEDGER_TX_GAS'],
    ['too little gas', signed({ gasLimit: 21_031n }), 'LEDGER_TX_GAS'],
    ['too large', signed({ data: `0x${'00'.repeat(131_072)}`, gasLimit: 16_000_000n }), 'LEDGER_TX_SIZE'],
    ['too long a deployment', signed({ to: '0x', data: `0x${'00'.repeat(49_153)}` }), 'LEDGER_TX_SIZE'],
    ['no hexadecimal', '0xzz', 'LEDGER_TX_FORM'],
    ['no transaction', '0x02c0', 'LEDGER_TX_FORM'],
    ['nothing', '0x', 'LEDGER_TX_FORM'],
    ['something behind it', `${signed({})}00`, 'LEDGER_TX_FORM'],
  ])('%s', (_, raw, code) => expect(codeOf(raw)).toBe(code));

  test('the text says what to do, and nothing of the content', () => {
    expect(() => Admission.decode(signed({ chainId: 1n }), CHAIN_ID)).toThrowErrorMatchingInlineSnapshot(
      `[LedgerTxRefusedError: The transaction was refused: is for chain 1, this is chain 31337.]`,
    );
    expect(() => Admission.checkNonce(2, 3)).toThrowErrorMatchingInlineSnapshot(
      `[LedgerTxRefusedError: The transaction was refused: nonce too low: it is 2, the next is 3.]`,
    );
    expect(() => Admission.checkNonce(4, 3)).toThrowErrorMatchingInlineSnapshot(
      `[LedgerTxRefusedError: The transaction was refused: nonce too high: it is 4, the next is 3.]`,
    );
  });
});

test('exactly enough gas for its data is enough', () => {
  // 21000 and ten for each token (EIP-7623): two bytes that are not zero.
  expect(codeOf(signed({ gasLimit: 21_080n }))).toBe('admitted');
  expect(codeOf(signed({ gasLimit: 21_079n }))).toBe('LEDGER_TX_GAS');
});

test('whatever the bytes, they are admitted or refused with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => /^LEDGER_TX_/.test(codeOf(to0x(bytes)))),
  );
});

test('a transaction with one byte changed is never admitted as that sender', () => {
  const raw = signed({});
  fc.assert(
    fc.property(fc.nat(raw.length / 2 - 2), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = Buffer.from(raw.slice(2), 'hex');
      bytes[at]! ^= flip;
      try {
        return Admission.decode(to0x(bytes), CHAIN_ID).from !== senderOf(1);
      } catch (error) {
        return error instanceof Admission.TxRefusedError;
      }
    }),
  );
});
