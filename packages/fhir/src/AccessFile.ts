// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord } from '@islet/client/AccessRecord';
import { base64, unbase64 } from '@islet/core/base64';
import { utf8 } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import * as AccessCsv from './AccessCsv.js';
import * as AccessText from './AccessText.js';
import * as AuditEvents from './AuditEvents.js';
import * as Csv from './Csv.js';
import * as Disclosures from './Disclosures.js';

export const formats = ['text', 'csv', 'fhir', 'disclosures'] as const;
export type Format = (typeof formats)[number];

/**
 * The log as a file. Each ends with the record it was written from: whoever doubts a line checks the record (by
 * `AccessCheck`), writes it anew and compares. Lines end as the format wants.
 */
export function write(format: Format, record: AccessRecord): string {
  const evidence = base64(utf8(JSON.stringify({ format, record })));
  switch (format) {
    case 'text':
      return ended([...AccessText.write(record), mark + evidence], '\n');
    case 'disclosures':
      return ended([...Disclosures.write(record), mark + evidence], '\n');
    case 'csv': {
      const last = AccessCsv.columns.map((name) =>
        name === 'kind' ? 'record' : name === 'evidence' ? evidence : null,
      );
      return ended([...AccessCsv.write(record), Csv.row(last)], Csv.lineBreak);
    }
    case 'fhir':
      return ended(AuditEvents.write(record, evidence), '\n');
  }
}

const mark = 'islet-record:';
const ended = (lines: string[], lineBreak: string): string => lines.map((l) => l + lineBreak).join('');

const marks = [
  /^islet-record:([A-Za-z0-9+/=]+)$/m,
  /^record,+([A-Za-z0-9+/=]+)\r?$/m,
  /"contentType":"application\/vnd\.islet\.access\+json","data":"([A-Za-z0-9+/=]+)"/,
];

/** Whether a text is such a file, or was. */
export const is = (text: string): boolean => marks.some((m) => m.test(text));

/** The record inside, not checked yet. Throws `ACCESS_UNREADABLE`. */
export function read(text: string): { format: Format; record: AccessRecord } {
  try {
    const found = marks.map((m) => m.exec(text)?.[1]).find((f) => f !== undefined);
    const { format, record } = JSON.parse(new TextDecoder().decode(unbase64(found!)));
    if (record.islet !== 'access' || record.version !== 1 || !formats.includes(format)) throw new TypeError();
    return { format, record };
  } catch {
    throw new UnreadableAccessError();
  }
}

/** The first line of the text, counted from 1, that is not what its record says; undefined where all are. */
export function firstAltered(text: string): number | undefined {
  const { format, record } = read(text);
  const [should, has] = [write(format, record).split('\n'), text.split('\n')];
  const at = should.findIndex((line, i) => line !== has[i]);
  if (at >= 0) return at + 1;
  return has.length > should.length ? should.length : undefined;
}

export class UnreadableAccessError extends IsletError {
  override readonly name = 'UnreadableAccessError';
  constructor() {
    super(
      'ACCESS_UNREADABLE',
      'The file is no export of who saw what, or the record at its end is damaged. Export anew with: npx islet access',
    );
  }
}
