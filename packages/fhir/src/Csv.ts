// Copyright the Islet authors. AGPL-3.0-or-later.

export type Cell = string | number | null;

/** A record as RFC 4180 wants it, less its line break. A cell is quoted where it must be; null is an empty one. */
export const row = (cells: readonly Cell[]): string => cells.map(cell).join(',');

/** What ends a record. */
export const lineBreak = '\r\n';

function cell(value: Cell): string {
  const text = value === null ? '' : String(value);
  // Blanks at the ends are quoted too: some readers trim.
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
