// Copyright the Islet authors. AGPL-3.0-or-later.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import * as Record from './Record.js';
import { random } from './scene.testkit.js';

const root = await mkdtemp(join(tmpdir(), 'islet-record-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let folders = 0;

const step = fc.oneof(
  fc.record({ what: fc.constant('note' as const), who: fc.nat(2), value: fc.uint8Array({ maxLength: 9 }) }),
  fc.record({ what: fc.constant('revoked' as const), who: fc.nat(2), grant: fc.nat(2) }),
  fc.record({ what: fc.constant('revision' as const), key: fc.constantFrom('a', 'b'), value: fc.nat(5) }),
);
const ids = [random(32), random(32), random(32)];

describe('a custodian’s record', () => {
  test('whatever it was told, it tells again after opening anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const folder = join(root, String(++folders));
        const record = await Record.open(folder);
        for (const one of steps) {
          if (one.what === 'note') await record.keepNote(ids[one.who]!, one.value);
          else if (one.what === 'revoked') await record.keepRevoked(ids[one.who]!, ids[one.grant]!);
          else await record.keepRevision(one.key, one.value);
        }
        const said = told(record);
        await record.close();
        const again = await Record.open(folder);
        expect(told(again)).toEqual(said);
        await again.close();
        expect(said.notes).toEqual(
          [0, 1, 2].map((who) => steps.flatMap((s) => (s.what === 'note' && s.who === who ? [s.value] : []))),
        );
        expect(said.revisions).toEqual(
          ['a', 'b'].map((key) =>
            Math.max(-1, ...steps.flatMap((s) => (s.what === 'revision' && s.key === key ? [s.value] : []))),
          ),
        );
      }),
      { numRuns: 25 },
    );
  });

  test('keeps a revocation for the patient who told it, and for no other', async () => {
    const record = await Record.open(join(root, String(++folders)));
    await record.keepRevoked(ids[0]!, ids[1]!);
    expect(record.isRevoked(ids[0]!, ids[1]!)).toBe(true);
    expect(record.isRevoked(ids[2]!, ids[1]!)).toBe(false);
    expect(record.isRevoked(ids[0]!, ids[2]!)).toBe(false);
    await record.close();
  });

  test('hands out its notes to read, not to change', async () => {
    const record = await Record.open(join(root, String(++folders)));
    await record.keepNote(ids[0]!, random(3));
    record.notes(ids[0]!).pop();
    expect(record.notes(ids[0]!)).toHaveLength(1);
    await record.close();
  });
});

const told = (record: Record.Record) => ({
  notes: ids.map((id) => record.notes(id)),
  revoked: ids.map((who) => ids.map((grant) => record.isRevoked(who, grant))),
  revisions: ['a', 'b'].map((key) => record.revision(key)),
});
