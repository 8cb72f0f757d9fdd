// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from './Context.js';

type Register = (program: Command, context: Context) => void;

/** By name. Each is loaded when it is asked for: all of them together take half a second. */
export type Commands = Record<string, () => Promise<Register>>;

/** Registers the command that the words begin with, or all where it is none of them: for help, and to say so. */
export async function register(
  commands: Commands,
  args: string[],
  program: Command,
  context: Context,
): Promise<void> {
  const [name = ''] = args.filter((word) => !word.startsWith('-'));
  const wanted = Object.hasOwn(commands, name) ? [commands[name]!] : Object.values(commands);
  for (const load of wanted) (await load())(program, context);
}
