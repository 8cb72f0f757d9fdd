// Copyright the Islet authors. AGPL-3.0-or-later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Needles from './needles.testkit.js';

const bytes = (least: number, most: number) =>
  fc.array(fc.integer({ min: 0, max: 2 }), { minLength: least, maxLength: most }).map((b) => Buffer.from(b));

test('law: what is looked for together is found as one by one', () => {
  fc.assert(
    fc.property(bytes(0, 60), fc.array(bytes(3, 6), { maxLength: 12 }), (hay, forms) => {
      const named = forms.map((form, i): [string, Buffer[]] => [`${i}`, [form, Buffer.from('absent')]]);
      const alone = named.filter(([, [form]]) => hay.includes(form!)).map(([name]) => name);
      expect([...Needles.of(named).in(hay)].sort()).toEqual(alone.sort());
    }),
  );
});
