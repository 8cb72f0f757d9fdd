// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Format } from './Format.js';
import * as Header from './Header.js';

import * as Nightscout from './Nightscout.js';
import * as NightscoutKind from './NightscoutKind.js';
import { type Outcome, refused } from './Outcome.js';
import * as Table from './Table.js';

// Nightscout's API as a table: version 1 writes entries without column names (`dateString, date, sgv, direction,
// device`), version 3 any collection with them.

/** Answers of `/api/v1/entries.csv`, `.tsv`, `.txt` and of `/api/v3/….csv`. */
export const format: Format = {
  name: 'nightscout-csv',
  recognise: ({ text }) => {
    if (text === undefined) return undefined;
    const separator = bare(text);
    if (separator)
      return ({ zone }) => Nightscout.read(...items(Table.read(text, separator, 0, 5), v1), zone);
    const header = Header.find(text, (names) =>
      v3(names) ? names.map((n) => n.replace(/\uFEFF|"/g, '').trim()) : undefined,
    );
    if (!header) return undefined;
    const { separator: between, line, found } = header;
    return ({ zone }) =>
      Nightscout.read(...items(Table.read(text, between, line, found.length), found), zone);
  },
};

const v1 = ['dateString', 'date', 'sgv', 'direction', 'device'];

const first = /^"?\d{4}-\d\d-\d\dT[\d:.]{5,12}(?:Z|[+-]\d\d:?\d\d)"?([,\t])\d{12,13}\1\d*\1/;

/** The separator of a table of entries without names; its first line is a row. */
function bare(text: string): Table.Separator | undefined {
  const [line] = Table.head(text, 1);
  return line === undefined
    ? undefined
    : (first.exec(line.replace(/^\uFEFF/, ''))?.[1] as Table.Separator | undefined);
}

function v3(names: string[]): boolean {
  const plain = names.map((name) => name.replace(/\uFEFF|"/g, '').trim());
  const has = (name: string) => plain.includes(name);
  return (
    (has('date') || has('created_at') || has('dateString')) && (has('sgv') || has('mbg') || has('eventType'))
  );
}

/** Rows as the objects that they would be in JSON; empty cells are no fields. Rows that cannot be right stand apart. */
function items(records: Table.Record[], names: string[]): [NightscoutKind.Item[], (number | Outcome)[]] {
  const list: NightscoutKind.Item[] = [];
  const rows = records.map((record): number | Outcome => {
    if (record.bad) return refused(record.row, record.bad);
    const cells = names.flatMap((name, i): [string, string][] => {
      const cell = (record.cells[i] ?? '').trim();
      return cell === '' ? [] : [[name, cell]];
    });
    list.push(NightscoutKind.item(Object.fromEntries(cells)));
    return record.row;
  });
  return [list, rows];
}
