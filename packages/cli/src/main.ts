// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import { Command, CommanderError } from 'commander';
import * as Commands from './Commands.js';
import * as Context from './Context.js';
import { people } from './commands/people.js';
import { services } from './commands/services.js';
import * as Failure from './Failure.js';
import type * as Output from './Output.js';

/** Runs one command line, without the program's name. Resolves with the exit code; what went wrong has been said. */
export async function run(
  args: string[],
  env: Record<string, string | undefined>,
  streams: Output.Streams,
): Promise<number> {
  const context = Context.open(streams, env);
  const json = args.includes('--json');
  try {
    await (await program(context, streams, args)).parseAsync(args, { from: 'user' });
    return context.exit.code;
  } catch (error) {
    const cause = error instanceof CommanderError ? usageOf(error) : error;
    return cause ? Failure.report(cause, context.output({ json }), env) : 0;
  }
}

async function program(context: Context.Context, { out }: Output.Streams, args: string[]): Promise<Command> {
  const program = new Command('islet')
    .description('Sealed diabetes data: choose who sees what, and see who looked')
    .exitOverride()
    // Mistakes are reported like every other error.
    .configureOutput({ writeOut: (text) => void out.write(text), outputError: () => {} });
  await Commands.register({ ...services, ...people }, args, program, context);
  return program;
}

/** Undefined where help was asked for and given. */
function usageOf({ exitCode, code, message }: CommanderError): UsageError | undefined {
  if (exitCode === 0) return undefined;
  return new UsageError(code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, ''));
}

export class UsageError extends IsletError {
  override readonly name = 'UsageError';
  constructor(what: string) {
    super('CLI_USAGE', `${what.replace(/\.$/, '')}. See: npx islet --help`);
  }
}
