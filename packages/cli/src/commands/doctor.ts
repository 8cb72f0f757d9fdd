// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import * as Doctor from '../Doctor.js';
import { FAILED } from '../Failure.js';

export function registerDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('say what runs, what is wrong and what to do')
    .option('--json', 'the findings as JSON')
    .action(async (options: { json?: boolean }) => {
      const found = await Doctor.examine(context.home, { now: context.now });
      context.output(options).result(found, textOf(found));
      if (!found.ok) context.exit.code = FAILED;
    });
}

function textOf({ home, services, chain, problems, ok }: Doctor.Diagnosis): string {
  const rows = services.map(({ name, state, url }) => `  ${name.padEnd(13)}${state.padEnd(15)}${url ?? ''}`);
  const head = chain
    ? [`  block ${chain.number}, head stated ${(chain.headAgeMs / 1000).toFixed(1)} s ago`]
    : [];
  const found = ok ? ['Nothing is wrong.'] : problems.map(({ code, message }) => `! ${message} [${code}]`);
  return [`data folder ${home}`, ...rows, ...head, ...found].join('\n');
}
