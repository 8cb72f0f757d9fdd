// Copyright the Islet authors. AGPL-3.0-or-later.
import { base64 } from '@islet/core/base64';
import { utf8 } from '@islet/core/crypto/bytes';
import * as AccessFile from '@islet/fhir/AccessFile';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Scene, scene } from '../../client/src/record.testkit.js';
import * as AccessVerify from './AccessVerify.js';

let s: Scene;
beforeAll(async () => {
  s = await scene();
});

const check = (text: string, known?: Scene['record']['chain']['deployment']) =>
  AccessVerify.byAddress(text, undefined, known, Date.now);
const codeOf = (text: string, known?: Scene['record']['chain']['deployment']) =>
  check(text, known).then(
    () => 'holds',
    (error) => error.code ?? String(error),
  );
/** A file that says whatever a forger likes. */
const forged = (record: unknown): string =>
  `islet-record:${base64(utf8(JSON.stringify({ format: 'text', record })))}\n`;

describe('an export of who saw what', () => {
  test.each(AccessFile.formats)('as %s is checked by its signatures alone, and says so', async (format) => {
    const verified = await check(AccessFile.write(format, s.record), s.record.chain.deployment);
    expect(verified).toMatchObject({ format, requests: 5, looks: 3, notes: 6, chainHead: null });
    expect(AccessVerify.text(verified)).toContain('give --chain');
  });

  test('of other contracts than the checker knows is refused', async () => {
    const other = { ...s.record.chain.deployment, consent: `0x${'99'.repeat(20)}` as const };
    expect(await codeOf(AccessFile.write('csv', s.record), other)).toBe('CLI_OTHER_CHAIN');
  });

  test('of any other shape is refused as unreadable, never with a fault of ours', async () => {
    const { record } = s;
    const shapes: unknown[] = [
      null,
      {},
      { ...record, lines: undefined },
      { ...record, lines: [{ kind: 'request' }] },
      { ...record, lines: [{ kind: 'look', look: null }] },
      { ...record, lines: [null] },
      { ...record, filters: null },
      { ...record, chain: { ...record.chain, deployment: null } },
      { ...record, custodians: 7 },
    ];
    for (const shape of shapes) {
      const codes = [await codeOf(forged(shape))];
      try {
        codes.push(await codeOf(AccessFile.write('text', shape as Scene['record'])));
      } catch {
        // Such a record cannot even be written.
      }
      for (const code of codes)
        expect(
          ['ACCESS_UNREADABLE', 'ACCESS_TAMPERED', 'CHAIN_BAD_DEPLOYMENT'],
          JSON.stringify(shape),
        ).toContain(code);
    }
  });
});
