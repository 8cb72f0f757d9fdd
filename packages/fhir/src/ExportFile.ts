// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reopened } from '@islet/client/Export';
import * as Points from '@islet/core/metrics/Points';
import { type Kind, kinds, type Reading } from '@islet/core/Reading';
import * as ByDay from './ByDay.js';
import * as Csv from './Csv.js';
import { type Resource, urn } from './Fhir.js';
import * as Nightscout from './Nightscout.js';
import * as Observations from './Observations.js';
import * as Patient from './Patient.js';
import * as ReadingsCsv from './ReadingsCsv.js';
import * as Summaries from './Summaries.js';

export const formats = ['nightscout', 'csv', 'fhir'] as const;
export type Format = (typeof formats)[number];

/** What a file is written from; the same gives the same file. `at` is when, UTC ms. */
export type About = Pick<Reopened, 'account' | 'deployment' | 'parts'> & { person: string; at: number };

/** One file: its name within the folder (empty where the format has one file only), and its lines with their ends. */
export type Piece = { name: string; lines: () => Generator<string> };

/** The files of a format. Lines come as they are asked for: nothing is held twice. */
export function files(format: Format, about: About): Piece[] {
  const { parts } = about;
  switch (format) {
    case 'csv':
      return [{ name: '', lines: () => ended(ReadingsCsv.write(ByDay.readings(parts)), Csv.lineBreak) }];
    case 'fhir':
      return [{ name: '', lines: () => ended(bundle(about), '\n') }];
    case 'nightscout':
      return Nightscout.collections.map((collection) => ({
        name: `${collection}.json`,
        lines: () => ended(Nightscout.write(collection, ByDay.readings(parts)), '\n'),
      }));
  }
}

function* ended(lines: Iterable<string>, lineBreak: string): Generator<string> {
  for (const line of lines) yield line + lineBreak;
}

/** How many readings of each kind a format has no place for. */
export function leftOut(format: Format, { account, parts }: About): { [kind in Kind]?: number } {
  const out = Object.fromEntries(kinds.map((kind) => [kind, 0])) as { [kind in Kind]: number };
  if (format === 'csv') return {};
  for (const day of ByDay.readings(parts))
    for (const r of day) {
      const held = format === 'nightscout' ? Nightscout.holds(r) : Observations.of(account, r) !== undefined;
      if (!held) out[r.kind]++;
    }
  return Object.fromEntries(Object.entries(out).filter(([, n]) => n > 0));
}

/** A transaction that a FHIR server takes as it is, and keeps once however often it is sent. */
function* bundle({ account, person, deployment, parts, at }: About): Generator<string> {
  yield `{"resourceType":"Bundle","type":"transaction","timestamp":"${new Date(at).toISOString()}","entry":[`;
  const patient = Patient.of({ account, name: person, chain: { deployment } });
  const [own] = patient.identifier as [{ system: string; value: string }];
  let before = entry(patient, `identifier=${own.system}|${own.value}`);
  for (const resource of resources(account, parts)) {
    yield `${before},`;
    before = entry(resource, `identifier=urn:ietf:rfc:3986|${urn(resource.id)}`);
  }
  yield before;
  yield ']}';
}

function* resources(account: string, parts: About['parts']): Generator<Resource> {
  for (const day of ByDay.readings(parts))
    for (const reading of day) {
      const resource = Observations.of(account, reading);
      if (resource) yield resource;
    }
  yield* Summaries.of(account, Points.fromReadings(glucose(parts)));
}

function* glucose(parts: About['parts']): Generator<Reading> {
  for (const { content, stream } of parts)
    if (stream === 'glucose/raw' && content.kind === 'readings') yield* content.readings;
}

const entry = (resource: Resource, ifNoneExist: string): string =>
  JSON.stringify({
    fullUrl: urn(resource.id),
    resource,
    request: { method: 'POST', url: resource.resourceType, ifNoneExist },
  });
