// Copyright the Islet authors. AGPL-3.0-or-later.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as Access from '@islet/client/Access';
import * as Erased from '@islet/client/Erased';
import * as Export from '@islet/client/Export';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { streams } from '@islet/core/Stream';
import * as ExportFile from '@islet/fhir/ExportFile';
import { type Command, Option } from 'commander';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Home from '../Home.js';
import * as LinesOut from '../LinesOut.js';
import type { Output } from '../Output.js';
import * as People from '../People.js';

type Options = { person: string; format: 'islet' | ExportFile.Format; json?: boolean };

export function registerExport(program: Command, context: Context): void {
  program
    .command('export')
    .description('everything of a person, readable and checkable without Islet')
    .argument('<file>', 'where to write it, with nightscout a folder; whoever has it can read the data')
    .addOption(
      new Option('--format <name>', 'how').choices(['islet', ...ExportFile.formats]).default('islet'),
    )
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((file: string, options: Options) => run(context, file, options));
}

async function run(context: Context, file: string, options: Options): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  const output = context.output(options);
  await using network = await connect(context.home);
  output.progress.update('opening', 0, 1);
  const opened = await Access.own(network, wallet, {
    streams: [...streams],
    firstDay: Day.first,
    lastDay: Day.last,
  });
  for (const one of opened.erased) output.say(Erased.sentence(one));
  const readings = Export.readingsIn(opened.segments);
  const counted = {
    file,
    format: options.format,
    readings,
    segments: opened.segments.length,
    verified: opened.verified,
  };
  const validators = await Home.validators(context.home);
  if (options.format === 'islet') {
    const { text, anchors } = Export.build(network, validators, opened);
    await LinesOut.write(resolve(file), [text]);
    output.progress.end();
    output.result(
      { ...counted, anchors },
      `Wrote ${readings} readings in ${counted.segments} sealed segments with their receipts. Check it any time: npx islet verify ${file}\nWhoever has this file can read the data in it.`,
    );
    return;
  }
  const written = { format: options.format, person: wallet.name, at: context.now() };
  const about = {
    account: toHex(wallet.account),
    deployment: network.deployment,
    parts: opened.segments,
    ...written,
  };
  const files = await writeAll(options.format, resolve(file), about, readings, output);
  const proof = Export.build(network, validators, opened, written);
  await LinesOut.write(proofOf(options.format, resolve(file)), [proof.text]);
  output.progress.end();
  const leftOut = ExportFile.leftOut(options.format, about);
  output.result(
    { ...counted, anchors: proof.anchors, files, leftOut },
    story(options.format, file, counted, leftOut),
  );
}

/** Where the proof of a file lies: beside it, or within the folder. */
export const proofOf = (format: ExportFile.Format, path: string): string =>
  format === 'nightscout' ? join(path, 'islet.json') : `${path}.islet.json`;

async function writeAll(
  format: ExportFile.Format,
  path: string,
  about: ExportFile.About,
  readings: number,
  output: Output,
): Promise<string[]> {
  const files = ExportFile.files(format, about);
  if (format === 'nightscout') await mkdir(path, { recursive: true, mode: 0o700 }).catch(failed(path));
  const names: string[] = [];
  for (const { name, lines } of files) {
    const full = name ? join(path, name) : path;
    await LinesOut.write(full, counting(lines(), `writing ${name || format}`, readings, output));
    names.push(full);
  }
  return names;
}

const failed = (path: string) => (cause: unknown) => {
  throw new LinesOut.NotWrittenError(path, cause);
};

function* counting(lines: Iterable<string>, label: string, total: number, output: Output): Generator<string> {
  let done = 0;
  for (const line of lines) {
    yield line;
    output.progress.update(label, ++done, total);
  }
}

function story(
  format: ExportFile.Format,
  file: string,
  { readings, segments, verified }: { readings: number; segments: number; verified: { chainHead: number } },
  leftOut: ReturnType<typeof ExportFile.leftOut>,
): string {
  const without = Object.entries(leftOut).map(([kind, n]) => `${n} ${kind}`);
  return [
    `Wrote ${readings} readings of ${segments} sealed segments as ${format}, verified against the chain at block ${verified.chainHead} before.`,
    ...(without.length > 0
      ? [`This format has no place for ${without.join(', ')}; the other formats have.`]
      : []),
    `What it takes to check it lies beside it. Check it any time: npx islet verify ${file}`,
    'Whoever has these files can read the data in them.',
  ].join('\n');
}
