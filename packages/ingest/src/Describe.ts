// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import type { Given } from './Format.js';
import { firstSign, looksLikeJson } from './Given.js';
import { maxPreambleLines } from './Limits.js';
import * as Table from './Table.js';
import * as Text from './Text.js';

const shown = { names: 8, length: 40 } as const;

/** What a file that no format knows looks like, in words: names of things, never a value. */
export function given({ bytes, text, json }: Given): string {
  if (bytes.length === 0 || (text !== undefined && firstSign(text) === '')) return 'an empty file';
  if (text === undefined) return Text.notText(bytes) ?? 'binary data';
  if (json !== undefined) return jsonWords(json);
  if (looksLikeJson(text)) return 'broken JSON';
  if (firstSign(text) === '<') return markup(text.slice(0, 4096));
  return tableWords(text);
}

function jsonWords(json: unknown): string {
  const of = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : []);
  if (!Array.isArray(json)) return `a JSON object${having('of', of(json))}`;
  const some = json.find((item) => typeof item === 'object' && item !== null);
  return `a JSON array${having('of objects with', of(some))}`;
}

const having = (how: string, names: string[]): string => {
  const list = listed(names);
  return list === '' ? '' : ` ${how} ${list}`;
};

function markup(start: string): string {
  if (/<!doctype html|<html/i.test(start)) return 'HTML';
  const root = /<([A-Za-z][\w.:-]{0,39})(?=[\s/>])/.exec(start)?.[1];
  return root === undefined ? 'XML' : `XML (${root})`;
}

function tableWords(text: string): string {
  let best: string[] = [];
  let wide = false;
  for (const line of Table.head(text, maxPreambleLines)) {
    for (const separator of Table.separators) {
      if (line.split(separator).length < 3) continue;
      wide = true;
      const cells = Table.cells(line, separator).map((cell) => cell.replace(/\uFEFF/g, '').trim());
      const names = cells.filter(likeName);
      if (names.length > best.length && names.length >= cells.filter((c) => c !== '').length) best = names;
    }
  }
  if (!wide) return 'text without a table';
  return `a table whose columns are not known here${best.length >= 3 ? `: ${listed(best)}` : ''}`;
}

/** Names have letters and hardly any digits. What may be a value is not shown. */
const likeName = (cell: string): boolean =>
  /^[\p{L}_#(]/u.test(cell) && !/\d{2}/.test(cell) && cell.length <= shown.length;

/** Names in a row, the first few. */
export function listed(names: string[]): string {
  const clean = names.filter(likeName);
  const more = clean.length > shown.names ? ', …' : '';
  return `${clean.slice(0, shown.names).join(', ')}${more}`;
}

const shownFiles = 5;

/** The names of an archive's files, the first few, their last part only. */
export const files = (names: string[]): string =>
  `${names
    .slice(0, shownFiles)
    .map((name) => name.slice(-60))
    .join(', ')}${names.length > shownFiles ? ', …' : ''}`;

/** Devices whose exports are known to exist and not known in their layout, by the words that name them. */
const unsupported: [name: string, words: RegExp][] = [['Eversense', /eversense|senseonics/i]];

/** Which of these a file is, by its first lines. */
export function unsupportedOf({ text }: Given): string | undefined {
  const start = text?.slice(0, 4096);
  return start === undefined ? undefined : unsupported.find(([, words]) => words.test(start))?.[0];
}

/** `INGEST_UNSUPPORTED`: the content names a device whose exports are not read. Says what it looks like. */
export class UnsupportedError extends IsletError {
  override readonly name: string = 'UnsupportedError';
  constructor(device: string, saw: string) {
    super(
      'INGEST_UNSUPPORTED',
      `This names ${device}, and is ${saw}. The layout of such files is not public, so they are not read: a guess could take one number for another. The same readings can come through Apple Health, Tidepool or Nightscout. To have it supported, report the column names with two rows that you made up: docs/formats.md says where.`,
    );
  }
}

/** `INGEST_UNRECOGNISED`: the content is not one of the formats read here. Says what it looks like. */
export class UnrecognisedError extends IsletError {
  override readonly name: string = 'UnrecognisedError';
  constructor(saw: string) {
    super(
      'INGEST_UNRECOGNISED',
      `This is ${saw}. What can be read: exports of Dexcom, LibreView, Nightscout, CareLink, Glooko and more; docs/formats.md lists them.`,
    );
  }
}
