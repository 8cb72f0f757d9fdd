// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Sent, withdraw } from '@islet/client/Importing';
import { IsletError } from '@islet/core/IsletError';
import * as Import from '@islet/ingest/Import';
import { type Command, Option } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { send } from '../Importing.js';
import * as People from '../People.js';

type Options = {
  zone?: string;
  format?: Import.Options['format'];
  dates?: Import.Options['dates'];
  undo?: string;
  person: string;
  json?: boolean;
};

const maxFileBytes = 64 << 20;

export function registerImport(program: Command, context: Context): void {
  program
    .command('import')
    .description('take in a file that an app or a device exported')
    .argument('[file]', 'an export, also zipped: Dexcom, LibreView, Nightscout, CareLink, Glooko and more')
    .option(
      '--zone <name>',
      'the time zone of the device’s clock, like Europe/Bucharest (default: this computer’s)',
    )
    .addOption(new Option('--format <name>', 'what the file is (default: recognised)').choices(Import.names))
    .addOption(
      new Option('--dates <order>', 'which part of a date comes first').choices(['day-first', 'month-first']),
    )
    .option('--undo <import>', 'take an earlier import back')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((file: string | undefined, options: Options) => run(context, file, options));
}

async function run(context: Context, file: string | undefined, options: Options): Promise<void> {
  const { home } = context;
  const output = context.output(options);
  const person = await People.need(home, options.person);
  if (options.undo !== undefined) {
    await using network = await connect(home);
    const told = await withdraw(network, person, options.undo);
    output.result({ undone: options.undo, ...(told as object) }, `Import ${options.undo} is taken back.`);
    return;
  }
  const imported = await readHere(file, options, context.now());
  const { summary } = imported;
  await using network = await connect(home);
  const sent = await send(home, network, person, imported.readings, (what, done, of) =>
    output.progress.update(what, done, of),
  );
  output.progress.end();
  const assumed = options.zone === undefined;
  output.result(
    {
      file: basename(file ?? ''),
      format: imported.format,
      importId: sent.importId,
      // The law of rows: rows = produced + untimed + duplicatesInFile + refused.
      rows: summary.rows,
      produced: summary.produced,
      readings: summary.readings,
      accepted: sent.accepted,
      // What the file repeats, and what Islet had already.
      duplicates: summary.duplicates + sent.duplicates,
      duplicatesInFile: summary.duplicates,
      duplicatesKnown: sent.duplicates,
      words: summary.words,
      calibrations: summary.calibrations,
      untimed: summary.untimed,
      refused: summary.refused,
      unit: summary.unit,
      firstAt: summary.firstAt,
      lastAt: summary.lastAt,
      zone: summary.zone,
      zoneAssumed: assumed,
      undo: `islet import --undo ${sent.importId}`,
      notes: summary.notes,
    },
    story(imported, sent, assumed),
  );
}

async function readHere(file: string | undefined, options: Options, now: number): Promise<Import.Imported> {
  if (file === undefined) throw new FileError('no file was named');
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new FileError('there is no such file');
  if (found.size > maxFileBytes)
    throw new FileError(`it is larger than ${maxFileBytes >> 20} MiB; split it`, 'INGEST_TOO_LARGE');
  const zone = options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { format, dates } = options;
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) throw new FileError('it cannot be read');
  return Import.read(new Uint8Array(bytes), {
    zone,
    now,
    ...(format && { format }),
    ...(dates && { dates }),
  });
}

function story({ format, summary }: Import.Imported, sent: Sent, assumed: boolean): string {
  const kinds = Object.entries(summary.readings).flatMap(([kind, n]) => (n > 0 ? [`${n} ${kind}`] : []));
  const lines = [
    `Read ${summary.rows} rows of a ${format} file: ${kinds.join(', ') || 'no readings'}.`,
    `${sent.accepted} readings are new, sealed and on disk; ${sent.duplicates} were known already.`,
  ];
  if (summary.words.low + summary.words.high > 0)
    lines.push(
      `The sensor said "Low" ${summary.words.low} times and "High" ${summary.words.high} times; they count at its limits, 40 and 400 mg/dL.`,
    );
  if (summary.duplicates > 0) lines.push(`${summary.duplicates} rows repeat another row of the file.`);
  if (summary.untimed > 0)
    lines.push(`${summary.untimed} rows have no time (names, devices, alarm settings) and are left out.`);
  for (const r of summary.refused.slice(0, 10))
    lines.push(`Row ${r.row}${r.file ? ` of ${r.file}` : ''} was not taken: ${r.text}`);
  if (summary.refused.length > 10)
    lines.push(`… and ${summary.refused.length - 10} more rows were not taken; --json lists them all.`);
  for (const note of summary.notes) lines.push(note.text);
  if (assumed)
    lines.push(
      `Times were read as ${summary.zone}, this computer’s zone. If that is wrong: npx islet import --undo ${sent.importId}, then import again with --zone.`,
    );
  return lines.join('\n');
}

export class FileError extends IsletError {
  override readonly name = 'FileError';
  constructor(why: string, code = 'CLI_NO_FILE') {
    super(code, `The file cannot be taken: ${why}. Nothing was changed.`);
  }
}
