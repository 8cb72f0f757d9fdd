// Copyright the Islet authors. AGPL-3.0-or-later.
// What a hostile or broken gateway can seal under a true signature, and what opening finds.
import * as Content from '@islet/core/Content';
import { encode } from '@islet/core/codec';
import { toHex } from '@islet/core/crypto/bytes';
import type { Reading } from '@islet/core/Reading';
import type { Stream } from '@islet/core/Stream';
import { beforeAll, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import { checkSummaries } from './Agreement.js';
import { bomb, repad } from './mischief.testkit.js';
import { said, TamperedError } from './Tampered.js';
import type { Proven } from './Verification.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const day = W.day + 3;
let to: W.Custodian[];
let key: Awaited<ReturnType<typeof W.signingKey>>;
const wallet = Wallet.create('patient', W.random);
const writer = (stream: Stream): W.Writer => W.writer(wallet, stream, key, to, Date.UTC(2024, 4, 12));

beforeAll(async () => {
  to = await W.custodians();
  key = await W.signingKey();
});

/** A segment as it is once everything but its opening was checked. */
const proven = ({ segment, epoch, shares }: W.Sealed, listed: Proven['listed'] = 'closed'): Proven => {
  const { stream, day } = segment.header;
  const place = { stream, day, segment: toHex(segment.hash), nth: 1, of: 1 };
  return { segment, epoch, shares, receipt: new Uint8Array(), listed, place };
};
const open = (sealed: W.Sealed, listed?: Proven['listed']): Promise<Access.OpenedSegment> =>
  Access.open(proven(sealed, listed), sealed.secrets.contentKey);

const finding = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'nothing',
    (error) => {
      if (!(error instanceof TamperedError)) return String(error);
      expect(error.message).toContain(said(error.place));
      const { stream, day: at, nth, of } = error.place;
      return `${error.code}, ${stream}, ${at === day ? 'the day' : at}, ${nth} of ${of}`;
    },
  );

describe('what a gateway sealed', () => {
  const sealed = async (bytes: Uint8Array | Promise<Uint8Array>, stream: Stream = 'glucose/raw') =>
    open(await W.sealBytes(writer(stream), day, await bytes));
  const malformed = 'FORMAT_MALFORMED, glucose/raw, the day, 1 of 1';
  const tampered = 'SEGMENT_TAMPERED, glucose/raw, the day, 1 of 1';
  const misplaced = 'CONTENT_MISPLACED, glucose/raw, the day, 1 of 1';

  test('inflates to no more than a segment may', async () => {
    const opening = sealed(bomb(9 << 20));
    expect(await finding(opening)).toBe(malformed);
    const { cause } = (await opening.catch((e: unknown) => e)) as TamperedError;
    expect((cause as Error).message).toContain('does not unpack');
  });

  test('is readings or a summary, in their one form', async () => {
    const honest = await Content.encodeReadings(W.cgm(day, 12));
    expect(await finding(sealed(honest))).toBe('nothing');
    expect(await finding(sealed(new Uint8Array([7, ...honest.slice(1)])))).toBe(malformed);
    expect(await finding(sealed(honest.slice(0, -1)))).toBe(malformed);
    const summary = await Content.encodeSummary(W.summaryOf('glucose/day', W.cgm(day, 48)));
    expect(await finding(sealed(summary.with(0, 7), 'glucose/day'))).toBe(
      'FORMAT_MALFORMED, glucose/day, the day, 1 of 1',
    );
    expect(await finding(sealed(new Uint8Array()))).toBe(malformed);
  });

  test.each([
    ['too long', (padded: Uint8Array) => new Uint8Array([...padded, ...new Uint8Array(256)])],
    ['not of zeros', (padded: Uint8Array) => padded.with(-1, 1)],
    ['cut', (padded: Uint8Array) => padded.slice(0, -1)],
  ])('is not padded %s: nothing hides beside the readings', async (_, change) => {
    const w = writer('glucose/raw');
    const readings = await Content.encodeReadings(W.cgm(day, 3));
    const padded = new Uint8Array(256);
    new DataView(padded.buffer).setUint32(0, readings.length);
    padded.set(readings, 4);
    const again = async (bytes: Uint8Array) =>
      open(await repad(w, await W.sealBytes(w, day, readings), bytes));
    expect(await finding(again(padded))).toBe('nothing');
    expect(await finding(again(change(padded)))).toBe(tampered);
  });

  test('opens under the key that its epoch commits to', async () => {
    const w = writer('glucose/raw');
    const opened = await W.openEpoch(w, day);
    const other = { ...opened, secrets: { ...opened.secrets, contentKey: W.random(32) } };
    const under = await W.seal(w, day, W.cgm(day, 12), { opened: other });
    expect(await finding(Access.open(proven(under), opened.secrets.contentKey))).toBe(tampered);
  });

  test('is of its day', async () => {
    const readings = (all: Reading[]) => finding(sealed(Content.encodeReadings(all)));
    expect(await readings(W.cgm(day + 2, 12))).toBe(misplaced);
    expect(await readings(W.cgm(day - 2, 288))).toBe(misplaced);
    expect(await readings([...W.cgm(day, 12), ...W.cgm(day - 300, 1)])).toBe(misplaced);
    // A stream's days may start up to a day from UTC's.
    expect(await readings([...W.cgm(day - 1, 12), ...W.cgm(day + 1, 288)])).toBe('nothing');
  });

  test('is of its stream', async () => {
    const mixed = Content.encodeReadings([...W.cgm(day, 12), W.bolus(day, 4)]);
    expect(await finding(sealed(mixed))).toBe(misplaced);
  });

  test('is of any day where it is late data', async () => {
    const late = await W.seal(writer('glucose/raw'), null, [...W.cgm(day, 2), ...W.cgm(day + 40, 2)]);
    expect(await finding(open(late, 'late'))).toBe('nothing');
  });

  test('is a summary where its stream is, and readings nowhere else', async () => {
    const summary = Content.encodeSummary(W.summaryOf('glucose/day', W.cgm(day, 48)));
    expect(await finding(sealed(summary, 'glucose/day'))).toBe('nothing');
    expect(await finding(sealed(summary))).toBe(misplaced);
    const readings = Content.encodeReadings(W.cgm(day, 48));
    for (const stream of ['glucose/day', 'glucose/hour'] as const)
      expect(await finding(sealed(readings, stream))).toBe(`CONTENT_MISPLACED, ${stream}, the day, 1 of 1`);
  });

  test('is a summary that some readings could have', async () => {
    const counts = [10, 900, 1, 0, 0, 10, 0, 0, 0];
    const impossible = new Uint8Array([1, 0, ...encode('islet/summary', 1, [5, [[0, counts]]])]);
    expect(await finding(sealed(impossible, 'glucose/day'))).toBe(
      'METRICS_COUNTS_IMPOSSIBLE, glucose/day, the day, 1 of 1',
    );
  });
});

describe('a summary beside its day', () => {
  const whole = W.cgm(day, 100);
  const more = [...whole, ...W.cgm(day, 12, 20)];

  /** A day's readings, closed or in open segments, and a summary of others; gives what is found. */
  async function beside(
    stream: 'glucose/day' | 'glucose/hour',
    of: Reading[],
    { change = (s: Content.Summary) => s, runs = [whole], listed = 'closed' as Proven['listed'] } = {},
  ): Promise<string> {
    const raw = writer('glucose/raw');
    const segments: Access.OpenedSegment[] = [];
    for (const run of runs) segments.push(await open(await W.seal(raw, day, run), listed));
    const sums = writer(stream);
    segments.push(await open(await W.summarise(sums, day, change(W.summaryOf(stream, of)))));
    return finding((async () => checkSummaries(segments))());
  }

  test('may differ by as few readings as are no reason to revise it', async () => {
    expect(await beside('glucose/day', whole)).toBe('nothing');
    expect(await beside('glucose/hour', whole)).toBe('nothing');
    expect(await beside('glucose/day', whole.slice(11))).toBe('nothing');
    expect(await beside('glucose/day', more.slice(0, -1))).toBe('nothing');
  });

  test('is found out where it is of fewer or other readings', async () => {
    const at = 'SUMMARY_CONTRADICTS, glucose/day, the day, 1 of 1';
    expect(await beside('glucose/day', whole.slice(12))).toBe(at);
    expect(await beside('glucose/day', more)).toBe(at);
    const hours = 'SUMMARY_CONTRADICTS, glucose/hour, the day, 1 of 1';
    expect(await beside('glucose/hour', more)).toBe(hours);
    // Hours with fewer than three readings are left out, so more may be missing.
    expect(await beside('glucose/hour', whole.slice(61))).toBe('nothing');
    expect(await beside('glucose/hour', whole.slice(62))).toBe(hours);
  });

  test('is found out where its sum is not of values such as those', async () => {
    const change = (s: Content.Summary): Content.Summary => ({
      ...s,
      parts: s.parts.map(({ index, counts: c }) => ({
        index,
        counts: { ...c, sum: c.sum * 2, sumSquares: c.sumSquares * 4 },
      })),
    });
    expect(await beside('glucose/day', whole, { change })).toBe(
      'SUMMARY_CONTRADICTS, glucose/day, the day, 1 of 1',
    );
  });

  test('is of before, while the day has open segments', async () => {
    const [first, second] = [whole.slice(0, 50), whole.slice(50)];
    expect(await beside('glucose/day', first, { listed: 'open' })).toBe('nothing');
    expect(await beside('glucose/day', first, { runs: [first, second] })).toBe('nothing');
  });

  test('of another gateway is of its own readings', async () => {
    const raw = await open(await W.seal(writer('glucose/raw'), day, whole));
    const other = { ...writer('glucose/day'), key: await W.signingKey() };
    const summary = await open(await W.summarise(other, day, W.summaryOf('glucose/day', whole.slice(50))));
    expect(await finding((async () => checkSummaries([raw, summary]))())).toBe('nothing');
  });
});
