// Copyright the Islet authors. AGPL-3.0-or-later.
import { expect, test } from 'vitest';
import { fairLane, inPieces } from './FairLane.js';
import { DEVICE_READINGS, DEVICE_WAITING } from './limits.js';
import { RefusalError } from './Refusal.js';

const gate = () => {
  let open: () => void = () => {};
  const passed = new Promise<void>((done) => {
    open = done;
  });
  return { open, passed };
};

test('a device that catches up has one share under way, and another’s reading does not wait for it', async () => {
  const fair = fairLane();
  const slow = gate();
  const begun: string[] = [];
  const work = (name: string, until: Promise<void>) => async () => {
    begun.push(name);
    await until;
    return name;
  };
  const bulk = [1, 2, 3].map((i) => fair('bulk', DEVICE_READINGS, work(`bulk ${i}`, slow.passed)));
  expect(await fair('live', 1, work('live', Promise.resolve()))).toBe('live');
  expect(begun).toEqual(['bulk 1', 'live']);
  slow.open();
  expect(await Promise.all(bulk)).toEqual(['bulk 1', 'bulk 2', 'bulk 3']);
});

test('small posts of one device go together; a failure of one concerns nobody else', async () => {
  const fair = fairLane();
  const slow = gate();
  let begun = 0;
  const posts = Array.from({ length: 10 }, () =>
    fair('phone', 1, async () => {
      begun++;
      await slow.passed;
    }),
  );
  const broken = fair('phone', 1, async () => {
    throw new Error('no');
  });
  await expect(broken).rejects.toThrow('no');
  expect(begun).toBe(10);
  slow.open();
  await Promise.all(posts);
});

test('too many waiting are told when to come again', async () => {
  const fair = fairLane();
  const slow = gate();
  const posts = Array.from({ length: DEVICE_WAITING + 1 }, () =>
    fair('phone', DEVICE_READINGS, () => slow.passed),
  );
  const refused = await fair('phone', 1, async () => {}).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(RefusalError);
  expect(refused).toMatchObject({ status: 429, retryAfter: 5 });
  slow.open();
  await Promise.all(posts);
  await expect(fair('phone', 1, async () => 'again')).resolves.toBe('again');
});

test('a long list goes in pieces, in order, and what is small comes in between', async () => {
  const fair = fairLane();
  const order: string[] = [];
  const long = inPieces(fair, 'bulk', [1, 2, 3, 4, 5], 2, async (piece) => {
    order.push(piece.join());
    await new Promise(setImmediate);
    return piece.map((one) => one * 10);
  });
  await fair('live', 1, async () => void order.push('live'));
  expect(await long).toEqual([10, 20, 30, 40, 50]);
  expect(order).toEqual(['1,2', 'live', '3,4', '5']);
  expect(await inPieces(fair, 'none', [], 2, async () => ['asked'])).toEqual(['asked']);
});
