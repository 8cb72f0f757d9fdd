// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Command } from 'commander';
import type { Context } from '../Context.js';
import * as Defaults from '../Defaults.js';
import * as Interrupt from '../Interrupt.js';
import { RENEW_EVERY_MS } from '../limits.js';
import type * as Output from '../Output.js';
import type * as Services from '../Services.js';
import * as Supervisor from '../Supervisor.js';
import * as TerminalQr from '../TerminalQr.js';
import * as Tls from '../Tls.js';

export function registerUp(program: Command, context: Context): void {
  program
    .command('up')
    .description('start Islet and keep it running until interrupted')
    .option('--domain <name>', 'serve the app to other devices too, over TLS, under this name')
    .option('--tls-cert <file>', 'with --domain: a certificate of that name and those it rests on (PEM)')
    .option('--tls-key <file>', 'with --domain: its key (PEM)')
    .option('--json', 'one JSON line when ready')
    .action(async (options: Options) => up(context, options, context.output(options)));
}

type Options = Tls.Options & { json?: boolean };

async function up({ home, env, now }: Context, options: Options, output: Output.Output): Promise<void> {
  using interrupt = Interrupt.listen();
  const tls = await Tls.prepare(home, options, env, now());
  const { services, stop } = await Supervisor.start(home, {
    ...(tls && { tls }),
    signal: interrupt.signal,
    onProgress: (step) => showStep(output, step),
    log: output.warn,
  });
  try {
    await Defaults.people(home, services, (what) => output.progress.update(what, 0, 0));
  } catch (error) {
    await stop();
    throw error;
  }
  output.progress.end();
  const { gateway, hub, ledger } = services;
  const app = appOf(services);
  const text = `Open ${app} in your browser\n  ready: connect an app with "npx islet pair", or import a file with "npx islet import FILE"\n  gateway  ${gateway}\n  hub      ${hub}\n  chain    ${ledger}\n  data     ${home.root}`;
  const ready = { ready: true, app, gateway, hub, chain: ledger, home: home.root };
  output.result(
    tls ? { ...ready, address: tls.url, fingerprint: tls.own?.fingerprint ?? null } : ready,
    tls ? `${text}\n\n${Tls.text(tls)}\n\n${TerminalQr.draw(tls.url)}` : text,
  );
  const renewal = setInterval(() => {
    Defaults.renew(home, services).catch((error) => output.warn(`Keys were not renewed: ${error.message}`));
  }, RENEW_EVERY_MS);
  await interrupt.asked;
  clearInterval(renewal);
  output.say('stopping');
  await stop();
  output.say('stopped');
}

/** Where people open the app. By name, since browsers keep passkeys for names only. */
export const appOf = ({ web }: Services.Services): string => web.replace('127.0.0.1', 'localhost');

/** Shows what starts now, in plain words. */
export const showStep = (output: Output.Output, { what, done, of }: Supervisor.Step): void =>
  output.progress.update(words[what], done, of);

const words: { [W in Supervisor.Step['what']]: string } = {
  clearing: 'looking at the data folder',
  ledger: 'starting the chain',
  contracts: 'putting the contracts on the chain (once)',
  'custodian-1': 'starting custodian 1',
  'custodian-2': 'starting custodian 2',
  'custodian-3': 'starting custodian 3',
  hub: 'starting the hub',
  gateway: 'starting the gateway',
  web: 'starting the app',
};
