// Copyright the Islet authors. AGPL-3.0-or-later.
import { readFile } from 'node:fs/promises';
import * as Deployment from '@islet/chain/Deployment';
import * as Access from '@islet/client/Access';
import * as Erased from '@islet/client/Erased';
import * as Certificate from '@islet/client/ErasureCertificate';
import * as Export from '@islet/client/Export';
import * as Held from '@islet/client/Held';
import * as Day from '@islet/core/Day';
import { streams } from '@islet/core/Stream';
import * as AccessFile from '@islet/fhir/AccessFile';
import type { Command } from 'commander';
import * as AccessVerify from '../AccessVerify.js';
import * as AppVerify from '../AppVerify.js';
import * as CertificateText from '../CertificateText.js';
import { connect } from '../Connect.js';
import type { Context } from '../Context.js';
import * as ExportVerify from '../ExportVerify.js';
import { FileError } from '../FileError.js';
import * as OtherChain from '../OtherChain.js';
import * as People from '../People.js';
import * as ReportVerify from '../ReportVerify.js';
import * as Services from '../Services.js';
import { appOf } from './up.js';

type Options = {
  as?: string;
  person: string;
  chain?: string;
  anchors?: string;
  deployment?: string;
  app?: string | true;
  build?: string;
  json?: boolean;
};

export function registerVerify(program: Command, context: Context): void {
  program
    .command('verify')
    .description('check everything from the bytes up: what is stored, or an export')
    .argument('[file]', 'an export or a signed report, checked without asking Islet anything')
    .option('--as <name>', 'check what this reader was granted (default: everything, as the person)')
    .option('--chain <url>', 'with a file: compare with the chain behind this address')
    .option('--anchors <file>', 'with a file: compare with a set of anchors exported before')
    .option('--deployment <file>', 'with a file: refuse one of another chain or of other contracts')
    .option('--app [url]', 'check that the app served there, or here, is the one that was built')
    .option('--build <hash>', 'with --app: compare with this build instead of the one built here')
    .option('--person <name>', 'whose data', 'me')
    .option('--json', 'one line of JSON')
    .action((file: string | undefined, options: Options) => {
      if (options.app !== undefined) return app(context, options.app, options);
      return file === undefined ? online(context, options) : offline(context, file, options);
    });
}

async function app(context: Context, url: string | true, options: Options): Promise<void> {
  const address = url === true ? appOf(await Services.find(context.home)) : url;
  const { build: given } = options;
  const verified = await AppVerify.verify(address, { ...(given && { given }), fetch: AppVerify.patient });
  context.output(options).result({ verified }, AppVerify.text(verified));
}

async function online(context: Context, options: Options): Promise<void> {
  const { home, now } = context;
  const patient = await People.need(home, options.person);
  const reader = await People.need(home, options.as ?? options.person);
  await using network = await connect(home);
  const everything = { streams: [...streams], firstDay: Day.first, lastDay: Day.last };
  const all: Access.Opened[] = [];
  if (reader.wallet.name === patient.wallet.name)
    all.push(await Access.own(network, reader.wallet, everything));
  else {
    const held = (await Held.from(network, reader.wallet, patient.wallet.account)).filter(
      (h) => h.onChain.revokedAt === null && h.onChain.expiresAt * 1000 > now(),
    );
    const none = { ...everything, streams: ['glucose/raw' as const] };
    if (held.length === 0)
      all.push(await Access.withoutGrant(network, reader.wallet, patient.wallet.account, none));
    for (const h of held) {
      const { firstDay, lastDay } = h.message;
      all.push(
        await Access.granted(network, reader.wallet, h, {
          streams: h.keys.streams.map((s) => s.stream),
          firstDay,
          lastDay,
        }),
      );
    }
  }
  const sum = (f: (o: Access.Opened) => number): number => all.reduce((n, o) => n + f(o), 0);
  const verified = {
    segments: sum((o) => o.verified.segments),
    receipts: sum((o) => o.verified.receipts),
    heads: sum((o) => o.verified.heads),
    chainHead: Math.max(...all.map((o) => o.verified.chainHead)),
    completeUntil: Math.min(...all.map((o) => o.verified.completeUntil)),
  };
  const erased = all.flatMap((o) => o.erased).map(Erased.sentence);
  context
    .output(options)
    .result(
      { verified, erased },
      `${[...new Set(erased)].map((one) => `${one}\n`).join('')}All holds: ${verified.segments} segments opened, ${verified.receipts} receipts and ${verified.heads} statements checked against the chain at block ${verified.chainHead}.`,
    );
}

async function offline(context: Context, file: string, options: Options): Promise<void> {
  const pdf = await ReportVerify.bytesOf(file);
  if (pdf) {
    const known = options.deployment === undefined ? undefined : await deploymentOf(options.deployment);
    const verified = await ReportVerify.verify(pdf, options.chain, known, context.now);
    context.output(options).result({ verified }, ReportVerify.text(verified));
    return;
  }
  const proof = await ExportVerify.proofOf(file);
  const text = proof === undefined ? await readFile(file, 'utf8').catch(() => undefined) : '';
  if (text === undefined) throw new FileError('it cannot be read');
  const anchors =
    options.anchors === undefined
      ? undefined
      : await readFile(options.anchors, 'utf8').catch(() => undefined);
  if (options.anchors !== undefined && anchors === undefined)
    throw new FileError('the anchors cannot be read');
  const known = options.deployment === undefined ? undefined : await deploymentOf(options.deployment);
  if (Certificate.is(text)) {
    const verified = await Certificate.verify(text);
    OtherChain.refuse(verified.deployment, known);
    context
      .output(options)
      .result({ verified: CertificateText.json(verified) }, CertificateText.text(verified));
    return;
  }
  if (AccessFile.is(text)) {
    const verified = await AccessVerify.byAddress(text, options.chain, known, context.now);
    context.output(options).result({ verified }, AccessVerify.text(verified));
    return;
  }
  const against = {
    ...(options.chain && { chainUrl: options.chain }),
    ...(anchors && { anchors }),
    now: context.now,
  };
  const opened =
    proof === undefined ? await Export.open(text, against) : await ExportVerify.verify(file, proof, against);
  OtherChain.refuse(opened.deployment, known);
  const { verified: checked } = opened;
  context
    .output(options)
    .result(
      { verified: checked },
      `All holds: ${checked.readings} readings in ${checked.segments} segments, ${checked.receipts} receipts against ${checked.against}.`,
    );
}

async function deploymentOf(file: string): Promise<Deployment.Deployment> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new FileError('the deployment cannot be read');
  return Deployment.parse(text);
}
