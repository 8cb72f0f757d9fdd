// Copyright the Islet authors. AGPL-3.0-or-later.
// What a hub may serve instead of the truth, and how a reader tells. Real formats; the chain's word is a view.
import type { View } from '@islet/chain/View';
import * as Calendar from '@islet/core/Calendar';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import type { Stream } from '@islet/core/Stream';
import type { Part } from '@islet/core/wire/Fetch';
import { beforeAll, describe, expect, test } from 'vitest';
import * as A from './archive.testkit.js';
import { ENDED_GRACE_MS } from './limits.js';
import { said, TamperedError } from './Tampered.js';
import { type Asked, type Checked, check } from './Verification.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const { day } = W;
const streams: Stream[] = ['glucose/raw', 'glucose/day', 'insulin/raw'];
const startedAt = Date.UTC(2024, 4, 12);

/** A person with three streams: a closed day, two open ones, a summary, late data; and someone else with the same. */
async function world() {
  const hub = W.random(20);
  const archive = A.archive(hub);
  const to = await W.custodians();
  const [key, otherKey] = [await W.signingKey(), await W.signingKey()];
  const alice = Wallet.create('alice', W.random);
  const other = Wallet.create('other', W.random);
  const view = A.viewOf(
    [
      { account: alice.account, gateways: [key.publicKey] },
      { account: other.account, gateways: [otherKey.publicKey] },
    ],
    startedAt - 1_000,
  );
  const write = (wallet: Wallet.Wallet, stream: Stream, by = key) =>
    W.writer(wallet, stream, by, to, startedAt);
  const raw = write(alice, 'glucose/raw');
  const closed = await W.closeDay(raw, day, W.cgm(day, 48));
  const open = await W.openDay(
    raw,
    day + 1,
    [0, 1, 2].map((hour) => W.cgm(day + 1, 12, hour)),
  );
  await W.openDay(
    raw,
    day + 2,
    [0, 1].map((hour) => W.cgm(day + 2, 12, hour)),
  );
  const late = await W.seal(raw, null, W.cgm(day - 900, 3));
  raw.late = [late.segment.hash];
  const sums = write(alice, 'glucose/day');
  await W.summarise(sums, day, W.summaryOf('glucose/day', W.cgm(day, 48)));
  const insulin = write(alice, 'insulin/raw');
  await W.openDay(insulin, day, [[W.bolus(day, 4)]]);
  const foreign = write(other, 'glucose/raw', otherKey);
  await W.openDay(foreign, day, [W.cgm(day, 12)]);
  const heads = new Map<W.Writer, W.Stated>();
  for (const w of [raw, sums, insulin, foreign]) {
    const stated = await W.state(w);
    heads.set(w, stated);
    A.take(archive, w, stated);
  }
  A.anchor(view, A.batch(archive), startedAt + 5_000);
  const asked: Asked = {
    patient: alice.account,
    streams,
    firstDay: day,
    lastDay: day + 6,
    view,
    dealers: { here: { chainId: 1, identity: new Uint8Array(20) }, speaks: () => false },
    batchesBefore: new Map(view.batches),
    late: true,
  };
  return {
    archive,
    view,
    to,
    key,
    alice,
    other,
    asked,
    raw,
    sums,
    insulin,
    foreign,
    closed,
    open,
    late,
    heads,
  };
}
type World = Awaited<ReturnType<typeof world>>;

const served = ({ archive }: World, asked: Asked): Part[] =>
  structuredClone(A.answer(archive, { ...asked, account: asked.patient }));

/** The part of one stream. */
const partOf = (parts: Part[], w: World, stream: Stream): Part =>
  parts.find((p) => equal(p.head, w.heads.get(writerOf(w, stream))!.head.bytes))!;
const writerOf = (w: World, stream: Stream): W.Writer =>
  [w.raw, w.sums, w.insulin].find((x) => x.stream === stream)!;

/** The code and place of what a check finds, or what it allows. */
const finding = (parts: Part[], asked: Asked): Promise<string> =>
  check(parts, asked).then(
    () => 'nothing',
    (error) => {
      if (!(error instanceof TamperedError)) return `${error.code ?? error}`;
      expect(error.message).toContain(said(error.place));
      const { stream, part, day: at, nth, of } = error.place;
      const when = at === undefined ? [] : [at === null ? 'late' : `day ${at - day}`];
      const which = nth === undefined ? [] : [`segment ${nth} of ${of}`];
      return [error.code, stream ?? `part ${part}`, ...when, ...which].join(', ');
    },
  );

let w: World;
let parts: Part[];
beforeAll(async () => {
  w = await world();
});

/** Serves the truth, changed; gives what is found. */
async function whenServed(change: (parts: Part[]) => unknown, asked: Partial<Asked> = {}): Promise<string> {
  parts = served(w, w.asked);
  await change(parts);
  return finding(parts, { ...w.asked, ...asked });
}

/** A world in which the gateway itself does something; gives what is found. */
async function whenWritten(
  write: (w: World) => Promise<W.Writer>,
  statement: (w: World) => Partial<Head.Statement> = () => ({}),
): Promise<string> {
  const mine = await world();
  const changed = await write(mine);
  const stated = await W.state(changed, statement(mine));
  A.take(mine.archive, changed, stated);
  A.anchor(mine.view, A.batch(mine.archive), startedAt + 6_000);
  const asked = { ...mine.asked, batchesBefore: new Map(mine.view.batches) };
  return finding(served(mine, asked), asked);
}

/** Seals twelve readings of a day that had none, by an epoch that is not what it should be. */
async function sealUnder(w: World, opened: Awaited<ReturnType<typeof W.openEpoch>>): Promise<W.Writer> {
  // The segment says what it should; its epoch is another.
  const header = { ...opened.epoch.header, account: w.alice.account, stream: w.raw.stream, day: day + 3 };
  const pretended = { ...opened, epoch: { ...opened.epoch, header } };
  const sealed = await W.seal(w.raw, day + 3, W.cgm(day + 3, 12), { opened: pretended });
  W.list(w.raw, day + 3, null, [sealed]);
  return w.raw;
}

describe('the truth', () => {
  test('is found complete until the oldest of the newest statements', async () => {
    const checked = await check(served(w, w.asked), w.asked);
    expect(checked.proven.length).toBe(1 + 3 + 2 + 1 + 1 + 1);
    expect(checked.receipts).toBe(checked.proven.length);
    expect(checked.heads).toBe(3);
    const stated = [w.raw, w.sums, w.insulin].map((x) => w.heads.get(x)!.head.statement.at);
    expect(checked.completeUntil).toBe(Math.min(...stated));
  });

  test('of some days alone needs no others', async () => {
    const asked = {
      ...w.asked,
      streams: ['glucose/raw' as const],
      firstDay: day + 1,
      lastDay: day + 1,
      late: false,
    };
    const checked = await check(served(w, asked), asked);
    expect(checked.proven.map((p) => [p.place.nth, p.place.of, p.listed])).toEqual([
      [1, 3, 'open'],
      [2, 3, 'open'],
      [3, 3, 'open'],
    ]);
  });
});

describe('a flipped bit', () => {
  const pieces: [string, RegExp, (p: Part) => Uint8Array, step: number][] = [
    [
      'the head',
      /^(HEAD_UNREADABLE, part 1|(HEAD_MISPLACED|HEAD_FORGED|GATEWAY_UNKNOWN), .*)$/,
      (p) => p.head,
      3,
    ],
    ['the head’s proof', /^HEAD_NOT_ANCHORED, insulin\/raw$/, (p) => p.headProof, 1],
    ['a calendar node', /^CALENDAR_MISSING, insulin\/raw$/, (p) => p.nodes.at(-1)!, 1],
    [
      'a segment',
      /^(SEGMENT_MISSING|SEGMENT_ALTERED), insulin\/raw, day 0, segment 1 of 1$/,
      (p) => p.segments[0]!.segment,
      3,
    ],
    ['a receipt', /^RECEIPT_WRONG, insulin\/raw, day 0, segment 1 of 1$/, (p) => p.segments[0]!.receipt, 1],
    ['an epoch', /^EPOCH_MISSING, insulin\/raw, day 0, segment 1 of 1$/, (p) => p.epochs[0]!, 11],
    [
      'the shares',
      /^(EPOCH_MISSING|SHARES_FORGED), insulin\/raw, day 0, segment 1 of 1$/,
      (p) => p.shares[0]!,
      5,
    ],
  ];

  test.each(pieces)('anywhere in %s is found, with its place', async (_, finds, pick, step) => {
    const asked = { ...w.asked, streams: ['insulin/raw' as const] };
    const honest = served(w, asked);
    const { length } = pick(honest[0]!);
    const unfound: string[] = [];
    for (let at = 0; at < length; at += step) {
      const altered = structuredClone(honest);
      const bytes = pick(altered[0]!);
      bytes[at] = bytes[at]! ^ (1 << (at % 8));
      const found = await finding(altered, asked);
      if (!finds.test(found)) unfound.push(`byte ${at} of ${length}: ${found}`);
    }
    expect(unfound).toEqual([]);
  });
});

describe('a hub that leaves out', () => {
  test('a segment is found out by the calendar, with its day and number', async () => {
    const found = whenServed((p) => {
      const { segments } = partOf(p, w, 'glucose/raw');
      segments.splice(
        segments.findIndex((s) => equal(s.segment, w.open[1]!.segment.bytes)),
        1,
      );
    });
    expect(await found).toBe('SEGMENT_MISSING, glucose/raw, day 1, segment 2 of 3');
  });

  test('late data is found out where the patient looks', async () => {
    const found = whenServed((p) => partOf(p, w, 'glucose/raw').segments.pop());
    expect(await found).toBe('SEGMENT_MISSING, glucose/raw, late, segment 1 of 1');
  });

  test('a page of the calendar, and with it whole days, is found out', async () => {
    const found = whenServed((p) => partOf(p, w, 'glucose/raw').nodes.pop());
    expect(await found).toBe('CALENDAR_MISSING, glucose/raw');
  });

  test('an epoch or its shares is found out', async () => {
    const at = 'EPOCH_MISSING, insulin/raw, day 0, segment 1 of 1';
    expect(await whenServed((p) => partOf(p, w, 'insulin/raw').epochs.pop())).toBe(at);
    expect(await whenServed((p) => partOf(p, w, 'insulin/raw').shares.pop())).toBe(at);
  });

  test('a whole stream is found out', async () => {
    const found = whenServed((p) => p.splice(p.indexOf(partOf(p, w, 'glucose/day')), 1));
    expect(await found).toBe('STREAM_NOT_SERVED');
  });
});

describe('a hub that serves something else', () => {
  test('under another segment’s place is found out', async () => {
    const found = whenServed((p) => {
      const { segments } = partOf(p, w, 'glucose/raw');
      segments[1]!.segment = segments[2]!.segment;
    });
    expect(await found).toBe('SEGMENT_MISSING, glucose/raw, day 1, segment 1 of 3');
  });

  test('in another order changes nothing: the calendar has the order', async () => {
    parts = served(w, w.asked);
    const before = await check(parts, w.asked);
    for (const p of parts) for (const list of [p.segments, p.epochs, p.shares, p.nodes]) list.reverse();
    const after = await check(parts.reverse(), w.asked);
    const order = ({ proven }: Checked): string[] => proven.map((p) => p.place.segment!).sort();
    expect(order(after)).toEqual(order(before));
    const ofRaw = ({ proven }: Checked): string[] =>
      proven.filter((p) => p.place.stream === 'glucose/raw').map((p) => p.place.segment!);
    expect(ofRaw(after)).toEqual(ofRaw(before));
  });

  test('of another person is found out', async () => {
    const foreign = A.partOf(w.archive, w.heads.get(w.foreign)!, day, day + 6, false);
    expect(await whenServed((p) => p.push(foreign))).toBe('HEAD_MISPLACED, glucose/raw');
    const found = whenServed((p) => {
      partOf(p, w, 'insulin/raw').segments[0] = foreign.segments[0]!;
    });
    expect(await found).toBe('SEGMENT_MISSING, insulin/raw, day 0, segment 1 of 1');
  });

  test('of a stream that was not asked for is found out', async () => {
    const two = w.asked.streams.slice(0, 2);
    expect(await whenServed(() => {}, { streams: two })).toBe('HEAD_MISPLACED, insulin/raw');
  });

  test('twice is found out, so that no reading counts twice', async () => {
    expect(await whenServed((p) => p.push(p[2]!))).toBe('PART_REPEATED, insulin/raw');
  });

  test('with another segment’s receipt, or the same segment’s in another batch, is found out', async () => {
    const at = 'RECEIPT_WRONG, glucose/raw, day 1, segment 1 of 3';
    const swapped = whenServed((p) => {
      const { segments } = partOf(p, w, 'glucose/raw');
      [segments[1]!.receipt, segments[2]!.receipt] = [segments[2]!.receipt, segments[1]!.receipt];
    });
    expect(await swapped).toBe(at);
    const another = whenServed((p) => {
      const one = partOf(p, w, 'glucose/raw').segments[1]!;
      one.receipt = Receipt.encodeReceipt({ ...Receipt.parseReceipt(one.receipt), number: 2 });
    });
    expect(await another).toBe(at);
  });

  test('with shares dealt by the hub itself is found out', async () => {
    const found = whenServed(async (p) => {
      const [sealed] = w.insulin.all;
      const forged = await W.deal({ ...w.insulin, key: await W.signingKey() }, sealed!.epoch, W.random(32));
      partOf(p, w, 'insulin/raw').shares = [forged.bytes];
    });
    expect(await found).toBe('SHARES_FORGED, insulin/raw, day 0, segment 1 of 1');
  });
});

describe('a batch', () => {
  const without = (number: number): View => {
    const view = structuredClone(w.view);
    view.roots.delete(`${toHex(w.archive.hub)}/${number}`);
    return view;
  };

  test('that is not on chain, or not yet in a sealed block, proves nothing', async () => {
    expect(await whenServed(() => {}, { view: without(1) })).toBe('HEAD_NOT_ANCHORED, glucose/raw');
  });

  test('with another root on chain proves nothing', async () => {
    const view = structuredClone(w.view);
    view.roots.set(`${toHex(w.archive.hub)}/1`, toHex(W.random(32)));
    expect(await whenServed(() => {}, { view })).toBe('HEAD_NOT_ANCHORED, glucose/raw');
  });

  test('of a segment, not on chain, is found out though the head’s is', async () => {
    const mine = await world();
    const again = await W.state(mine.insulin);
    A.take(mine.archive, mine.insulin, again);
    A.anchor(mine.view, A.batch(mine.archive), startedAt + 6_000);
    mine.view.roots.delete(`${toHex(mine.archive.hub)}/1`);
    const asked = { ...mine.asked, streams: ['insulin/raw' as const] };
    expect(await finding(served(mine, asked), asked)).toBe(
      'RECEIPT_WRONG, insulin/raw, day 0, segment 1 of 1',
    );
  });
});

describe('a head', () => {
  /** Two batches: the first head of insulin, and one with a segment more. */
  async function twice() {
    const mine = await world();
    const asked = { ...mine.asked, streams: ['insulin/raw' as const] };
    const old = served(mine, asked);
    await W.openDay(mine.insulin, day + 1, [[W.bolus(day + 1, 6)]]);
    A.take(mine.archive, mine.insulin, await W.state(mine.insulin));
    A.anchor(mine.view, A.batch(mine.archive), startedAt + 6_000);
    return { mine, old, asked: { ...asked, batchesBefore: new Map(mine.view.batches) } };
  }

  test('of before, with what came since left out, is stale', async () => {
    const { mine, old, asked } = await twice();
    expect(await finding(served(mine, asked), asked)).toBe('nothing');
    expect(await finding(old, asked)).toBe('HEAD_STALE, insulin/raw');
  });

  test('is not stale for what other hubs have anchored', async () => {
    const { mine, asked } = await twice();
    const batchesBefore = new Map([...asked.batchesBefore, ['ff'.repeat(20), 900] as const]);
    expect(await finding(served(mine, asked), { ...asked, batchesBefore })).toBe('nothing');
  });

  test('that no batch holds is found out: nobody else would see it', async () => {
    const { mine, old, asked } = await twice();
    const shown = structuredClone(old);
    shown[0]!.head = served(mine, asked)[0]!.head;
    expect(await finding(shown, asked)).toBe('HEAD_NOT_ANCHORED, insulin/raw');
  });

  test('that its hub wrote in the gateway’s name is forged', async () => {
    const byHub = await W.signingKey();
    const found = whenWritten(
      async (mine) => Object.assign(mine.insulin, { key: byHub }),
      (mine) => ({ gateway: mine.key.publicKey }),
    );
    expect(await found).toBe('HEAD_FORGED, insulin/raw');
  });

  test('of a gateway that the patient never authorised is refused', async () => {
    const view = structuredClone(w.view);
    view.accounts.get(toHex(w.alice.account))!.gateways.clear();
    expect(await whenServed(() => {}, { view })).toBe('GATEWAY_UNKNOWN, glucose/raw');
    view.accounts.clear();
    expect(await whenServed(() => {}, { view })).toBe('GATEWAY_UNKNOWN, glucose/raw');
  });

  test('that names a calendar of nonsense is found out', async () => {
    const nonsense = new Uint8Array([1]);
    const mine = await world();
    const stated = await W.state(mine.insulin, { calendar: Calendar.hashOf(nonsense) });
    const asked = { ...mine.asked, streams: ['insulin/raw' as const] };
    const [before] = served(mine, asked);
    A.take(mine.archive, mine.insulin, stated);
    A.anchor(mine.view, A.batch(mine.archive), startedAt + 6_000);
    const [headProof] = [...mine.archive.headProofs].flatMap(([key, proof]) =>
      key === toHex(Head.mapKey(mine.alice.account, 'insulin/raw', mine.key.publicKey)) ? [proof] : [],
    );
    const part = { ...before!, head: stated.head.bytes, headProof: headProof!, nodes: [nonsense] };
    expect(await finding([part], asked)).toBe('CALENDAR_MISSING, insulin/raw');
  });
});

describe('an ended gateway', () => {
  const endedAt = startedAt;
  const end = (view: View, who: World): void => {
    view.accounts.get(toHex(who.alice.account))!.gateways.get(toHex(who.key.publicKey))!.endedAt = endedAt;
  };
  /** Its key writes an insulin segment more, stated at one time and anchored at another. */
  async function written(at: number, anchoredAt: number): Promise<string> {
    const mine = await world();
    end(mine.view, mine);
    await W.openDay(mine.insulin, day + 1, [[W.bolus(day + 1, 6)]]);
    A.take(mine.archive, mine.insulin, await W.state(mine.insulin, { at }));
    A.anchor(mine.view, A.batch(mine.archive), anchoredAt);
    const asked = { ...mine.asked, streams: ['insulin/raw' as const] };
    return finding(served(mine, asked), asked);
  }

  test('has written what was anchored before, or at once after', async () => {
    expect(await written(endedAt + 1_000, endedAt + 10_000)).toBe('nothing');
    expect(await written(endedAt + ENDED_GRACE_MS, endedAt + ENDED_GRACE_MS)).toBe('nothing');
  });

  test('states nothing later', async () => {
    const at = endedAt + ENDED_GRACE_MS + 1;
    expect(await written(at, endedAt + 10_000)).toBe('GATEWAY_ENDED, insulin/raw');
  });

  test('adds nothing later, whatever time its thief writes into it', async () => {
    const found = written(endedAt - 1, endedAt + ENDED_GRACE_MS + 1);
    expect(await found).toBe('GATEWAY_ENDED, insulin/raw, day 1, segment 1 of 1');
  });
});

describe('a gateway that lists', () => {
  const at = 'SEGMENT_MISPLACED, glucose/raw, day 3, segment 1 of 1';

  test('a segment of another day is found out', async () => {
    const found = whenWritten(async ({ raw }) => {
      const sealed = await W.seal(raw, day + 4, W.cgm(day + 4, 12));
      W.list(raw, day + 3, null, [sealed]);
      return raw;
    });
    expect(await found).toBe(at);
  });

  test('a segment of another stream, person or gateway is found out', async () => {
    for (const change of [
      (mine: World) => ({ ...mine.raw, stream: 'insulin/raw' as const }),
      (mine: World) => ({ ...mine.raw, wallet: mine.other }),
      (mine: World) => ({ ...mine.raw, key: mine.foreign.key }),
    ]) {
      const found = whenWritten(async (mine) => {
        const elsewhere: W.Writer = { ...change(mine), epochs: new Map() };
        const sealed = await W.seal(elsewhere, day + 3, W.cgm(day + 3, 12));
        W.list(mine.raw, day + 3, null, [sealed]);
        return mine.raw;
      });
      expect(await found).toBe(at);
    }
  });

  test('a segment twice is found out, so that no reading counts twice', async () => {
    const found = whenWritten(async ({ raw }) => {
      const sealed = await W.seal(raw, day + 3, W.cgm(day + 3, 12));
      W.list(raw, day + 3, sealed, [sealed]);
      return raw;
    });
    expect(await found).toBe('SEGMENT_REPEATED, glucose/raw, day 3, segment 2 of 2');
  });
});

describe('an epoch', () => {
  const at = 'glucose/raw, day 3, segment 1 of 1';

  test.each([
    ['day', async (mine: World) => W.openEpoch(mine.raw, day + 4)],
    ['stream', async (mine: World) => W.openEpoch(mine.raw, day + 3, { stream: 'insulin/raw' })],
    ['person', async (mine: World) => W.openEpoch(mine.raw, day + 3, { account: mine.other.account })],
  ] as const)('of another %s is found out: another grant would open it', async (_, opening) => {
    const found = whenWritten(async (mine) => sealUnder(mine, await opening(mine)));
    expect(await found).toBe(`EPOCH_MISPLACED, ${at}`);
  });

  test('of another gateway is found out', async () => {
    const found = whenWritten(async (mine) =>
      sealUnder(mine, await W.openEpoch({ ...mine.raw, key: mine.foreign.key }, day + 3)),
    );
    expect(await found).toBe(`EPOCH_MISPLACED, ${at}`);
  });

  test('that its gateway did not sign is forged', async () => {
    const found = whenWritten(async (mine) => {
      const opened = await W.openEpoch(mine.raw, day + 3);
      const bytes = new Uint8Array(opened.epoch.bytes);
      bytes[bytes.length - 1]! ^= 1;
      const epoch = Epoch.parse(bytes);
      const shares = await W.deal(mine.raw, epoch, opened.secrets.lockSecret);
      return sealUnder(mine, { ...opened, epoch, shares });
    });
    expect(await found).toBe(`EPOCH_FORGED, ${at}`);
  });
});

describe('a writer’s chain', () => {
  type Mine = { raw: W.Writer };
  const two = async (raw: W.Writer, ...options: (W.SealOptions | undefined)[]): Promise<W.Writer> => {
    const sealed: W.Sealed[] = [];
    for (const [hour, option] of options.entries())
      sealed.push(await W.seal(raw, day + 3, W.cgm(day + 3, 12, hour), option));
    W.list(raw, day + 3, null, sealed);
    return raw;
  };
  const chain = () => W.random(16);

  test('goes on over a restart, which begins another and cites the first', async () => {
    const found = whenWritten(async ({ raw }: Mine) => {
      const cites = [{ chain: raw.chain, number: raw.number, hash: raw.previous }];
      return two(raw, { place: { chain: chain(), number: 1, previous: Segment.genesis, cites } }, {});
    });
    expect(await found).toBe('nothing');
  });

  test('with two segments of one number convicts its gateway', async () => {
    const found = whenWritten(({ raw }: Mine) => {
      const place = { number: raw.number + 1, previous: raw.previous };
      return two(raw, { place }, { place });
    });
    expect(await found).toBe('CHAIN_EQUIVOCATION, glucose/raw, day 3, segment 2 of 2');
  });

  test('whose segment names another before it than there is, is broken', async () => {
    const found = whenWritten(({ raw }: Mine) => two(raw, {}, { place: { previous: W.random(32) } }));
    expect(await found).toBe('CHAIN_BROKEN, glucose/raw, day 3, segment 2 of 2');
  });

  test('with a gap in its numbers is broken', async () => {
    const found = whenWritten(({ raw }: Mine) => two(raw, {}, { place: { number: raw.number + 3 } }));
    expect(await found).toBe('CHAIN_BROKEN, glucose/raw, day 3, segment 2 of 2');
  });

  test('that begins in its middle, or follows something before its beginning, is broken', async () => {
    const broken = 'CHAIN_BROKEN, glucose/raw, day 3, segment 1 of 1';
    const middle = { chain: chain(), number: 7, previous: Segment.genesis };
    expect(await whenWritten(({ raw }: Mine) => two(raw, { place: middle }))).toBe(broken);
    const before = { chain: chain(), number: 1, previous: W.random(32) };
    expect(await whenWritten(({ raw }: Mine) => two(raw, { place: before }))).toBe(broken);
  });

  test('that cites itself is broken', async () => {
    const itself = chain();
    const cites = [{ chain: itself, number: 1, hash: W.random(32) }];
    const place = { chain: itself, number: 2, previous: W.random(32), cites };
    expect(await whenWritten(({ raw }: Mine) => two(raw, { place }))).toBe(
      'CHAIN_BROKEN, glucose/raw, day 3, segment 1 of 1',
    );
  });

  test('of which a later one cites another segment than was sealed convicts its gateway', async () => {
    const found = whenWritten(({ raw }: Mine) => {
      const cites = [{ chain: raw.chain, number: raw.number, hash: W.random(32) }];
      return two(raw, { place: { chain: chain(), number: 1, previous: Segment.genesis, cites } });
    });
    // Late data was sealed last.
    expect(await found).toBe('CHAIN_EQUIVOCATION, glucose/raw, late, segment 1 of 1');
  });

  test('of which the statement names another end convicts its gateway', async () => {
    const tip = ({ raw }: Mine) => ({ tip: { chain: raw.chain, number: raw.number, hash: W.random(32) } });
    const found = whenWritten(async ({ raw }: Mine) => raw, tip);
    expect(await found).toBe('CHAIN_EQUIVOCATION, glucose/raw, late, segment 1 of 1');
  });

  test('that goes on beyond the end that is stated, or has none, is found out', async () => {
    const before = ({ raw }: Mine) => ({
      tip: { chain: raw.chain, number: raw.number - 1, hash: raw.all.at(-2)!.segment.hash },
    });
    expect(await whenWritten(async ({ raw }: Mine) => raw, before)).toBe(
      'CHAIN_BEYOND_TIP, glucose/raw, late, segment 1 of 1',
    );
    expect(
      await whenWritten(
        async ({ raw }: Mine) => raw,
        () => ({ tip: null }),
      ),
    ).toBe('CHAIN_BEYOND_TIP, glucose/raw, day 0, segment 1 of 1');
  });
});

describe('how far it is complete', () => {
  const gatewaysOf = (view: View): Map<string, { authorisedAt: number; endedAt: number | null }> =>
    view.accounts.get(toHex(w.alice.account))!.gateways;

  test('is until the stream’s last statement: a later tail is unknown, not absent', async () => {
    const asked = { ...w.asked, streams: ['insulin/raw' as const] };
    const { completeUntil } = await check(served(w, asked), asked);
    expect(completeUntil).toBe(w.heads.get(w.insulin)!.head.statement.at);
  });

  test('is until a gateway was authorised of which the hub shows nothing', async () => {
    const view = structuredClone(w.view);
    gatewaysOf(view).set('cc'.repeat(32), { authorisedAt: startedAt - 500, endedAt: null });
    const asked = { ...w.asked, view };
    expect((await check(served(w, asked), asked)).completeUntil).toBe(startedAt - 500);
  });

  test('is for ever where nobody may write', async () => {
    const view = structuredClone(w.view);
    gatewaysOf(view).clear();
    expect((await check([], { ...w.asked, view })).completeUntil).toBe(Number.POSITIVE_INFINITY);
  });
});
