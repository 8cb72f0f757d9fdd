// Copyright the Islet authors. AGPL-3.0-or-later.
// Exports: what holds without Islet, what an altered one gives away, and what only the chain can tell.
import { toHex } from '@islet/core/crypto/bytes';
import type { Stream } from '@islet/core/Stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as Access from './Access.js';
import * as A from './archive.testkit.js';
import * as Dealers from './Dealers.js';
import * as Export from './Export.js';
import * as ExportFile from './ExportFile.js';
import type { Network } from './Network.js';
import * as S from './scene.testkit.js';
import * as Wallet from './Wallet.js';
import * as W from './writer.testkit.js';

const { day } = W;
const all: Stream[] = ['glucose/raw', 'glucose/day', 'insulin/raw'];
const wanted: Access.Wanted = { streams: all, firstDay: day, lastDay: day + 6 };
let scene: S.Scene;
let network: Network;
let patient: S.Patient;
let opened: Access.Opened;
let text: string;

beforeAll(async () => {
  scene = await S.startScene();
  ({ network } = scene);
  patient = await S.newPatient(scene, 'patient');
  opened = await Access.own(network, patient.wallet, wanted);
  ({ text } = Export.build(network, scene.validators, opened));
});
afterAll(() => scene?.[Symbol.asyncDispose]());

const verify = (of: string, against: Partial<Export.Against> = {}): Promise<Export.Verified> =>
  Export.verify(of, { now: network.now, ...against });
/** The code and the place of what is found, with the code of the check that found it. */
const finding = (of: string, against: Partial<Export.Against> = {}): Promise<string> =>
  verify(of, against).then(
    () => 'nothing',
    (error) => {
      if (error.code !== 'EXPORT_TAMPERED') return String(error.code ?? error);
      const [, place] = /^Verification failed at (.*): /.exec(error.message)!;
      const cause = (error.cause as { code?: string } | undefined)?.code;
      return cause ? `${cause} at ${place}` : `at ${place}`;
    },
  );
type Editable = ReturnType<typeof ExportFile.parse>;
/** What a forger makes of it, who also computes the checksum anew. */
const forged = (change: (file: Editable) => void, of = text): string => {
  const file = ExportFile.parse(of);
  change(file);
  return ExportFile.write(file);
};
const hashOf = (n: number): string => opened.segments[n]!.proven.place.segment!.slice(0, 16);

describe('an export', () => {
  test('holds by itself, and says against what', async () => {
    const built = Export.build(network, scene.validators, opened);
    expect(built).toMatchObject({ readings: 48 + 24 + 3 + 1, segments: 6, anchors: 1 });
    expect(await verify(text)).toEqual({
      readings: built.readings,
      segments: 6,
      receipts: 6,
      against: expect.stringContaining('the anchors in the file itself'),
      chainHead: null,
      completeUntil: opened.verified.completeUntil,
    });
  });

  test('holds against the chain, read anew from its first block', async () => {
    const verified = await verify(text, { chainUrl: scene.rpcUrl });
    expect(verified.chainHead).toBeGreaterThanOrEqual(opened.verified.chainHead);
    expect(verified.against).toBe(`the chain at block ${verified.chainHead}`);
  });

  test('holds against the anchors of another export of the same person', async () => {
    const later = Export.build(network, scene.validators, await Access.own(network, patient.wallet, wanted));
    expect(await verify(text, { anchors: later.text })).toMatchObject({ against: 'the given anchors' });
  });

  test('of someone without data holds, and is of them', async () => {
    const nobody = await S.newPerson(scene, 'nobody');
    const empty = await Access.own(network, nobody, wanted);
    const made = Export.build(network, scene.validators, empty);
    expect(ExportFile.parse(made.text).account).toBe(toHex(nobody.account));
    expect(await verify(made.text)).toMatchObject({ segments: 0, readings: 0, completeUntil: null });
  });

  test('is readable by anyone, and opens nothing else of the person', () => {
    const { segments } = JSON.parse(text);
    expect(segments[0].content.readings[0].value).toBe(60);
    for (const secret of [patient.wallet.rootSeed, patient.wallet.signerKey, patient.wallet.encryptionSeed])
      expect(text).not.toContain(toHex(secret));
  });
});

describe('a flipped bit', () => {
  test('anywhere in an export is found', async () => {
    const bytes = new TextEncoder().encode(text);
    const unfound: string[] = [];
    // A prime, so that every kind of place is met.
    for (let at = 0; at < bytes.length; at += 307) {
      const altered = bytes.with(at, bytes[at]! ^ (1 << (at % 7)));
      const found = await S.codeOf(verify(new TextDecoder().decode(altered)));
      if (!/^EXPORT_(TAMPERED|UNREADABLE)$/.test(found)) unfound.push(`byte ${at}: ${found}`);
    }
    expect(unfound).toEqual([]);
  });

  test('in what no check but the whole vouches for is found', async () => {
    const whole = 'at the file as a whole';
    expect(await finding(text.replace('Whoever has this', 'Whoever had this'))).toBe(whole);
    expect(await finding(text.replace('"block": ', '"block": 1'))).toBe(whole);
    expect(await finding(`${text} `)).toBe(whole);
    expect(await finding(JSON.stringify(JSON.parse(text)))).toBe(whole);
  });

  test('that leaves no export is said to', async () => {
    for (const broken of ['', '{}', 'null', text.slice(0, -3), text.replace('"version": 2', '"version": 1')])
      expect(await finding(broken)).toBe('EXPORT_UNREADABLE');
    expect(await finding(forged((f) => Object.assign(f, { more: 1 })))).toBe('EXPORT_UNREADABLE');
  });
});

describe('a forger who mends the checksum', () => {
  test('and changes a written reading is found out, with its time', async () => {
    const altered = forged((f) => {
      const { readings } = f.segments[0]!.content as { readings: { value: number }[] };
      readings[3]!.value += 1;
    });
    const at = new Date(W.cgm(day, 4)[3]!.at).toISOString();
    expect(await finding(altered)).toBe(
      `at glucose/raw, 2024-05-06, segment 1 of 1, ${hashOf(0)}, the reading of ${at}`,
    );
  });

  test('and adds, drops or swaps written readings is found out', async () => {
    const edit = (change: (readings: unknown[]) => void): string =>
      forged((f) => change((f.segments[0]!.content as { readings: unknown[] }).readings));
    const at = `at glucose/raw, 2024-05-06, segment 1 of 1, ${hashOf(0)}`;
    expect(await finding(edit((r) => r.push(r[0])))).toBe(`${at}, readings were added`);
    const last = new Date(W.cgm(day, 48)[47]!.at).toISOString();
    expect(await finding(edit((r) => r.pop()))).toBe(`${at}, the reading of ${last}`);
    expect(await finding(edit((r) => r.reverse()))).toMatch(/, the reading of 2024-05-06T00:00/);
  });

  test('and changes a written summary, kind, stream or day is found out', async () => {
    const summary = forged((f) => {
      const { content } = f.segments[4]! as { content: { summary: { intervalMinutes: number } } };
      content.summary.intervalMinutes = 1;
    });
    expect(await finding(summary)).toMatch(/^at glucose\/day, .*, the summary or kind of content$/);
    const kind = forged((f) => Object.assign(f.segments[0]!, { content: f.segments[4]!.content }));
    expect(await finding(kind)).toMatch(/, the summary or kind of content$/);
    expect(await finding(forged((f) => Object.assign(f.segments[0]!, { day: day + 1 })))).toMatch(
      /, its stream or day$/,
    );
    expect(await finding(forged((f) => Object.assign(f.segments[0]!, { stream: 'note/raw' })))).toMatch(
      /, its stream or day$/,
    );
  });

  test('and adds or leaves out what is written of a segment is found out', async () => {
    expect(await finding(forged((f) => f.segments.push(f.segments[0]!)))).toBe('at its end');
    expect(await finding(forged((f) => f.segments.pop()))).toMatch(
      /^at insulin\/raw, .*, which is left out$/,
    );
  });

  test('and drops a segment with everything written of it is found out', async () => {
    const dropped = forged((f) => {
      f.segments.splice(1, 1);
      f.parts[0]!.segments.splice(1, 1);
    });
    expect(await finding(dropped)).toBe(
      `SEGMENT_MISSING at glucose/raw, 2024-05-07, segment 1 of 2, ${hashOf(1)}`,
    );
  });

  test('and drops a whole stream is found out', async () => {
    const dropped = forged((f) => {
      f.parts.pop();
      f.segments.pop();
    });
    expect(await finding(dropped)).toBe('STREAM_NOT_SERVED at the file as a whole');
  });

  test('and gives another key is found out', async () => {
    const other = forged((f) => {
      for (const id of Object.keys(f.keys)) f.keys[id] = 'ab'.repeat(32);
    });
    expect(await finding(other)).toBe(`at glucose/raw, 2024-05-06, segment 1 of 1, ${hashOf(0)}`);
    expect(await finding(forged((f) => Object.assign(f, { keys: {} })))).toMatch(/^at glucose\/raw/);
  });

  test('and says that another gateway or person wrote it is found out', async () => {
    const gateways = forged((f) => {
      f.gateways = { ['ab'.repeat(32)]: { authorisedAt: 0, endedAt: null } };
    });
    expect(await finding(gateways)).toBe('GATEWAY_UNKNOWN at glucose/raw');
    expect(await finding(forged((f) => Object.assign(f, { account: 'ab'.repeat(32) })))).toBe(
      'HEAD_MISPLACED at glucose/raw',
    );
  });

  test('and says that it was anchored otherwise is found out', async () => {
    const roots = forged((f) => {
      for (const anchor of Object.values(f.anchors)) anchor.root = 'ab'.repeat(32);
    });
    expect(await finding(roots)).toBe('HEAD_NOT_ANCHORED at glucose/raw');
  });

  test('and pretends that less was asked for is found out', async () => {
    expect(await finding(forged((f) => Object.assign(f.asked, { firstDay: day + 1 })))).toMatch(
      /^at glucose\/raw/,
    );
    expect(await finding(forged((f) => Object.assign(f.asked, { late: false })))).toMatch(/^at glucose\/day/);
  });
});

describe('a forger with a gateway and a hub of their own', () => {
  /** All true by itself: data of that account, in a batch that no chain has. */
  async function invented(): Promise<string> {
    const key = await W.signingKey();
    const archive = A.archive(W.random(20));
    const wallet = { ...Wallet.create('forger', W.random), account: patient.wallet.account };
    const raw = W.writer(wallet, 'glucose/raw', key, scene.custodians, network.now());
    await W.closeDay(raw, day, W.cgm(day, 288));
    A.take(archive, raw, await W.state(raw));
    const view = A.viewOf([{ account: wallet.account, gateways: [key.publicKey] }], 0);
    A.anchor(view, A.batch(archive), network.now());
    const streams: Stream[] = ['glucose/raw'];
    const asked = { ...wanted, streams, late: true };
    const dealers = Dealers.of(network.deployment, view, wallet.account);
    const parts = A.answer(archive, { ...asked, account: wallet.account });
    const [sealed] = raw.all;
    const place = { stream: 'glucose/raw' as const, day };
    const proven = { ...sealed!, place, receipt: new Uint8Array(), listed: 'closed' as const };
    const segment = await Access.open(proven, sealed!.secrets.contentKey);
    return Export.build(network, scene.validators, {
      ...opened,
      segments: [segment],
      served: {
        parts,
        asked: { ...asked, patient: wallet.account, view, dealers, batchesBefore: new Map() },
      },
    }).text;
  }

  test('makes a file that holds by itself, which is all it says, and not against the chain', async () => {
    const file = await invented();
    expect((await verify(file)).against).toContain('in the file itself');
    expect(await finding(file, { chainUrl: scene.rpcUrl })).toBe('GATEWAY_UNKNOWN at glucose/raw');
  });

  test('is found out by the anchors of an export that is trusted', async () => {
    expect(await finding(await invented(), { anchors: text })).toBe('GATEWAY_UNKNOWN at glucose/raw');
    const others = await S.newPatient(scene, 'others');
    const trusted = Export.build(network, scene.validators, await Access.own(network, others.wallet, wanted));
    expect(await finding(await invented(), { anchors: trusted.text })).toBe(
      'HEAD_NOT_ANCHORED at glucose/raw',
    );
  });

  test('and names another chain is not believed against this one', async () => {
    const elsewhere = forged((f) => Object.assign(f.chain, { validators: [`0x${'ab'.repeat(20)}`] }));
    expect(await finding(elsewhere, { chainUrl: scene.rpcUrl })).toMatch(/^CHAIN_/);
  });
});
