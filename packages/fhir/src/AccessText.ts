// Copyright the Islet authors. AGPL-3.0-or-later.
import type { AccessRecord, Emergency, Line } from '@islet/client/AccessRecord';
import * as Day from '@islet/core/Day';
import { sentenceOf } from '@islet/core/Reason';

/** The log as people read it, a line each. */
export function write(record: AccessRecord): string[] {
  const { chain, silent } = record;
  return [
    `Who saw the data of ${record.name}, and who was refused. Times are UTC.`,
    `Chain ${chain.deployment.chainId}, contract ${chain.deployment.consent}, up to block ${chain.block}.`,
    ...(silent.length > 0 ? [`Custodian ${silent.join(', ')} did not answer: their notes are missing.`] : []),
    '',
    ...(record.lines.length > 0 ? record.lines.map(full) : ['Nobody.']),
    '',
    'Check this file with: npx islet verify FILE --chain URL',
  ];
}

const full = (line: Line): string => {
  if (line.kind === 'look') return sentence(line);
  const { requestId, blockNumber, number } = line.decision;
  return `${sentence(line)} [request ${number}, ${requestId}, block ${blockNumber}]`;
};

/** One line of the log as a sentence. */
export function sentence(line: Line): string {
  if (line.kind === 'look') {
    const { at, count } = line.look;
    return `${timeOf(at)}  your device “${line.device}” read ${count} ${count === 1 ? 'reading' : 'readings'} of the last days.`;
  }
  const { decision: d, words, notes } = line;
  const when = timeOf(d.at);
  const what = words ? ` ${words.streams.join(', ')}` : '';
  const days = d.scope ? ` for ${dayOf(d.scope.firstDay)} to ${dayOf(d.scope.lastDay)}` : '';
  const why = words && words.purpose !== 'own' ? `, for ${words.purpose}` : '';
  const who = `${readerOf(line)}${inRole(line)}${inCircle(line)}`;
  if (d.reason !== 0) {
    const again = d.count > 1 ? `, asked ${d.count} times` : '';
    const asked = what && ` for${what}`;
    return `${when}  ${who} asked${asked}${days}${why} and was refused: ${sentenceOf(d.reason)}${again}.`;
  }
  const by = notes.map((n) => n.custodian).join(' and ');
  const looked = what && ` at${what}`;
  const stated = line.emergency ? `, ${emergency(line.emergency, d.patient)}` : '';
  return `${when}  ${who} looked${looked}${days}${why}${stated}${by ? `; opened by custodians ${by}` : '; nothing was released'}.`;
}

const inRole = ({ role }: Extract<Line, { kind: 'request' }>): string =>
  role ? ` (as ${role.name ?? `role ${role.id.slice(0, 12)}`})` : '';

/** Who let them look; of the refused, only under whose circle they asked: they may never have been in it. */
function inCircle({ circle, decision }: Extract<Line, { kind: 'request' }>): string {
  if (!circle) return '';
  const keeper = keeperOf(circle);
  if (decision.reason !== 0) return ` (in the circle that ${keeper} keeps)`;
  return circle.keeper === decision.reader ? ' (who keeps the circle)' : ` (admitted by ${keeper})`;
}

/** As people know who keeps a circle. */
export const keeperOf = ({ name, keeper }: { name: string | null; keeper: string }): string =>
  name ?? `account ${keeper.slice(0, 12)}`;

/** The stated reason on one line: whoever wrote it must not write lines of the log with it. Null where none was told. */
export const reasonOf = ({ reason }: Emergency): string | null =>
  reason && reason.text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

function emergency(line: Emergency, patient: string): string {
  const { reviews } = line;
  const reason = reasonOf(line);
  const said = reason === null ? 'without telling you the reason' : `stating “${reason}”`;
  const judged = reviews.map(
    ({ by, justified }) =>
      `, judged ${justified ? 'justified' : 'not justified'} by ${by === patient ? 'you' : `organisation ${by.slice(0, 12)}`}`,
  );
  return `in an emergency, ${said}${judged.join('')}`;
}

export const readerOf = (line: Extract<Line, { kind: 'request' }>): string =>
  line.name ?? `account ${line.decision.reader.slice(0, 12)}`;

export const dayOf = (day: number): string => (Day.isDay(day) ? Day.format(day) : 'no day');

const timeOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
