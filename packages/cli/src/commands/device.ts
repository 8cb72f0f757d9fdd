// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile, writeFile } from 'node:fs/promises';
import * as KeyRequest from '@islet/client/KeyRequest';
import * as Passkeys from '@islet/client/Passkeys';
import * as Signers from '@islet/client/Signers';
import * as Signing from '@islet/client/Signing';
import { fromHex, toHex } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import type { Command } from 'commander';
import * as AccountCode from '../AccountCode.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as Pending from '../Pending.js';
import * as People from '../People.js';
import { requireWords, WalletThereError } from './recover.js';

type Common = { person: string; json?: boolean };

export function registerDevice(program: Command, context: Context): void {
  const device = program.command('device').description('your devices that sign: each with a key of its own');
  const common = (name: string, words: string): Command =>
    device
      .command(name)
      .description(words)
      .option('--person <name>', 'whose, or what to call the wallet here', 'me')
      .option('--json', 'one line of JSON');
  common('request', 'on the new device: ask to be let in')
    .argument('<account>', 'the account’s code or id')
    .option('--p256', 'with a P-256 key, as secure elements have')
    .action((account: string, options: Common & { p256?: boolean }) => request(context, account, options));
  common('add', 'on a device that you have: let the new one in')
    .argument('<request>', 'what the new device said')
    .requiredOption('--words <text>', 'the four words that it shows')
    .requiredOption('--out <file>', 'where to write the keys for it, sealed')
    .action((text: string, options: Common & { words: string; out: string }) => add(context, text, options));
  common('receive', 'on the new device: take the keys')
    .argument('<file>', 'what the other device wrote')
    .action((file: string, options: Common) => receive(context, file, options));
  common('remove', 'end a device that was lost, at once')
    .argument('<signer>', 'the first characters of what "list" shows')
    .action((signer: string, options: Common) => remove(context, signer, options));
  common('list', 'the devices that sign for you').action((options: Common) => list(context, options));
}

async function request(context: Context, code: string, options: Common & { p256?: boolean }): Promise<void> {
  const { home } = context;
  if (await People.find(home, options.person)) throw new WalletThereError(options.person);
  const account = await AccountCode.read(home, code);
  await using network = await connect(home);
  const kind = options.p256 ? 'p256' : 'secp256k1';
  const { newcomer, request: asked } = await Signers.newcomer(network, account, kind);
  await Pending.keep(home, options.person, { newcomer, answers: [] });
  const [text, words] = [KeyRequest.print(asked), KeyRequest.words(asked)];
  context
    .output(options)
    .result(
      { request: text, words },
      `On a device that you have: npx islet device add ${text}\nIts words: ${words}`,
    );
}

async function add(
  context: Context,
  text: string,
  options: Common & { words: string; out: string },
): Promise<void> {
  const person = await People.need(context.home, options.person);
  const { wallet } = person;
  const asked = KeyRequest.read(text);
  requireWords(asked, options.words);
  await using network = await connect(context.home);
  // Sealed first: where that fails, nobody was let in.
  const handed = await Signers.hand(network, person, asked);
  const { told, of } = await Signers.add(network, wallet, asked.signer);
  await writeFile(options.out, handed, { mode: 0o600 });
  context
    .output(options)
    .result(
      { signer: toHex(asked.signer), out: options.out, custodiansTold: told },
      `The device is let in; ${told} of ${of} custodians heard it. Give it ${options.out}: npx islet device receive`,
    );
}

async function receive(context: Context, file: string, options: Common): Promise<void> {
  const { home } = context;
  const { newcomer } = await Pending.need(home, options.person);
  await using network = await connect(home);
  const { wallet, role, dayOffsetMinutes } = Signers.receive(network, newcomer, await readFile(file));
  const notes: People.Notes = { role, enrolled: true, hasData: true, dayOffsetMinutes };
  await People.adopt(home, { wallet: { ...wallet, name: options.person }, notes });
  await Pending.forget(home, options.person);
  context
    .output(options)
    .result(
      { account: AccountCode.print(wallet.account) },
      `This device is one of yours now, as ${options.person}.`,
    );
}

async function remove(context: Context, signer: string, options: Common): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const asked = signer.toLowerCase();
  // Passkeys all begin with the address of their verifier: their own letters come after.
  const found = (await Signers.list(network, wallet.account)).filter(
    (s) => s.startsWith(asked) || (s.length > addressHex && s.slice(addressHex).startsWith(asked)),
  );
  const [only] = found;
  if (!only || found.length > 1 || signer.length < 4) throw new NoSuchDeviceError();
  const { told, of } = await Signers.remove(network, wallet, fromHex(only));
  context
    .output(options)
    .result(
      { removed: only, custodiansTold: told },
      `Removed; ${told} of ${of} custodians heard it. What it granted stands until you revoke it. It still has the keys to what was sealed so far: those cannot be taken back.`,
    );
}

async function list(context: Context, options: Common): Promise<void> {
  const { wallet } = await People.need(context.home, options.person);
  await using network = await connect(context.home);
  const signers = await Signers.list(network, wallet.account);
  const own = toHex(Signing.signerOf(network, wallet));
  const noteOf = (signer: string): string =>
    Passkeys.passkeyIn(network, signer) ? `  (a passkey: ${signer.slice(addressHex, addressHex + 8)}…)` : '';
  context
    .output(options)
    .result(
      { signers, own, account: AccountCode.print(wallet.account) },
      [
        `The account's code: ${AccountCode.print(wallet.account)}`,
        ...signers.map((s) => `${s}${s === own ? '  (this one)' : noteOf(s)}`),
      ].join('\n'),
    );
}

/** A verifier's address, in hex, before a P-256 key. */
const addressHex = 40;

export class NoSuchDeviceError extends IsletError {
  override readonly name = 'Device.NoSuchDeviceError';
  constructor() {
    super(
      'CLI_NO_SUCH_DEVICE',
      'No one device begins like that. Give four characters or more. See: npx islet device list',
    );
  }
}
