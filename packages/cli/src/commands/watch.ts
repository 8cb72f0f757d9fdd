// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Watching from '@islet/client/Watching';
import type { Command } from 'commander';
import * as Alarms from '../Alarms.js';
import { connectBeside } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Interrupt from '../Interrupt.js';
import { WATCH_MS } from '../limits.js';
import * as People from '../People.js';

type Options = { person: string; json?: boolean };

export function registerWatch(program: Command, context: Context): void {
  program
    .command('watch')
    .description('emergencies, yours and of those whose guardian you are, as they happen, until you stop it')
    .option('--person <name>', 'who watches', 'me')
    .option('--json', 'a line of JSON for each')
    .action((options: Options) => run(context, options));
}

async function run(context: Context, options: Options): Promise<void> {
  const { home } = context;
  const person = await People.need(home, options.person);
  const output = context.output(options);
  using interrupt = Interrupt.listen();
  await using network = await connectBeside(home);
  const guarded = Watching.watched(network, person).length - 1;
  output.say(`Watching for ${options.person} and ${guarded} whom they guard. Ctrl+C ends it.`);
  let away = '';
  const { signal } = interrupt;
  const told = person.notes.toldEmergency;
  for await (const news of Watching.watch(network, person, { told, everyMs: WATCH_MS, signal })) {
    if (news.kind === 'away') {
      if (news.code !== away) output.warn(`The chain cannot be followed (${news.code}); trying again.`);
      away = news.code;
      continue;
    }
    away = '';
    const said = (await Alarms.teller(home, person))(news.alarm);
    output.result({ kind: 'emergency', ...said }, said.sentence);
    await Alarms.told(home, person, news.alarm.requestId);
  }
}
