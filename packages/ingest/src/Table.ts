// Copyright the Islet authors. AGPL-3.0-or-later.
// The only file that touches csv-parse, in its browser build.
import { parse } from 'csv-parse/browser/esm/sync';
import { maxFields, maxLineLength, maxRecordLines, maxRows } from './Limits.js';
import type { Reason } from './Outcome.js';
import { TooLargeError } from './Text.js';

export type Separator = ',' | ';' | '\t';

export const separators: Separator[] = [',', ';', '\t'];

/** One record of a table. `row` is the 1-based line it begins on. */
export type Record = { row: number; cells: string[]; bad: Reason | null };

type Line = { row: number; text: string; ended: boolean };

/** The first lines of a text, at most `count`, and none beyond the limit of length: enough to recognise it by. */
export function head(text: string, count: number): string[] {
  const out: string[] = [];
  const end = text.includes('\n') ? '\n' : '\r';
  for (let start = 0; start < text.length && out.length < count; ) {
    const stop = text.indexOf(end, start);
    const line = text.slice(start, stop < 0 ? text.length : stop);
    if (line.length > maxLineLength) break;
    out.push(line.endsWith('\r') ? line.slice(0, -1) : line);
    start = stop < 0 ? text.length : stop + 1;
  }
  return out;
}

/** One line's fields. Used for the lines above the table. */
export function cells(line: string, separator: Separator): string[] {
  return split([line], separator)?.[0] ?? line.split(separator);
}

/**
 * The records below line `after`, each with `width` fields. Blank lines are no records. A record that cannot be
 * right says why in `bad` and does not take others with it: a stray quotation mark costs its own row, not the file.
 */
export function read(text: string, separator: Separator, after: number, width: number): Record[] {
  const records: (Record & { ended: boolean })[] = [];
  let batch: Line[] = [];
  const flush = () => {
    const texts = batch.map((line) => line.text);
    const parsed = split(texts, separator);
    batch.forEach((line, i) => {
      const found = parsed ? parsed[i] : split([line.text], separator)?.[0];
      records.push({ row: line.row, cells: found ?? [], bad: found ? null : 'quote', ended: line.ended });
    });
    batch = [];
  };
  for (const line of logical(text, separator, after)) {
    if (line.text.trim() === '') continue;
    if (records.length + batch.length >= maxRows) {
      throw new TooLargeError(`The file has more than ${maxRows} rows. Export fewer days at once.`);
    }
    if (line.text.includes('"')) {
      batch.push(line);
      if (batch.length === batchSize) flush();
    } else {
      if (batch.length > 0) flush();
      records.push({ row: line.row, cells: line.text.split(separator), bad: null, ended: line.ended });
    }
  }
  flush();
  judge(records, width);
  return records.map(({ row, cells, bad }) => ({ row, cells, bad }));
}

const batchSize = 512;

/** Some programs trim trailing separators, always; a single short row is a fault. */
function judge(records: (Record & { ended: boolean })[], width: number): void {
  const short = records.filter((r) => r.bad === null && r.cells.length < width).length;
  const trims = short > records.length / 2;
  records.forEach((record, i) => {
    const { cells, ended } = record;
    if (record.bad) {
      if (!ended) record.bad = 'cut';
      return;
    }
    if (cells.length > maxFields)
      throw new TooLargeError(`Row ${record.row} has more than ${maxFields} fields.`);
    if (!ended && (cells.length < width || shorter(records, i))) {
      record.bad = 'cut';
    } else if (cells.length < width) {
      if (trims) while (cells.length < width) cells.push('');
      else record.bad = 'fields';
    } else if (cells.length > width && cells.slice(width).some((cell) => cell.trim() !== '')) {
      record.bad = 'fields';
    }
  });
}

/**
 * Whether the last field of this row is shorter than in the latest row that fills the same fields before it, or has
 * none to be compared with. A cut last field (a transmitter's name, its clock) would make a wrong identity, so it is not believed.
 */
function shorter(records: Record[], i: number): boolean {
  const pattern = (cells: string[]) =>
    cells
      .slice(0, -1)
      .map((cell) => cell !== '')
      .join();
  const { cells } = records[i]!;
  const like = records.findLast(
    (r, j) => j < i && r.cells.length === cells.length && pattern(r.cells) === pattern(cells),
  );
  const last = cells.at(-1)!.length;
  return like ? last < like.cells.at(-1)!.length : last > 0;
}

function* lines(text: string): Generator<Line> {
  const end = text.includes('\n') ? '\n' : '\r';
  let start = 0;
  for (let row = 1; start < text.length; row++) {
    const stop = text.indexOf(end, start);
    const raw = text.slice(start, stop < 0 ? text.length : stop);
    if (raw.length > maxLineLength)
      throw new TooLargeError(`Line ${row} is longer than ${maxLineLength} characters.`);
    yield { row, text: raw.endsWith('\r') ? raw.slice(0, -1) : raw, ended: stop >= 0 };
    start = stop < 0 ? text.length : stop + 1;
  }
}

/** Lines, joined where a quoted field runs over several. Behind a quotation mark that is never closed each line stands for itself. */
function* logical(text: string, separator: Separator, after: number): Generator<Line> {
  let open: Line[] = [];
  for (const line of lines(text)) {
    if (line.row <= after) continue;
    if (open.length === 0 && !line.text.includes('"')) {
      yield line;
      continue;
    }
    open.push(line);
    const joined = open.map((l) => l.text).join('\n');
    if (!endsInQuotes(joined, separator)) {
      yield { row: open[0]!.row, text: joined, ended: line.ended };
      open = [];
    } else if (open.length >= maxRecordLines || joined.length > maxLineLength) {
      yield* open;
      open = [];
    }
  }
  yield* open;
}

/** Whether a field that began with a quotation mark is still open at the end of the text. */
function endsInQuotes(text: string, separator: Separator): boolean {
  let quoted = false;
  let fieldStart = true;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"') {
        if (text[i + 1] === '"') i++;
        else quoted = false;
      }
    } else if (c === '"' && fieldStart) quoted = true;
    fieldStart = !quoted && c === separator;
  }
  return quoted;
}

/** The fields of each line, or undefined where they do not come out one record per line. */
function split(texts: string[], separator: Separator): string[][] | undefined {
  if (texts.length === 0) return [];
  try {
    const out = parse(texts.join('\n'), {
      delimiter: separator,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: false,
    });
    return out.length === texts.length ? out : undefined;
  } catch {
    return undefined;
  }
}
