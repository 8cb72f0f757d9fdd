// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import { tour } from '../Tour.js';

export function registerStart(program: Command, context: Context): void {
  program
    .command('start')
    .description('start Islet and show what it does, once, on a made-up person')
    .action(() => tour(context));
}
