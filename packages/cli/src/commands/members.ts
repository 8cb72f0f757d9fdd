// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import * as Governing from '@islet/client/Governing';
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { IsletError } from '@islet/core/IsletError';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
import { type Command, InvalidArgumentError } from 'commander';
import * as Admin from '../Admin.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import type * as Home from '../Home.js';
import { random } from '../People.js';

type Options = { json?: boolean; reasons?: string };

/** For the admin of this installation's organisation. */
export function registerMembers(program: Command, context: Context): void {
  const members = program
    .command('members')
    .description('who runs this together, and what they vote on')
    .option('--json', 'one line of JSON')
    .action((options: Options) => list(context, options));
  members
    .command('propose')
    .description(
      'propose a change: add ORG ADMIN, suspend ORG, resume ORG, relay ADDRESS ORG, no-relay ADDRESS, custodian INDEX ORG KEY ACCOUNT, threshold NUMBER',
    )
    .argument('<change...>', 'what to change, ids and keys in hex')
    .option('--reasons <text>', 'why, for a suspension: kept beside its hash')
    .action((words: string[], options: Options, command: Command) =>
      propose(context, words, { ...options, ...command.optsWithGlobals<Options>() }),
    );
  for (const [name, what] of [
    ['approve', 'vote for a proposal'],
    ['execute', 'carry out what was decided, after the delay'],
    ['recount', 'count votes again after organisations changed'],
  ] as const)
    members
      .command(name)
      .description(what)
      .argument('<id>', 'the proposal’s number', numberOf)
      .action((id: number, _options: Options, command: Command) =>
        decide(context, name, id, command.optsWithGlobals<Options>()),
      );
}

async function list(context: Context, options: Options): Promise<void> {
  await using network = await connect(context.home);
  await network.chain.follow();
  const { organisations, relays, custodians, threshold, custodianSetVersion } = network.chain.state;
  const proposals = Governing.proposals(network.chain.state).map(({ id, state, change, approvedBy }) => ({
    ...{ id, state, change: change ?? null, approvedBy: [...approvedBy] },
  }));
  const value = {
    members: [...organisations].map(([org, o]) => ({ org, ...o })),
    relays: [...relays].map(([relay, org]) => ({ relay, org })),
    custodians: [...custodians].map(([index, c]) => ({ index, ...c })),
    ...{ threshold, custodianSetVersion, proposals },
  };
  const lines = [
    ...value.members.map((m) => `member ${m.org}${m.active ? '' : ', suspended'}`),
    ...value.relays.map((r) => `relay ${r.relay} of ${r.org}`),
    ...value.custodians.map((c) => `custodian ${c.index} of ${c.org}: ${c.signingKey}`),
    `${threshold} custodians open; set ${custodianSetVersion}`,
    ...proposals.map(
      (p) =>
        `proposal ${p.id}, ${p.state}, ${p.approvedBy.length} for it: ${p.change ? said(p.change) : 'not a change that we know: do not vote for it'}`,
    ),
  ];
  context.output(options).result(value, lines.join('\n'));
}

const said = ({ kind, ...rest }: Governing.Change): string => `${kind} ${Object.values(rest).join(' ')}`;

async function propose(context: Context, words: string[], options: Options): Promise<void> {
  const { home, now } = context;
  const change = await changeOf(home, words, options.reasons);
  await using network = await connect(home);
  const id = await Governing.propose(network, await Admin.open(home, now), change);
  context
    .output(options)
    .result({ id, change }, `Proposal ${id}: ${said(change)}. It has your vote. See: npx islet members`);
}

async function decide(
  context: Context,
  what: 'approve' | 'execute' | 'recount',
  id: number,
  options: Options,
) {
  const { home, now } = context;
  await using network = await connect(home);
  await Governing[what](network, await Admin.open(home, now), id);
  const found = Governing.proposals(network.chain.state).find((p) => p.id === id);
  context.output(options).result({ id, state: found?.state }, `Proposal ${id} is now: ${found?.state}.`);
}

/** Throws `CLI_BAD_CHANGE`. */
async function changeOf(home: Home.Home, words: string[], reasons?: string): Promise<Governing.Change> {
  const [kind, ...rest] = words;
  const [a = '', b = '', c = '', d = ''] = rest.map((w) => w.toLowerCase().replace(/^0x/, ''));
  const count = rest.length;
  const [word, address] = [/^[0-9a-f]{64}$/, /^[0-9a-f]{40}$/];
  const small = (text: string): boolean => /^\d{1,3}$/.test(text) && Number(text) <= 255;
  if (kind === 'add' && count === 2 && word.test(a) && address.test(b)) return { kind, org: a, admin: b };
  if (kind === 'suspend' && count === 1 && word.test(a) && reasons?.trim())
    return { kind, org: a, reason: await keepReasons(home, reasons) };
  if (kind === 'resume' && count === 1 && word.test(a)) return { kind, org: a };
  if (kind === 'relay' && count === 2 && address.test(a) && word.test(b)) return { kind, relay: a, org: b };
  if (kind === 'no-relay' && count === 1 && address.test(a)) return { kind, relay: a };
  if (kind === 'threshold' && count === 1 && small(a)) return { kind, threshold: Number(a) };
  if (kind === 'custodian' && count === 4 && small(a) && word.test(b) && word.test(c) && address.test(d))
    return { kind, index: Number(a), org: b, signingKey: c, account: d };
  throw new BadChangeError();
}

/** On disk before the vote is: what nobody can read again is no recorded reason. */
async function keepReasons(home: Home.Home, text: string): Promise<string> {
  const reasons = { salt: random(32), text };
  const hash = toHex(Governing.reasonOf(reasons));
  const folder = join(home.root, 'members');
  await nodeFiles.makeFolder(folder);
  const kept = `${JSON.stringify({ version: 1, salt: toHex(reasons.salt), text })}\n`;
  await PrivateFile.write(join(folder, `${hash}.json`), utf8(kept));
  return hash;
}

function numberOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 is needed');
  return Number(text);
}

export class BadChangeError extends IsletError {
  override readonly name = 'BadChangeError';
  constructor() {
    super(
      'CLI_BAD_CHANGE',
      'This is no change that members vote on, or something is missing: a suspension needs --reasons. See: npx islet members propose --help',
    );
  }
}
