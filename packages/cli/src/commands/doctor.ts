// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import * as Doctor from '../Doctor.js';
import { FAILED } from '../Failure.js';
import * as OldShares from '../OldShares.js';

export function registerDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('say what runs, what is wrong and what to do')
    .option(
      '--shares',
      'also look for data that rest on custodians who were replaced; on record as a look of your own',
    )
    .option('--json', 'the findings as JSON')
    .action(async (options: { json?: boolean; shares?: boolean }) => {
      const found = await Doctor.examine(context.home, { now: context.now });
      if (options.shares && found.running) {
        found.problems.push(...(await OldShares.find(context.home)));
        found.ok = found.problems.length === 0;
      }
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
