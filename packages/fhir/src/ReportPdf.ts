// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches pdf-lib. A report as one page of PDF: the same report always gives the same bytes, so that
// whoever checks it draws it again and compares.

import {
  AFRelationship,
  beginMarkedContent,
  decodePDFRawStream,
  endMarkedContent,
  PDFArray,
  PDFDocument,
  type PDFFont,
  type PDFPage,
  PDFRawStream,
  PDFStream,
  rgb,
  StandardFonts,
} from '@cantoo/pdf-lib';
import * as ReportStatement from '@islet/client/ReportStatement';
import * as Day from '@islet/core/Day';
import { displayMgdl, displayMmol } from '@islet/core/Glucose';
import { limits } from '@islet/core/metrics/Ranges';
import qrcode from 'qrcode-generator';
import * as AgpPaths from './AgpPaths.js';
import { clamp, floor, topOf } from './ChartScale.js';
import * as Numbers from './Numbers.js';
import * as Report from './Report.js';

const attachment = 'islet-report.json';
/** A4, points. */
const page = { width: 595, height: 842, margin: 36 };
const inner = page.width - 2 * page.margin;
/** The newest days that get a picture, and how many in a row. */
const pictures = 14;
const inRow = 7;
/** The newest days or weeks that get a line of figures, in two columns. */
const spanLines = 24;
/** Points farther apart than this are not joined, minutes. */
const jump = 45;

const hex = (code: string) =>
  rgb(...([1, 3, 5].map((i) => Number.parseInt(code.slice(i, i + 2), 16) / 255) as [number, number, number]));
const ink = hex('#10211f');
const quiet = hex('#4a5c59');
const line = hex('#d5dfdc');
const sea = hex('#0b5d5e');
const target = hex('#eaf3f1');
const bands = {
  veryHigh: hex('#b8560f'),
  high: hex('#efb956'),
  inRange: hex('#2a9287'),
  low: hex('#9a76cc'),
  veryLow: hex('#4b1f7d'),
};
const bandNames = ['veryHigh', 'high', 'inRange', 'low', 'veryLow'] as const;
const figureNames = ['mean', 'gmi', 'cv', 'sd', 'gri', 'tight', 'wear'] as const;

type Pen = {
  page: PDFPage;
  plain: PDFFont;
  bold: PDFFont;
  /** Draws what has that name, so that a change of it can be told by name. */
  named: (name: string, draw: () => void) => void;
  /** `y` counts down from the top, to the foot of the letters. */
  text: (text: string, x: number, y: number, size: number, look?: Look) => void;
};
type Look = { bold?: boolean; color?: ReturnType<typeof rgb>; align?: 'right' | 'middle' };

/** The signed page. */
export async function render(report: Report.Report): Promise<Uint8Array> {
  const document = await PDFDocument.create({ updateMetadata: false });
  const made = new Date(report.signed.statement.madeAt);
  const { words, language } = report.data;
  document.setTitle(words.title ?? '');
  document.setLanguage(language);
  document.setCreator('Islet');
  document.setProducer('Islet');
  document.setCreationDate(made);
  document.setModificationDate(made);
  const pen = await penOf(document);
  const y = drawHead(pen, report);
  const below = drawFigures(pen, report, y);
  const after = drawProfile(pen, report, below);
  const last = drawEpisodes(pen, report, after);
  drawDays(pen, report, last);
  drawSpans(pen, report, last);
  drawFoot(pen, report);
  await document.attach(new TextEncoder().encode(Report.format(report)), attachment, {
    mimeType: 'application/json',
    description: 'Islet',
    creationDate: made,
    modificationDate: made,
    afRelationship: AFRelationship.Data,
  });
  return document.save({ useObjectStreams: false, addDefaultPage: false });
}

async function penOf(document: PDFDocument): Promise<Pen> {
  const sheet = document.addPage([page.width, page.height]);
  const [plain, bold] = [
    await document.embedFont(StandardFonts.Helvetica),
    await document.embedFont(StandardFonts.HelveticaBold),
  ];
  return {
    page: sheet,
    plain,
    bold,
    named(name, draw) {
      sheet.pushOperators(beginMarkedContent(name));
      draw();
      sheet.pushOperators(endMarkedContent());
    },
    text(text, x, y, size, { bold: heavy, color = ink, align } = {}) {
      const font = heavy ? bold : plain;
      const shown = writable(font, text);
      const width = font.widthOfTextAtSize(shown, size);
      const left = align === 'right' ? x - width : align === 'middle' ? x - width / 2 : x;
      sheet.drawText(shown, { x: left, y: page.height - y, size, font, color });
    },
  };
}

/** The letters that every PDF reader has: accents of Western Europe stay, others lose theirs, the rest becomes `?`. */
function writable(font: PDFFont, text: string): string {
  const has = (letter: string): boolean => {
    try {
      font.encodeText(letter);
      return true;
    } catch {
      return false;
    }
  };
  return [...text.normalize('NFC')]
    .map((letter) => {
      if (/\s/.test(letter)) return ' ';
      if (has(letter)) return letter;
      const bare = letter.normalize('NFD').replace(/\p{M}/gu, '');
      return bare !== '' && [...bare].every(has) ? bare : '?';
    })
    .join('');
}

function drawHead({ text, named }: Pen, { signed: { statement: s }, data }: Report.Report): number {
  const { words, name, code } = data;
  const left = page.margin;
  text(words.title ?? '', left, 56, 20, { bold: true });
  named('patient', () => {
    if (name) text(name, left, 76, 12, { bold: true });
    text(`${words.patient}: ${code}`, left + (name ? inner : 0), 76, 8.5, {
      color: quiet,
      ...(name && { align: 'right' }),
    });
  });
  named('period', () => {
    const of = `${words.period}: ${Day.format(s.firstDay)} – ${Day.format(s.lastDay)}`;
    text(of, left, 92, 10);
    const until = `${words.completeUntil} ${Numbers.moment(s.completeUntil)}`;
    text(until, page.width - left, 92, 9, { align: 'right', color: quiet });
  });
  named('sufficiency', () => text(words.sufficiency ?? '', left, 108, 9, { color: quiet }));
  const { source } = words;
  if (!source) return 126;
  named('source', () => text(source, left, 121, 9, { color: quiet }));
  return 142;
}

/** Ranges at the left, the figures at the right. */
function drawFigures(pen: Pen, { data }: Report.Report, top: number): number {
  const { text, named, page: sheet } = pen;
  const { words, unit, language } = data;
  const metrics = Report.metricsOf(data);
  const height = 110;
  text(words.ranges ?? '', page.margin, top, 11, { bold: true });
  let y = top + 10;
  for (const [i, band] of bandNames.entries()) {
    const value = metrics[band];
    named(band, () => {
      const tall = value === null ? 0 : (value / 10_000) * height;
      sheet.drawRectangle({
        x: page.margin,
        y: page.height - y - tall,
        width: 22,
        height: tall,
        color: bands[band],
      });
      y += tall;
      const row = top + 24 + i * 21;
      sheet.drawRectangle({
        x: page.margin + 34,
        y: page.height - row,
        width: 8,
        height: 8,
        color: bands[band],
      });
      text(words[band] ?? '', page.margin + 48, row, 9.5);
      text(words[`${band}Limits`] ?? '', page.margin + 118, row, 8.5, { color: quiet });
      text(Numbers.percent(value, language), page.margin + 246, row, 10, { bold: true, align: 'right' });
    });
  }
  const [left, width] = [page.margin + 276, (inner - 276) / 2];
  for (const [i, name] of figureNames.entries()) {
    const [x, row] = [left + (i % 2) * width, top + Math.floor(i / 2) * 31];
    named(name, () => {
      text(words[name] ?? '', x, row, 8.5, { color: quiet });
      text(Numbers.metric(name, metrics[name], unit, language), x, row + 14, 13, { bold: true });
    });
  }
  return top + height + 26;
}

function drawProfile(pen: Pen, { data }: Report.Report, top: number): number {
  const { text, named, page: sheet } = pen;
  const { words, agp, unit, language } = data;
  if (!agp) return top;
  text(words.agp ?? '', page.margin, top, 11, { bold: true });
  text(unit, page.margin, top + 12, 8, { color: quiet });
  const size = { width: inner, height: 190, left: 30, right: 4, top: 6, bottom: 16 };
  const { runs, target: band, lines, x } = AgpPaths.of(agp, size);
  const origin = { x: page.margin, y: page.height - top - 12 };
  named('agp', () => {
    sheet.drawRectangle({
      x: origin.x + band.x,
      y: origin.y - band.y - band.height,
      width: band.width,
      height: band.height,
      color: target,
    });
    for (const { mgdl, y, isLimit } of lines) {
      const [start, end] = [origin.x + size.left, origin.x + size.width - size.right];
      sheet.drawLine({
        start: { x: start, y: origin.y - y },
        end: { x: end, y: origin.y - y },
        thickness: isLimit ? 1 : 0.5,
        color: isLimit ? sea : line,
      });
      text(glucose(mgdl, unit, language), start - 4, top + 12 + y + 3, 8, { align: 'right', color: quiet });
    }
    for (const run of runs) {
      sheet.drawSvgPath(run.outer, { ...origin, color: hex('#c4e0dc') });
      sheet.drawSvgPath(run.inner, { ...origin, color: hex('#6db3ad') });
      sheet.drawSvgPath(run.middle, { ...origin, borderColor: sea, borderWidth: 1.6 });
    }
    for (const hour of [0, 3, 6, 9, 12, 15, 18, 21, 24]) {
      const align =
        hour === 24 ? { align: 'right' as const } : hour === 0 ? {} : { align: 'middle' as const };
      const written = `${String(hour).padStart(2, '0')}:00`;
      text(written, origin.x + x(hour * 60), top + 12 + size.height - 4, 8, { ...align, color: quiet });
    }
  });
  text(words.agpLegend ?? '', page.margin + size.left, top + size.height + 22, 8, { color: quiet });
  return top + size.height + 42;
}

function drawEpisodes({ text, named }: Pen, { data }: Report.Report, top: number): number {
  const { words, episodes, language } = data;
  if (!episodes) return top;
  const columns = [page.margin + 300, page.margin + 400, page.width - page.margin];
  text(words.episodes ?? '', page.margin, top, 11, { bold: true });
  for (const [i, heading] of ['count', 'perDay', 'longest'].entries())
    text(words[heading] ?? '', columns[i]!, top, 8.5, { align: 'right', color: quiet });
  for (const [i, { level, count, perDay, longestMinutes }] of episodes.entries()) {
    const row = top + 15 + i * 13;
    named(level, () => {
      text(words[level] ?? '', page.margin, row, 9);
      const each = perDay === null ? '–' : Numbers.fixed(perDay, 1, language);
      const longest = count === 0 ? '–' : `${Math.round(longestMinutes)} min`;
      for (const [j, cell] of [String(count), each, longest].entries())
        text(cell, columns[j]!, row, 9, { align: 'right' });
    });
  }
  return top + 15 + episodes.length * 13 + 12;
}

function drawDays({ page: sheet, text, named }: Pen, { data }: Report.Report, top: number): void {
  const days = data.days.slice(-pictures);
  if (days.length === 0) return;
  text(data.words.daily ?? '', page.margin, top, 11, { bold: true });
  const [width, height] = [inner / inRow - 6, 38];
  const most = topOf(Math.max(0, ...days.flatMap((d) => d.points.map(([, v]) => v))));
  const y = (mgdl: number): number => ((most - clamp(mgdl, most)) / (most - floor)) * height;
  for (const [i, { day, points }] of days.entries()) {
    const x = page.margin + (i % inRow) * (inner / inRow);
    const above = top + 18 + Math.floor(i / inRow) * (height + 16);
    named(`day ${Day.format(day)}`, () => {
      text(Day.format(day).slice(5), x, above, 7.5, { color: quiet });
      const origin = page.height - above - 4;
      const band = { top: y(limits.high), height: y(limits.low) - y(limits.high) };
      sheet.drawRectangle({
        x,
        y: origin - band.top - band.height,
        width,
        height: band.height,
        color: target,
      });
      const path = lineOf(points, width, y);
      if (path) sheet.drawSvgPath(path, { x, y: origin, borderColor: sea, borderWidth: 0.8 });
    });
  }
}

function drawSpans({ text, named }: Pen, { data }: Report.Report, top: number): void {
  const { words, unit, language } = data;
  const spans = (data.spans ?? []).slice(-spanLines);
  if (spans.length === 0) return;
  text(words.daily ?? '', page.margin, top, 11, { bold: true });
  const width = inner / 2;
  const rows = Math.ceil(spans.length / 2);
  for (let column = 0; column * rows < spans.length; column++) {
    const right = page.margin + column * width + width;
    text(words.mean ?? '', right - 80, top + 15, 8, { align: 'right', color: quiet });
    text(words.inRange ?? '', right - 16, top + 15, 8, { align: 'right', color: quiet });
  }
  for (const [i, { firstDay, lastDay, meanMgDl, inRangePercent }] of spans.entries()) {
    const x = page.margin + Math.floor(i / rows) * width;
    const row = top + 28 + (i % rows) * 13;
    const of =
      firstDay === lastDay ? Day.format(lastDay) : `${Day.format(firstDay)} – ${Day.format(lastDay)}`;
    const hundredths = (value: number | null): number | null =>
      value === null ? null : Math.round(value * 100);
    named(`span ${Day.format(lastDay)}`, () => {
      text(of, x, row, 9);
      text(Numbers.metric('mean', hundredths(meanMgDl), unit, language), x + width - 80, row, 9, {
        align: 'right',
      });
      text(Numbers.percent(hundredths(inRangePercent), language), x + width - 16, row, 9, { align: 'right' });
    });
  }
}

function lineOf(points: Report.DayPicture['points'], width: number, y: (mgdl: number) => number): string {
  let path = '';
  let last = Number.NEGATIVE_INFINITY;
  for (const [minute, mgdl] of points) {
    const x = ((minute / 1440) * width).toFixed(1);
    path += `${minute - last > jump ? 'M' : 'L'}${x} ${y(mgdl).toFixed(1)}`;
    last = minute;
  }
  return path;
}

function drawFoot({ page: sheet, text, named }: Pen, { signed, address, data }: Report.Report): void {
  const { words } = data;
  const { statement: s } = signed;
  const side = 96;
  const top = page.height - page.margin - side;
  named('code', () => {
    const code = qrcode(0, 'L');
    code.addData(linkOf(address, signed));
    code.make();
    const count = code.getModuleCount();
    let path = '';
    for (let y = 0; y < count; y++)
      for (let x = 0; x < count; x++) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`;
    const at = { x: page.width - page.margin - side, y: page.height - top, scale: side / count };
    sheet.drawSvgPath(path, { ...at, color: rgb(0, 0, 0) });
  });
  named('statement', () => {
    const rows = [
      words.signedBy ?? '',
      words.checked ?? '',
      `${words.digest}: ${Report.shortDigest(ReportStatement.digestOf(s))}`,
      `${words.made} ${Numbers.moment(s.madeAt)}`,
      words.scan ?? '',
      words.notDevice ?? '',
    ];
    for (const [i, row] of rows.entries())
      text(
        row,
        page.margin,
        top + 12 + i * 14,
        i === 0 ? 9.5 : 8.5,
        i === 0 ? { bold: true } : { color: quiet },
      );
  });
}

/** What the code on paper holds: the page that checks, and the statement itself. */
export function linkOf(address: string, signed: ReportStatement.Signed): string {
  const text = btoa(String.fromCharCode(...ReportStatement.encodeSigned(signed)));
  return `${address}/#/verify?s=${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

const glucose = (mgdl: number, unit: Report.Data['unit'], language: string): string =>
  unit === 'mg/dL'
    ? Numbers.fixed(displayMgdl(mgdl, 'mg/dL'), 0, language)
    : Numbers.fixed(displayMmol(mgdl, 'mg/dL'), 1, language);

/** The statement and data that a file carries. Throws `REPORT_UNREADABLE`. */
export async function read(bytes: Uint8Array): Promise<Report.Report> {
  try {
    const document = await PDFDocument.load(bytes, { updateMetadata: false });
    const found = document.getAttachments().find((one) => one.name === attachment);
    if (found) return Report.parse(new TextDecoder().decode(found.data));
  } catch {
    // Said below.
  }
  throw new Report.ReportUnreadableError();
}

/** What the page draws, by name, as the commands that draw it. */
export async function partsOf(bytes: Uint8Array): Promise<Map<string, string>> {
  const document = await PDFDocument.load(bytes, { updateMetadata: false });
  const sheet = document.getPages()[0];
  const contents = sheet?.node.Contents();
  const streams = contents instanceof PDFArray ? contents.asArray() : contents ? [contents] : [];
  let commands = '';
  for (const one of streams) {
    const stream = one instanceof PDFStream ? one : document.context.lookup(one);
    if (stream instanceof PDFRawStream)
      commands += `${new TextDecoder('latin1').decode(decodePDFRawStream(stream).decode())}\n`;
  }
  const parts = new Map<string, string>();
  for (const [, name, drawn] of commands.matchAll(/^\/(\S+) BMC\n([\s\S]*?)^EMC$/gm))
    parts.set(name!.replaceAll('#20', ' '), (parts.get(name!) ?? '') + drawn);
  return parts;
}
