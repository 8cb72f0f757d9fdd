// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AccessRecord, Line } from '@islet/client/AccessRecord';
import type { Access } from '@islet/client/Log';
import { base64, unbase64 } from '@islet/core/base64';
import { fromHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { codeOf, sentenceOf } from '@islet/core/Reason';
import * as Release from '@islet/core/Release';
import * as AccessFile from '@islet/fhir/AccessFile';
import * as AccessText from '@islet/fhir/AccessText';
import * as PrivateFile from '@islet/store/PrivateFile';
import { type Command, Option } from 'commander';
import * as AccessLog from '../AccessLog.js';
import * as AccessVerify from '../AccessVerify.js';
import * as Alarms from '../Alarms.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import { FileError } from '../FileError.js';
import * as People from '../People.js';

type Options = AccessLog.Asked & {
  person: string;
  json?: boolean;
  format?: AccessFile.Format;
  out?: string;
  verify?: string;
};

export function registerAccess(program: Command, context: Context): void {
  program
    .command('access')
    .description('who saw what, and who was refused')
    .option('--reader <name>', 'only what this reader, or this device of yours, asked for')
    .option('--refused', 'only what was refused')
    .option('--from <date>', 'from this day on')
    .option('--to <date>', 'up to this day, and all of it')
    .option('--stream <name>', 'only requests known to be for this kind of data')
    .addOption(
      new Option('--format <name>', 'as a file that can be checked again').choices([...AccessFile.formats]),
    )
    .option('--out <file>', 'where to write it (default: on the screen)')
    .option('--verify <file>', 'check such a file against the chain followed here')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((options: Options) =>
      options.verify === undefined ? run(context, options) : check(context, options.verify, options),
    );
}

async function run(context: Context, options: Options): Promise<void> {
  const output = context.output(options);
  const person = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const record = await AccessLog.gather(context.home, network, person, options, output.warn);
  if (options.format === undefined && options.out === undefined) {
    const emergencies = await Alarms.news(context.home, network, person);
    const said = [...emergencies.map((e) => e.sentence), ...record.lines.map(AccessText.sentence)];
    const text = said.join('\n');
    output.result({ ...(await forPrograms(record)), emergencies }, text || 'Nobody has asked yet.');
    return;
  }
  const format = options.format ?? 'text';
  const file = AccessFile.write(format, record);
  if (options.out === undefined) {
    output.result({ format, file }, file.trimEnd());
    return;
  }
  await PrivateFile.write(resolve(options.out), new TextEncoder().encode(file));
  output.result(
    { file: options.out, format, lines: record.lines.length, block: record.chain.block },
    `Wrote ${record.lines.length} lines, as of block ${record.chain.block}. Check it any time: npx islet verify ${options.out} --chain URL`,
  );
}

async function check(context: Context, file: string, options: Options): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new FileError('it cannot be read');
  await using network = await connect(context.home);
  const verified = await AccessVerify.byOurs(text, network);
  context.output(options).result({ verified }, AccessVerify.text(verified));
}

/** The log as programs get it. */
async function forPrograms(record: AccessRecord): Promise<object> {
  const accesses = record.lines.filter((line) => line.kind === 'request');
  const looks = record.lines.filter((line) => line.kind === 'look');
  const keys = new Map(record.custodians.map((c) => [c.index, fromHex(c.key)]));
  return {
    accesses: await Promise.all(accesses.map((line) => access(line, keys))),
    looks: looks.map(({ device, look }) => ({
      at: new Date(look.at).toISOString(),
      device,
      readings: look.count,
    })),
    silentCustodians: record.silent,
  };
}

async function access(line: Extract<Line, { kind: 'request' }>, keys: Map<number, Uint8Array>) {
  const { decision: d, words } = line;
  const releases = await Promise.all(
    line.notes.map(async ({ custodian, note }) => {
      const read = await Release.parseNote(unbase64(note), keys.get(custodian) ?? new Uint8Array(32));
      return { custodian, at: read?.at ?? null, epochs: read?.epochs.length ?? null };
    }),
  );
  return {
    number: d.number,
    at: new Date(d.at).toISOString(),
    reader: AccessText.readerOf(line),
    outcome: d.reason === 0 ? 'granted' : 'refused',
    code: codeOf(d.reason),
    reason: sentenceOf(d.reason),
    from: d.scope && safeDay(d.scope.firstDay),
    to: d.scope && safeDay(d.scope.lastDay),
    streams: words?.streams ?? null,
    purpose: words?.purpose ?? null,
    keeper: line.circle ? AccessText.keeperOf(line.circle) : null,
    role: line.role ? (line.role.name ?? line.role.id) : null,
    emergency: line.emergency
      ? { reason: line.emergency.reason?.text ?? null, reviews: line.emergency.reviews }
      : null,
    sentence: AccessText.sentence(line),
    times: d.count,
    requestId: d.requestId,
    block: d.blockNumber,
    releases,
  };
}

/** One line of the log as a sentence, for whoever has no record. */
export const sentence = (
  { releases, role: _role, circle: _circle, emergency: _emergency, ...decision }: Access,
  nameOf: (account: string) => string,
): string =>
  AccessText.sentence({
    kind: 'request',
    name: nameOf(decision.reader),
    decision,
    words: null,
    notes: releases
      .map(({ custodian, note }) => ({ custodian, note: base64(note) }))
      .sort((a, b) => a.custodian - b.custodian),
  });

const safeDay = (day: number): string | null => (Day.isDay(day) ? Day.format(day) : null);
