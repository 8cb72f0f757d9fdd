// Copyright the Islet authors. AGPL-3.0-or-later.
import { maxInflated } from '@islet/core/Compress';
import * as Content from '@islet/core/Content';
import { maxText, type Reading } from '@islet/core/Reading';
import { expect, test } from 'vitest';
import { fitting } from './CloseDay.js';

const document = (text: string): Reading => ({
  kind: 'document',
  what: 'devicestatus',
  text,
  at: Date.UTC(2026, 10, 23),
  offsetMinutes: 0,
  said: '',
  source: { app: 'loop', device: '', id: null },
});

test('a day that packs small, but into more than a reader unpacks, is not closed into one segment', async () => {
  const text = 'x'.repeat(maxText.document);
  const most = Math.floor(maxInflated / (text.length + 100));
  const plaintext = await fitting(Array.from({ length: most }, () => document(text)));
  expect((await Content.parse(plaintext!)).kind).toBe('readings');
  expect(await fitting(Array.from({ length: most + 2 }, () => document(text)))).toBeUndefined();
});
