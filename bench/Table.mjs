// Copyright the Islet authors. AGPL-3.0-or-later.

/**
 * One measure's outcome: `met` is null where there is no target, or none that this run may judge. `value` is what `met`
 * rests on, in `unit`; the texts are for people.
 */
const columns = [
  ['what', (row) => row.what],
  ['measured', (row) => row.measured],
  ['baseline, ratio', (row) => row.baseline ?? ''],
  ['target', (row) => row.target ?? ''],
  ['met', (row) => (row.met === null ? '–' : row.met ? 'yes' : 'NO')],
];

/** The rows as one table, with their notes below it. */
export function format(rows) {
  const notes = [];
  const cells = rows.map((row) => {
    const mark = row.note ? ` [${notes.push(row.note)}]` : '';
    return columns.map(([, cell], i) => cell(row) + (i === 0 ? mark : ''));
  });
  const all = [columns.map(([title]) => title), ...cells];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => [...row[i]].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => cell + ' '.repeat(widths[i] - [...cell].length)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const table = [line(all[0]), rule, ...all.slice(1).map(line)];
  return [...table, '', ...notes.map((note, i) => `[${i + 1}] ${note}`)].join('\n');
}
