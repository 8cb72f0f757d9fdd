// Copyright the Islet authors. AGPL-3.0-or-later.
import { deflateSync, inflateSync } from 'node:zlib';
import { PDFDocument, PDFName, PDFRawStream, StandardFonts } from '@cantoo/pdf-lib';
import * as ReportStatement from '@islet/client/ReportStatement';
import { toHex } from '@islet/core/crypto/bytes';
import { describe, expect, test } from 'vitest';
import * as Numbers from './Numbers.js';
import * as Report from './Report.js';
import * as ReportCheck from './ReportCheck.js';
import * as ReportPdf from './ReportPdf.js';
import { scene } from './report.testkit.js';

type View = Awaited<ReturnType<Parameters<typeof ReportCheck.check>[1]>>;
const { report, reader, view, decision } = scene();
const made = ReportPdf.render(report);
const check = (bytes: Uint8Array, of: unknown = view) => ReportCheck.check(bytes, async () => of as View);

/** What does not hold, by name. */
const fault = async (bytes: Uint8Array, of: unknown = view): Promise<string> =>
  check(bytes, of).then(
    () => 'holds',
    (error) => error.what ?? error.code,
  );

/** The page with its drawing commands altered, as a forger would. */
async function redrawn(change: (commands: string) => string): Promise<Uint8Array> {
  const document = await PDFDocument.load(await made, { updateMetadata: false });
  const reference = document.getPages()[0]!.node.get(PDFName.of('Contents'))!;
  const contents = document.context.lookup(reference) as { asArray?: () => unknown[] };
  const inner = (contents.asArray?.() ?? [reference])[0] as typeof reference;
  const stream = document.context.lookup(inner) as PDFRawStream;
  const commands = new TextDecoder('latin1').decode(inflateSync(stream.getContents()));
  const changed = change(commands);
  expect(changed).not.toBe(commands);
  const bytes = new Uint8Array(deflateSync(Uint8Array.from(changed, (c) => c.charCodeAt(0))));
  document.context.assign(inner as never, PDFRawStream.of(stream.dict, bytes));
  return document.save({ useObjectStreams: false });
}

/** With something else attached, and the page drawn of that. */
const forged = (change: (copy: Report.Report) => void): Promise<Uint8Array> => {
  const copy = Report.parse(Report.format(report));
  change(copy);
  return ReportPdf.render(copy);
};

const hexOf = (text: string): string => toHex(new TextEncoder().encode(text)).toUpperCase();

describe('a signed report', () => {
  test('holds, and gives back what was stated', async () => {
    const { signed, data } = await check(await made);
    expect(signed).toEqual(report.signed);
    expect(data).toEqual(report.data);
  });

  test('is the same bytes each time, and one page', async () => {
    expect(await ReportPdf.render(Report.parse(Report.format(report)))).toEqual(await made);
    expect((await PDFDocument.load(await made)).getPageCount()).toBe(1);
  });

  test('whose mean is painted over on the page is found out, by name', async () => {
    const mean = Numbers.metric('mean', report.signed.statement.metrics.mean, 'mg/dL', 'en');
    const nicer = mean.replace(/^\d/, (d) => String((Number(d) % 9) + 1));
    expect(await fault(await redrawn((c) => c.replace(hexOf(mean), hexOf(nicer))))).toBe('mean');
  });

  test.each(['gmi', 'wear', 'inRange', 'veryLow', 'agp', 'hypo1', 'patient', 'period', 'code'])(
    'whose %s is drawn otherwise is found out, by name',
    async (name) => {
      const moved = (c: string): string =>
        c.replace(new RegExp(`(/${name} BMC\n[\\s\\S]*?)(EMC)`), '$11 0 0 1 9 9 cm\n$2');
      expect(await fault(await redrawn(moved))).toBe(name);
    },
  );

  test('with a day drawn otherwise names the day', async () => {
    const moved = (c: string): string => c.replace(/(\/day#202026-05-06 BMC\n)/, '$11 0 0 1 9 9 cm\n');
    expect(await fault(await redrawn(moved))).toBe('day 2026-05-06');
  });

  test('of averages has a line of figures for each day or week, and no picture; an altered line is named', async () => {
    const ofWeeks = scene((data) => {
      const first = data.days[0]!.day;
      Object.assign(data, { days: [], agp: null, episodes: null });
      data.words.source = 'based on weeks';
      data.spans = [0, 1].map((week) => ({
        ...{ firstDay: first + 7 * week, lastDay: first + 7 * week + 6 },
        ...(week === 0
          ? { meanMgDl: 141.4, inRangePercent: 71.25 }
          : { meanMgDl: null, inRangePercent: null }),
      }));
    });
    const bytes = await ReportPdf.render(ofWeeks.report);
    await expect(
      ReportCheck.check(bytes, async () => ofWeeks.view as unknown as View),
    ).resolves.toBeDefined();
    const parts = await ReportPdf.partsOf(bytes);
    expect([...parts.keys()].filter((name) => /^(day|span|agp|source)/.test(name))).toEqual([
      ...['source', 'span 2026-05-10', 'span 2026-05-17'],
    ]);
    for (const shown of ['2026-05-04', '141 mg/dL', '71.3 %'])
      expect(parts.get('span 2026-05-10')).toContain(hexOf(shown).slice(0, 20));
    const nicer = Report.parse(Report.format(ofWeeks.report));
    nicer.data.spans![0]!.meanMgDl! -= 20;
    expect(await fault(await ReportPdf.render(nicer))).toBe('the data of the report');
  });

  test('with something laid over it, another page, or saved anew by another program is refused as a whole', async () => {
    const document = await PDFDocument.load(await made);
    document.getPages()[0]!.drawText('fine', { font: await document.embedFont(StandardFonts.Helvetica) });
    expect(await fault(await document.save())).toBe('the page as a whole');
    const longer = await PDFDocument.load(await made);
    longer.addPage();
    expect(await fault(await longer.save())).toBe('the page as a whole');
    expect(await fault(await (await PDFDocument.load(await made)).save())).toBe('the page as a whole');
    expect(await fault(Uint8Array.from([...(await made), 32]))).toBe('the page as a whole');
  });

  const cuts: [string, (r: Report.Report) => void][] = [
    [
      'mean',
      ({ data }) => {
        data.statistics.meanMgDl! += 1;
      },
    ],
    [
      'low',
      ({ data }) => {
        data.statistics.lowPercent! -= 0.5;
      },
    ],
    [
      'the data of the report',
      ({ data }) => {
        data.name = 'Someone Else';
      },
    ],
    [
      'the data of the report',
      ({ data }) => {
        data.days[2]!.points[5]![1] += 1;
      },
    ],
    [
      'cv',
      ({ signed }) => {
        signed.statement.metrics.cv! += 1;
      },
    ],
    [
      'the signature',
      ({ signed }) => {
        signed.statement.lastDay += 1;
      },
    ],
    [
      'the signature',
      ({ signed }) => {
        signed.signer = new Uint8Array(20);
      },
    ],
    [
      'the anchors',
      ({ anchors }) => {
        delete anchors[Object.keys(anchors)[0]!];
      },
    ],
  ];
  test.each(cuts)('drawn anew after %s was altered is found out, by name', async (name, change) => {
    expect(await fault(await forged(change))).toBe(name);
  });

  test('signed by someone who does not speak for the reader is refused', async () => {
    const thief = { ...reader, signerKey: new Uint8Array(32).fill(9) };
    const bytes = await forged((r) => {
      r.signed = ReportStatement.sign(r.signed.statement, thief);
    });
    expect(await fault(bytes)).toBe('the signature');
  });

  test('of a request that the chain does not have, refused, or made for others or other days, is refused', async () => {
    const of = (change: object) => ({
      ...view,
      decisions: new Map([[toHex(report.signed.statement.requestId), { ...decision, ...change }]]),
    });
    expect(await fault(await made, { ...view, decisions: new Map() })).toBe('the request');
    for (const change of [
      { reason: 4 },
      { patient: '00' },
      { reader: '00' },
      { scope: null },
      { scope: { ...decision.scope, lastDay: decision.scope.lastDay - 1 } },
    ])
      expect(await fault(await made, of(change)), JSON.stringify(change)).toBe('the request');
    const roots = new Map(
      [...view.roots].map(([place], i) => [place, i === 1 ? '00' : view.roots.get(place)!]),
    );
    expect(await fault(await made, { ...view, roots })).toBe(`anchor ${[...roots.keys()][1]}`);
  });

  test('that was lost is unreadable, not wrong', async () => {
    const empty = await PDFDocument.create();
    empty.addPage();
    for (const bytes of [await empty.save(), new Uint8Array(9), (await made).slice(0, 4_000)])
      expect(await fault(bytes)).toBe('REPORT_UNREADABLE');
  });

  test('fits its statement into the code on the page, and the code leads back to it', () => {
    const link = ReportPdf.linkOf(report.address, report.signed);
    expect(link.length).toBeLessThan(900);
    const text = new URLSearchParams(new URL(link).hash.split('?')[1]).get('s')!;
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    expect(ReportStatement.parseSigned(bytes)).toEqual(report.signed);
  });

  test('writes what a standard font has no letter for without it', async () => {
    const { report: odd } = scene((data) => {
      data.name = 'Zoë 李 Żółć';
    });
    await expect(check(await ReportPdf.render(odd))).resolves.toBeDefined();
  });
});

test('numbers on paper are written as the language writes them, in either unit', () => {
  expect(Numbers.metric('mean', 15_432, 'mg/dL', 'en')).toBe('154 mg/dL');
  expect(Numbers.metric('mean', 15_432, 'mmol/L', 'de')).toBe('8,6 mmol/L');
  expect(Numbers.metric('cv', 3_612, 'mg/dL', 'fr')).toBe('36,1 %');
  expect(Numbers.metric('gri', null, 'mg/dL', 'es')).toBe('–');
});
