// Copyright the Islet authors. AGPL-3.0-or-later.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as Export from '@islet/client/Export';
import { NotAnExportError } from '@islet/client/ExportFile';
import * as ExportFile from '@islet/fhir/ExportFile';

/** Where the proof of an exported file lies, or undefined where there is none: it is no such file, or it is alone. */
export async function proofOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  const proof = found?.isDirectory() ? join(path, 'islet.json') : `${path}.islet.json`;
  return (await stat(proof).catch(() => undefined)) ? proof : undefined;
}

/** Checks the proof, writes the files anew from it and compares them, line by line. Throws what differs first. */
export async function verify(path: string, proof: string, against: Export.Against): Promise<Export.Reopened> {
  const opened = await Export.open(await readFile(proof, 'utf8'), against);
  const { written } = opened;
  const format = ExportFile.formats.find((f) => f === written?.format);
  if (!written || !format) throw new NotAnExportError();
  for (const { name, lines } of ExportFile.files(format, { ...opened, ...written })) {
    const full = name ? join(path, name) : path;
    const at = await firstDifference(full, lines());
    if (at !== undefined)
      throw new Export.ExportTamperedError(
        `line ${at}${name && ` of ${name}`}`,
        'what is written differs from what was sealed',
      );
  }
  return opened;
}

/** The first line, counted from 1, that is not as it should be; undefined where all are. */
async function firstDifference(path: string, should: Generator<string>): Promise<number | undefined> {
  let at = 0;
  for await (const line of linesOf(path)) {
    at++;
    if (should.next().value !== line) return at;
  }
  return should.next().done ? undefined : at + 1;
}

/** The lines of a file with their ends. A file that is missing has none. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
      const lines = (rest + chunk).split(/(?<=\n)/);
      rest = lines.at(-1)!.endsWith('\n') ? '' : lines.pop()!;
      yield* lines;
    }
  } catch {
    return;
  }
  if (rest !== '') yield rest;
}
