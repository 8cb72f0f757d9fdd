// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord, Line } from '@islet/client/AccessRecord';
import { dayOf, keeperOf, readerOf, reasonOf } from './AccessText.js';

type Request = Extract<Line, { kind: 'request' }>;

/**
 * An accounting of disclosures with what 45 CFR 164.528(b)(2) asks of each: when, to whom, what, and what for.
 * Disclosures to one recipient for one purpose stand together with the first, the last and how many (b)(3). What
 * the rule would leave out (a)(1) is listed all the same where somebody else received it, and marked.
 */
export function write(record: AccessRecord): string[] {
  const requests = record.lines.filter((line) => line.kind === 'request');
  const looks = record.lines.length - requests.length;
  const own = requests.filter((r) => r.decision.reader === record.account && r.decision.reason === 0).length;
  const refused = requests.filter((r) => r.decision.reason !== 0).length;
  const disclosed = requests.filter((r) => r.decision.reason === 0 && r.decision.reader !== record.account);
  const { deployment, block } = record.chain;
  return [
    `Accounting of disclosures of ${record.name} (account ${record.account})`,
    periodOf(record),
    `Recorded on chain ${deployment.chainId}, contract ${deployment.consent}, up to block ${block}. Times are UTC.`,
    '',
    ...(disclosed.length > 0
      ? groups(disclosed).flatMap(section)
      : ['Nothing was disclosed to anybody.', '']),
    'Not listed, because nothing left the person, or nothing was disclosed:',
    `  ${own + looks} looks by the person or their own devices (164.528(a)(1)(ii)).`,
    `  ${refused} requests that were refused.`,
    'Every disclosure above rests on a permission that the person signed. Where that is an authorization (164.508), or the',
    'purpose is treatment or payment, 164.528(a)(1)(iv) and (i) would let it be left out. They are listed all the same.',
    'What a recipient did with it afterwards is not known here. Postal addresses are not recorded.',
    ...(record.silent.length > 0
      ? [`Custodian ${record.silent.join(', ')} did not answer: whether they released is not known.`]
      : []),
    '',
    'Check this file with: npx islet verify FILE --chain URL',
  ];
}

function periodOf({ filters }: AccessRecord): string {
  const iso = (at: number | null, none: string) => (at === null ? none : new Date(at).toISOString());
  const some = filters.reader !== null || filters.stream !== null || filters.refused;
  return `From ${iso(filters.from, 'the first')} to ${iso(filters.to, 'the last')} on record${some ? ', a selection' : ''}.`;
}

type Group = { reader: string; account: string; purpose: string; requests: Request[] };

/** By recipient and purpose, in the order of the first. */
function groups(requests: Request[]): Group[] {
  const found = new Map<string, Group>();
  for (const request of requests) {
    const account = request.decision.reader;
    const purpose = request.words?.purpose ?? 'not stated in words';
    const key = `${account} ${purpose}`;
    const group = found.get(key) ?? { reader: readerOf(request), account, purpose, requests: [] };
    group.requests.push(request);
    found.set(key, group);
  }
  return [...found.values()];
}

function section({ reader, account, purpose, requests }: Group): string[] {
  const days = (r: Request) => new Date(r.decision.at).toISOString().slice(0, 10);
  const [first, last] = [requests[0]!, requests.at(-1)!];
  return [
    `Received by: ${reader} (account ${account})`,
    `  Purpose: ${purpose}. Disclosures: ${requests.length}, the first on ${days(first)}, the last on ${days(last)}.`,
    ...requests.map((r) => `  ${entry(r)}`),
    '',
  ];
}

function entry({ decision: d, words, notes, role, circle, emergency }: Request): string {
  const what = words ? words.streams.join(', ') : 'kinds of data not known here in words';
  const days = d.scope ? `, days ${dayOf(d.scope.firstDay)} to ${dayOf(d.scope.lastDay)}` : '';
  const as = role ? `, as ${role.name ?? `role ${role.id}`}` : '';
  const admitted = circle ? `, admitted by ${keeperOf(circle)}` : '';
  const stated = emergency ? `, in an emergency: ${reasonOf(emergency) ?? 'reason not told'}` : '';
  const by = notes.map((n) => n.custodian).join(', ');
  const released = by ? `released by custodians ${by}` : 'allowed, but no custodian notes a release';
  return `${new Date(d.at).toISOString()}  ${what}${days}${as}${admitted}${stated}; ${released} [request ${d.number}, ${d.requestId}]`;
}
