// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import * as Import from './Import.js';

const options = { zone: 'UTC', now: Date.UTC(2026, 10, 23) };
const read = (text: string) => Import.read(new TextEncoder().encode(text), options);

test.each([
  'Eversense E3 report,,\nWhen,Sugar (mg/dL),Source\n2026-01-02 03:04,secret,x\n',
  '{"vendor":"Senseonics","values":["secret"]}',
])(
  'a file that names Eversense is said to be unsupported, with what it looks like and what to do',
  (text) => {
    const run = () => read(text);
    expect(run).toThrow(expect.objectContaining({ code: 'INGEST_UNSUPPORTED' }));
    expect(run).toThrow(/^This names Eversense, and is a (table|JSON object) .*Apple Health/s);
    expect(run).not.toThrow('secret');
  },
);

test('a known format whose sensor is an Eversense is read', () => {
  const entries = JSON.stringify([{ type: 'sgv', sgv: 120, date: 1_767_323_045_000, device: 'Eversense' }]);
  expect(read(entries)).toMatchObject({ format: 'nightscout', summary: { produced: 1 } });
});
