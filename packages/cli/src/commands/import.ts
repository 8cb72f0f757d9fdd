// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as Gateways from '@islet/client/Gateways';
import { type Sent, withdraw } from '@islet/client/Importing';
import type { Progress } from '@islet/client/Person';
import * as Import from '@islet/ingest/Import';
import * as Large from '@islet/ingest/Large';
import { maxFileBytes } from '@islet/ingest/Limits';
import type { Summary } from '@islet/ingest/Summary';
import { type Command, Option } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Far from '../FarFile.js';
import { FileError } from '../FileError.js';
import { send, sendLarge } from '../Importing.js';
import type { Output } from '../Output.js';
import * as People from '../People.js';

type Options = {
  zone?: string;
  format?: Import.Options['format'];
  dates?: Import.Options['dates'];
  undo?: string;
  person: string;
  json?: boolean;
};

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
    const told = await withdraw(Gateways.of(network, person), person, options.undo);
    output.result({ undone: options.undo, ...(told as object) }, `Import ${options.undo} is taken back.`);
    return;
  }
  const { format, summary, sent } = await take(context, person, file, options, output);
  output.progress.end();
  const assumed = options.zone === undefined;
  output.result(
    {
      file: basename(file ?? ''),
      format,
      importId: sent.importId,
      // The law of rows: rows = produced + untimed + duplicatesInFile + refusedRows.
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
      refusedRows: summary.refusedRows,
      unit: summary.unit,
      firstAt: summary.firstAt,
      lastAt: summary.lastAt,
      zone: summary.zone,
      zoneAssumed: assumed,
      undo: `islet import --undo ${sent.importId}`,
      notes: summary.notes,
    },
    story({ format, summary, sent }, assumed),
  );
}

type Taken = { format: string; summary: Summary; sent: Sent };

/** Large files are read where they lie, all others whole. Nothing is sent of a file that cannot be read. */
async function take(
  { home, now }: Context,
  person: People.Person,
  file: string | undefined,
  options: Options,
  output: Output,
): Promise<Taken> {
  const { path, size } = await found(file);
  const asked = askedOf(options, now());
  const onProgress: Progress = (what, done, of) => output.progress.update(what, done, of);
  await using far = await Far.far(path).catch(() => {
    throw new FileError('it cannot be read');
  });
  const large = await Large.find(far, asked);
  if (large) {
    await using network = await connect(home);
    return { format: large.format, ...(await sendLarge(home, network, person, large, onProgress)) };
  }
  if (size > maxFileBytes)
    throw new FileError(
      `it is larger than ${maxFileBytes >> 20} MiB, and none of the formats that can be; split it`,
      'INGEST_TOO_LARGE',
    );
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) throw new FileError('it cannot be read');
  const { format, summary, readings } = Import.read(new Uint8Array(bytes), asked);
  await using network = await connect(home);
  return { format, summary, sent: await send(home, network, person, readings, onProgress) };
}

async function found(file: string | undefined): Promise<{ path: string; size: number }> {
  if (file === undefined) throw new FileError('no file was named');
  const here = await stat(file).catch(() => undefined);
  if (!here?.isFile()) throw new FileError('there is no such file');
  return { path: file, size: here.size };
}

function askedOf({ zone, format, dates }: Options, now: number): Import.Options {
  return {
    zone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    now,
    ...(format && { format }),
    ...(dates && { dates }),
  };
}

function story({ format, summary, sent }: Taken, assumed: boolean): string {
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
  if (summary.refusedRows > 10)
    lines.push(
      `… and ${summary.refusedRows - 10} more rows were not taken; --json lists ${summary.refused.length < summary.refusedRows ? `the first ${summary.refused.length}` : 'them all'}.`,
    );
  for (const note of summary.notes) lines.push(note.text);
  if (assumed)
    lines.push(
      `Times were read as ${summary.zone}, this computer’s zone. If that is wrong: npx islet import --undo ${sent.importId}, then import again with --zone.`,
    );
  return lines.join('\n');
}
