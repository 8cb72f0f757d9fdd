// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord, Line } from '@islet/client/AccessRecord';
import { codeOf, sentenceOf } from '@islet/core/Reason';
import { dayOf, keeperOf, readerOf, reasonOf } from './AccessText.js';
import * as Csv from './Csv.js';

/** docs/records.md explains each. */
export const columns = [
  'kind',
  'number',
  'at',
  'who',
  'account',
  'outcome',
  'code',
  'reason',
  'first_day',
  'last_day',
  'streams',
  'purpose',
  'role',
  'keeper',
  'emergency',
  'times',
  'custodians',
  'readings',
  'request_id',
  'grant_id',
  'block',
  'chain_id',
  'contract',
  'evidence',
] as const;

/** The log as a table, a record each: its names first. */
export const write = (record: AccessRecord): string[] => [
  Csv.row(columns),
  ...record.lines.map((line) => row(record, line)),
];

function row(record: AccessRecord, line: Line): string {
  const { chainId, consent } = record.chain.deployment;
  const cells = line.kind === 'look' ? ofLook(line) : ofRequest(line);
  const all: Record<string, Csv.Cell> = { ...cells, chain_id: chainId, contract: consent };
  return Csv.row(columns.map((name) => all[name] ?? null));
}

type Cells = { [name in (typeof columns)[number]]?: Csv.Cell };

function ofRequest(line: Extract<Line, { kind: 'request' }>): Cells {
  const { decision: d, words, notes } = line;
  return {
    kind: 'request',
    number: d.number,
    at: new Date(d.at).toISOString(),
    who: readerOf(line),
    account: d.reader,
    outcome: d.reason === 0 ? 'granted' : 'refused',
    code: codeOf(d.reason),
    reason: sentenceOf(d.reason),
    first_day: d.scope && dayOf(d.scope.firstDay),
    last_day: d.scope && dayOf(d.scope.lastDay),
    streams: words?.streams.join(' '),
    purpose: words?.purpose ?? (d.reader === d.patient ? 'own' : null),
    role: line.role && (line.role.name ?? line.role.id),
    keeper: line.circle && keeperOf(line.circle),
    emergency: line.emergency && (reasonOf(line.emergency) ?? 'not told'),
    times: d.count,
    custodians: notes.map((n) => n.custodian).join(' '),
    request_id: d.requestId,
    grant_id: d.grantId,
    block: d.blockNumber,
    evidence: notes.map((n) => n.note).join(' '),
  };
}

const ofLook = ({ device, look }: Extract<Line, { kind: 'look' }>): Cells => ({
  kind: 'look',
  at: new Date(look.at).toISOString(),
  who: device,
  account: look.account,
  outcome: 'granted',
  reason: 'the person’s own device',
  purpose: 'own',
  times: 1,
  readings: look.count,
  evidence: `${look.previous}:${look.signature}`,
});
