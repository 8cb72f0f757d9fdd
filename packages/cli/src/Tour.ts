// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Access from '@islet/client/Access';
import * as Granting from '@islet/client/Granting';
import { accesses } from '@islet/client/Log';
import * as Presets from '@islet/client/Presets';
import * as Sentence from '@islet/client/Sentence';
import { toHex } from '@islet/core/crypto/bytes';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import * as Person from '@islet/sim/Person';
import { type Connected, connect } from './Connect.js';
import type { Context } from './Context.js';
import { sentence } from './commands/access.js';
import { text as reportText } from './commands/report.js';
import { appOf, showStep } from './commands/up.js';
import * as Defaults from './Defaults.js';
import { send } from './Importing.js';
import * as Interrupt from './Interrupt.js';
import type * as Output from './Output.js';
import * as People from './People.js';
import { provision } from './Provision.js';
import { report } from './Reporting.js';
import * as Supervisor from './Supervisor.js';
import * as TamperingHub from './TamperingHub.js';

/** How long the made-up person's life is. The last day is yesterday: a closed day has its summaries. */
const sampleDays = 16;
const dayMs = 86_400_000;

/** `npm start`: everything started, the main job done once on a sample person and told, then it stays up. */
export async function tour(context: Context): Promise<void> {
  const output = context.output({});
  const { home } = context;
  using interrupt = Interrupt.listen();
  const { services, stop } = await Supervisor.start(home, {
    signal: interrupt.signal,
    onProgress: (step) => showStep(output, step),
    log: output.warn,
  });
  try {
    await Defaults.people(home, services, (what) => output.progress.update(what, 0, 0));
    output.progress.end();
    await using network = await connect(home, services);
    output.say(`\nOpen ${appOf(services)} in your browser.`);
    await tell(context, output, network);
  } catch (error) {
    await stop();
    throw error;
  }
  output.say(goOn(appOf(services), services.gateway));
  await interrupt.asked;
  output.say('stopping');
  await stop();
  output.say('stopped; "npm start" goes on from here');
}

async function tell(context: Context, output: Output.Output, network: Connected): Promise<void> {
  const { home, now } = context;
  const before = await People.find(home, 'sample');
  if (before?.notes.told) {
    output.say('\nThe sample person is here from before. Who saw what so far:');
    await tellAccess(context, output, network, before);
    return;
  }
  output.say(
    '\nIslet is running: a chain, a hub, three custodians and a gateway, each a process of its own.',
  );
  const sample = await provision(home, network, 'sample', 'patient', (what) =>
    output.progress.update(what, 0, 0),
  );
  const clinic = await People.need(home, 'clinic');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const firstAt = Math.floor(now() / dayMs) * dayMs - sampleDays * dayMs;
  const readings = Person.days('sample', { firstAt, days: sampleDays, zone }).filter((r) => r.at < now());
  const sent = await send(home, network, sample, readings, (what, done, of) =>
    output.progress.update(what, done, of),
  );
  output.progress.end();
  output.say(
    `\n1. A made-up person’s ${sampleDays} days went in: ${sent.accepted} readings, each sealed before it touched the disk, then anchored on the chain.`,
  );

  const offset = sample.notes.dayOffsetMinutes ?? 0;
  const today = Day.of(now(), offset);
  const [firstDay, lastDay] = [today - 14, today - 1];
  const until = Day.endOf(today + 30, offset);
  const terms = Presets.visit({ now: now(), offsetMinutes: offset, until });
  const { grantId, salt } = await Granting.grant(network, sample.wallet, {
    reader: clinic.wallet.account,
    ...terms,
  });
  sample.notes.grantSalts = { [toHex(grantId)]: toHex(salt) };
  output.say(
    `\n2. The person grants a visit, one of five presets:\n\n   ${Sentence.of(terms, 'clinic', 'sample’s')}\n\n   It opens no single reading: each resolution has keys of its own.`,
  );

  const account = { account: sample.wallet.account, dayOffsetMinutes: offset };
  const days = { stream: 'glucose/day' as const, firstDay, lastDay };
  const made = await report(network, clinic.wallet, account, days);
  output.say(
    `\n3. The clinic asked. The contract allowed it and wrote that down; the custodians released their shares, of which any two suffice; the clinic verified, then computed:\n\n${indent(reportText(made, 'sample'))}`,
  );

  const refused = await refusal(report(network, clinic.wallet, account, { ...days, stream: 'glucose/raw' }));
  output.say(`\n4. The clinic asked for every single reading. ${refused}`);

  await Granting.revoke(network, sample.wallet, grantId);
  const after = await refusal(report(network, clinic.wallet, account, days));
  output.say(`\n5. The person revoked the grant, and the clinic asked again. ${after}`);

  await tamper(output, network, sample, firstDay);
  output.say('\n7. Who saw what, as the person sees it:');
  await tellAccess(context, output, network, sample);
  sample.notes.told = true;
  await People.remember(home, sample);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof IsletError) return `${error.message} [${error.code}]`;
    throw error;
  }
  throw new TourError('a request that must be refused was answered');
}

/** Alters one byte of what the hub serves, on its way to us, and shows that it is found. */
async function tamper(
  output: Output.Output,
  network: Connected,
  sample: People.Person,
  day: Day.Day,
): Promise<void> {
  const ask = { streams: ['glucose/raw' as const], firstDay: day, lastDay: day };
  await using liar = await TamperingHub.open(network.hub.url);
  const found = await refusal(
    Access.own({ ...network, hub: { name: 'hub', url: liar.url } }, sample.wallet, ask),
  );
  output.say(`\n6. A hub that alters one byte of what it stores is found out. ${found}`);
}

async function tellAccess(
  context: Context,
  output: Output.Output,
  network: Connected,
  person: People.Person,
): Promise<void> {
  const people = await People.byAccount(context.home);
  const { accesses: found } = await accesses(network, person.wallet);
  for (const a of found)
    output.say(`   ${sentence(a, (id) => people.get(id) ?? `account ${id.slice(0, 12)}`)}`);
}

const indent = (text: string): string => text.replaceAll(/^/gm, '   ');

const goOn = (app: string, gateway: string): string => `
Open ${app} in your browser: there you can do all of this for yourself.
Islet stays up until you press Ctrl-C. In another terminal:
   npx islet import FILE --zone Europe/Berlin     an export of Dexcom, LibreView, Nightscout and more
   npx islet pair                                 a key for xDrip+, Loop, … ; the address is ${gateway}
   npx islet grant --reader clinic --preset visit --until DATE
   npx islet report --as clinic --from DATE --to DATE
   npx islet access                               who saw what
Islet is not a medical device.`;

export class TourError extends IsletError {
  override readonly name = 'TourError';
  constructor(what: string) {
    super('CLI_TOUR', `The tour found something wrong: ${what}. Please report it.`);
  }
}
