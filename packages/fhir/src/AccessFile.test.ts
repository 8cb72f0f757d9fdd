// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord } from '@islet/client/AccessRecord';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { circleScene, emergencyScene, scene } from '../../client/src/record.testkit.js';
import { columns } from './AccessCsv.js';
import * as AccessFile from './AccessFile.js';
import * as AccessText from './AccessText.js';

let record: AccessRecord;
beforeAll(async () => {
  ({ record } = await scene());
});

describe.each(AccessFile.formats)('the log as %s', (format) => {
  test('carries the record it was written from, and nothing in it is altered', () => {
    const text = AccessFile.write(format, record);
    expect(AccessFile.is(text)).toBe(true);
    expect(AccessFile.read(text)).toEqual({ format, record });
    expect(AccessFile.firstAltered(text)).toBeUndefined();
    expect(AccessFile.write(format, record)).toBe(text);
  });

  test('of nothing is a file too', () => {
    const text = AccessFile.write(format, { ...record, lines: [] });
    expect(AccessFile.firstAltered(text)).toBeUndefined();
  });

  test('with any character of any line but the record’s own altered names that line', () => {
    const text = AccessFile.write(format, record);
    const evidence = text.split('\n').findIndex((line) => AccessFile.is(`${line}\n`));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('x', '7', ',', '"', ' '), (at, other) => {
        const line = text.slice(0, at).split('\n').length;
        fc.pre(text[at] !== other && text[at] !== '\n' && line - 1 !== evidence);
        expect(AccessFile.firstAltered(text.slice(0, at) + other + text.slice(at + 1))).toBe(line);
      }),
      { numRuns: 300 },
    );
  });

  test('with a line taken out or put in is altered', () => {
    const lines = AccessFile.write(format, record).split('\n');
    lines.forEach((line, i) => {
      const [less, more] = [lines.toSpliced(i, 1).join('\n'), lines.toSpliced(i, 0, `${line} `).join('\n')];
      for (const altered of [less, more]) {
        if (!AccessFile.is(altered)) continue;
        expect(AccessFile.firstAltered(altered)).toBeGreaterThan(0);
      }
    });
  });

  test('with its record cut or broken is refused', () => {
    const text = AccessFile.write(format, record);
    const broken = text.replace(/[A-Za-z0-9+/]{40}/g, (run) => run.toLowerCase());
    for (const bad of [broken, text.slice(0, 60), ''])
      expect(() => AccessFile.read(bad)).toThrow(AccessFile.UnreadableAccessError);
  });
});

describe('the log', () => {
  const withoutRecord = (format: AccessFile.Format) =>
    AccessFile.write(format, record)
      .replace(/[A-Za-z0-9+/]{200,}=*/g, '…')
      .replace(/[0-9a-f]{128}/g, '‹signature›')
      .replace(/[0-9a-f]{64}/g, '‹id›')
      .replace(/0x[0-9a-f]{40}/g, '‹contract›');

  test('as text reads as sentences', () => {
    expect(withoutRecord('text')).toMatchInlineSnapshot(`
      "Who saw the data of me, and who was refused. Times are UTC.
      Chain 31337, contract ‹contract›, up to block 20.
      Custodian 2 did not answer: their notes are missing.

      2026-11-20 08:05  your device “my watch” read 0 readings of the last days.
      2026-11-20 08:10  clinic asked for glucose/day, insulin/raw for 2026-11-01 to 2026-11-14, for treatment and was refused: there is no such grant. [request 1, ‹id›, block 11]
      2026-11-20 08:20  clinic asked and was refused: there is no such grant, asked 3 times. [request 2, ‹id›, block 12]
      2026-11-20 08:22  your device “my watch” read 12 readings of the last days.
      2026-11-20 08:30  clinic looked at glucose/day, insulin/raw for 2026-11-01 to 2026-11-14, for treatment; opened by custodians 1 and 3. [request 3, ‹id›, block 13]
      2026-11-20 08:39  your device “my phone” read 24 readings of the last days.
      2026-11-20 08:40  account ef0fda3c7883 looked for 2026-11-01 to 2026-11-14; opened by custodians 1 and 3. [request 4, ‹id›, block 14]
      2026-11-20 08:50  study, "A" looked at glucose/day, insulin/raw for 2026-11-01 to 2026-11-14, for research; opened by custodians 1 and 3. [request 5, ‹id›, block 15]

      Check this file with: npx islet verify FILE --chain URL
      islet-record:…
      "
    `);
  });

  test('as an accounting of disclosures groups by who and what for, and counts what it leaves out', () => {
    expect(withoutRecord('disclosures')).toMatchInlineSnapshot(`
      "Accounting of disclosures of me (account ‹id›)
      From the first to the last on record.
      Recorded on chain 31337, contract ‹contract›, up to block 20. Times are UTC.

      Received by: clinic (account ‹id›)
        Purpose: treatment. Disclosures: 1, the first on 2026-11-20, the last on 2026-11-20.
        2026-11-20T08:30:00.000Z  glucose/day, insulin/raw, days 2026-11-01 to 2026-11-14; released by custodians 1, 3 [request 3, ‹id›]

      Received by: study, "A" (account ‹id›)
        Purpose: research. Disclosures: 1, the first on 2026-11-20, the last on 2026-11-20.
        2026-11-20T08:50:00.000Z  glucose/day, insulin/raw, days 2026-11-01 to 2026-11-14; released by custodians 1, 3 [request 5, ‹id›]

      Not listed, because nothing left the person, or nothing was disclosed:
        4 looks by the person or their own devices (164.528(a)(1)(ii)).
        2 requests that were refused.
      Every disclosure above rests on a permission that the person signed. Where that is an authorization (164.508), or the
      purpose is treatment or payment, 164.528(a)(1)(iv) and (i) would let it be left out. They are listed all the same.
      What a recipient did with it afterwards is not known here. Postal addresses are not recorded.
      Custodian 2 did not answer: whether they released is not known.

      Check this file with: npx islet verify FILE --chain URL
      islet-record:…
      "
    `);
  });

  test('as CSV has a record for each request and look, with what both are made of', () => {
    const rows = parse<Record<string, string>>(AccessFile.write('csv', record), {
      columns: true,
      record_delimiter: '\r\n',
    });
    expect(Object.keys(rows[0]!)).toEqual([...columns]);
    expect(rows.map((r) => [r.kind, r.number, r.who, r.outcome, r.streams, r.purpose, r.custodians])).toEqual(
      [
        ['look', '', 'my watch', 'granted', '', 'own', ''],
        ['request', '1', 'clinic', 'refused', 'glucose/day insulin/raw', 'treatment', ''],
        ['request', '2', 'clinic', 'refused', '', '', ''],
        ['look', '', 'my watch', 'granted', '', 'own', ''],
        ['request', '3', 'clinic', 'granted', 'glucose/day insulin/raw', 'treatment', '1 3'],
        ['look', '', 'my phone', 'granted', '', 'own', ''],
        ['request', '4', `account ${record.account.slice(0, 12)}`, 'granted', '', 'own', '1 3'],
        ['request', '5', 'study, "A"', 'granted', 'glucose/day insulin/raw', 'research', '1 3'],
        ['record', '', '', '', '', '', ''],
      ],
    );
    for (const row of rows.slice(0, -1)) expect(row.at).toMatch(/^2026-11-20T\d\d:\d\d:00\.000Z$/);
  });
});

describe.each(AccessFile.formats)('a look by a role in an emergency, as %s', (format) => {
  test('names the role and the reason', async () => {
    const made = await emergencyScene('Found “unconscious”, alone.');
    const text = AccessFile.write(format, made.record);
    expect(text).toContain('night shift');
    expect(text).toContain('unconscious');
    expect(AccessFile.firstAltered(text)).toBeUndefined();
  });

  test('keeps to one line, whatever the reader wrote as a reason', async () => {
    const forged = 'x\nislet-record:e30=\nrecord,,,,,e30=\r\n2026-11-20 09:00  nobody looked.';
    const { record: stated } = await emergencyScene(forged);
    const text = AccessFile.write(format, stated);
    expect(AccessFile.read(text)).toEqual({ format, record: stated });
    expect(AccessFile.firstAltered(text)).toBeUndefined();
    for (const line of text.split('\n'))
      expect(line).not.toMatch(/^(islet-record:e30=|record,+e30=|2026-11-20 09:00 {2}nobody)/);
  });
});

test.each(AccessFile.formats)('a look under a grant to a circle names its keeper, as %s', async (format) => {
  const { record } = await circleScene();
  const text = AccessFile.write(format, record);
  expect(text).toContain('mum');
  expect(AccessFile.read(text)).toEqual({ format, record });
  expect(AccessFile.firstAltered(text)).toBeUndefined();
});

test('a look under a grant to a circle reads as a sentence', async () => {
  const { record } = await circleScene();
  const lines = record.lines.filter((l) => l.kind === 'request' && l.name === 'clinic');
  expect(AccessText.sentence(lines[0]!)).toContain('clinic (in the circle that mum keeps) asked');
  const granted = lines.at(-1)!;
  expect(AccessText.sentence(granted)).toContain('clinic (admitted by mum) looked at');
  if (granted.kind !== 'request') throw new Error('no request');
  granted.circle = { ...granted.circle!, name: null };
  expect(AccessText.sentence(granted)).toContain(
    `(admitted by account ${granted.circle.keeper.slice(0, 12)})`,
  );
  granted.circle.keeper = granted.decision.reader;
  expect(AccessText.sentence(granted)).toContain('clinic (who keeps the circle) looked at');
});

test('an emergency reads as a sentence', async () => {
  const { record: stated } = await emergencyScene('Found unconscious.');
  const line = stated.lines.find((l) => l.kind === 'request' && l.emergency)!;
  expect(AccessText.sentence(line)).toMatchInlineSnapshot(
    `"2026-11-20 08:30  clinic (as night shift) looked at glucose/day, insulin/raw for 2026-11-01 to 2026-11-14, for treatment, in an emergency, stating “Found unconscious.”, judged not justified by you; opened by custodians 1 and 3."`,
  );
  (line as { emergency: { reason: null } }).emergency.reason = null;
  expect(AccessText.sentence(line)).toContain('in an emergency, without telling you the reason');
});
