// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Context as Call } from 'hono';
import type { Fields, Json } from './Json.js';

const suffixes = ['json', 'csv', 'tsv', 'txt', 'html', 'js', 'svg', 'png', 'xml'] as const;
export type Format = (typeof suffixes)[number];

/** A path's last part without its suffix, which says the format. */
export function split(part: string): { name: string; format: Format | undefined } {
  const found = /^(.*)\.(\w+)$/.exec(part);
  const format = suffixes.find((one) => one === found?.[2]);
  return format ? { name: found![1]!, format } : { name: part, format: undefined };
}

/** The format asked for by suffix, or by `Accept` where it names one. */
export function formatOf(c: Call, suffix: Format | undefined): Format {
  if (suffix) return suffix;
  const accept = c.req.header('accept') ?? '';
  if (/json|\*\/\*/.test(accept) || accept === '') return 'json';
  if (/text\/csv/.test(accept)) return 'csv';
  if (/tab-separated/.test(accept)) return 'tsv';
  if (/text\/plain/.test(accept)) return 'txt';
  return 'json';
}

const columns = ['dateString', 'date', 'sgv', 'direction', 'device'] as const;

/** Entries as rows of Nightscout's columns, without their names. */
export function table(rows: Fields[], separator: string): string {
  return rows.map((row) => columns.map((name) => cell(row[name])).join(separator)).join('\r\n');
}

/** A cell; a text that a spreadsheet would run as a formula is kept from it. */
function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return `"${safe.replaceAll('"', '""').replace(/[\t\r\n]/g, ' ')}"`;
}

/** Records in the format asked for. */
export function records(c: Call, format: Format, rows: Fields[]): Response {
  if (format === 'csv') return c.body(table(rows, ','), 200, { 'Content-Type': 'text/csv; charset=utf-8' });
  if (format === 'tsv')
    return c.body(table(rows, '\t'), 200, { 'Content-Type': 'text/tab-separated-values; charset=utf-8' });
  if (format === 'txt')
    return c.body(table(rows, '\t'), 200, { 'Content-Type': 'text/plain; charset=utf-8' });
  return c.json(rows);
}
