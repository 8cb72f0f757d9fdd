// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Source } from '@islet/core/Reading';
import * as FhirMedication from './FhirMedication.js';
import * as FhirObservation from './FhirObservation.js';
import * as FhirTime from './FhirTime.js';
import type { Asked, Format } from './Format.js';
import * as Json from './Json.js';
import { maxRows } from './Limits.js';
import * as NotTaken from './NotTaken.js';
import { type Outcome, type Parsed, type Remark, refused, untimed } from './Outcome.js';
import { outcome } from './Part.js';
import * as People from './People.js';
import { TooLargeError } from './Text.js';

/**
 * FHIR R4: resources, lists and Bundles of them, and bulk data with one resource on each line. Readings are
 * Observations of the HL7 CGM guide and of those before it, and MedicationAdministrations of insulin.
 */
export const format: Format = {
  name: 'fhir',
  recognise({ text, json }) {
    if (json === undefined && text !== undefined && isBulk(text)) return (asked) => read(lines(text), asked);
    const found = listed(json);
    return found && ((asked) => read(found, asked));
  },
};

/** Entries looked at before a list is said to be of another kind. */
const looked = 50;

const isResource = (value: unknown): boolean => typeof Json.fields(value)?.resourceType === 'string';

function listed(json: unknown): readonly unknown[] | undefined {
  if (Array.isArray(json)) return json.slice(0, looked).some(isResource) ? json : undefined;
  return isResource(json) ? [json] : undefined;
}

/** Bulk data: the first line is a whole resource. */
function isBulk(text: string): boolean {
  const end = text.indexOf('\n');
  return /^\uFEFF?\{/.test(text) && end > 0 && isResource(parsed(text.slice(0, end)));
}

function* lines(text: string): Generator<unknown> {
  for (let start = 0; start < text.length; ) {
    const stop = text.indexOf('\n', start);
    const line = text.slice(start, stop < 0 ? text.length : stop);
    if (line.trim() !== '') yield parsed(line);
    start = stop < 0 ? text.length : stop + 1;
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/** A resource with where the bundle says it lies. */
type Item = { value: unknown; fullUrl: unknown };

/** The resources of bundles, also of bundles in a list, each counted by itself. */
function* unfold(list: Iterable<unknown>): Generator<Item> {
  for (const value of list) {
    const bundle = Json.fields(value);
    if (bundle?.resourceType !== 'Bundle') yield { value, fullUrl: undefined };
    else
      for (const item of Json.list(bundle.entry)) {
        const entry = Json.inside(item);
        yield { value: entry.resource ?? entry, fullUrl: entry.fullUrl };
      }
  }
}

type State = {
  asked: Asked;
  others: NotTaken.Counts;
  levels: { value: number; unit: GlucoseUnit }[];
  summaries: number;
  readings: number;
};

function read(list: Iterable<unknown>, asked: Asked): Parsed {
  const state: State = { asked, others: NotTaken.none(), levels: [], summaries: 0, readings: 0 };
  const outcomes: Outcome[] = [];
  const people: unknown[] = [];
  for (const item of unfold(list)) {
    const outcome = one(item, outcomes.length + 1, state);
    outcomes.push(outcome);
    people.push(subject(item.value));
    if (outcome.is === 'readings') state.readings += outcome.readings.length;
    if (outcomes.length > maxRows || state.readings > maxRows)
      throw new TooLargeError(`There are more than ${maxRows} resources or samples.`);
  }
  const units = new Set(state.levels.map((l) => l.unit));
  const unit = units.size === 1 ? state.levels[0]!.unit : null;
  const numbers = unit === null ? [] : state.levels.map((l) => l.value);
  return { outcomes: People.alone(outcomes, people), unit, numbers, remarks: remarks(state) };
}

/** Whom a resource is about, without the server and the version that references may have. */
function subject(value: unknown): string | undefined {
  const reference = Json.text(Json.inside(Json.inside(value).subject).reference);
  return reference?.replace(/\/_history\/.{0,64}$/, '').replace(/^.*\/(?=Patient\/)/, '');
}

function one({ value, fullUrl }: Item, row: number, state: State): Outcome {
  const resource = Json.fields(value);
  if (!resource) return refused(row, 'shape');
  const { resourceType } = resource;
  if (resourceType === 'Patient' || resourceType === 'Device') return untimed(row);
  if (resource.status === 'entered-in-error') return refused(row, 'deleted');
  const kind =
    resourceType === 'Observation'
      ? FhirObservation.kind(resource)
      : resourceType === 'MedicationAdministration'
        ? FhirMedication.kind(resource)
        : undefined;
  if (kind === 'summary') state.summaries++;
  if (kind === undefined || kind === 'summary') {
    if (kind === undefined) NotTaken.count(state.others, typeName(resource));
    return refused(row, 'kind');
  }
  const time = FhirTime.of(resource, state.asked.zone);
  if (time === undefined) return untimed(row);
  if (time === 'broken') return refused(row, 'time');
  const parts = kind.read(resource, time.durationMs);
  if (typeof parts === 'string') return refused(row, parts);
  for (const part of parts) if (part.kind === 'glucose' && !part.beyond) state.levels.push(part);
  return outcome(row, parts, time, source(resource, fullUrl));
}

function typeName(resource: Json.Fields): string {
  const type = Json.text(resource.resourceType) ?? 'entry';
  const code = FhirObservation.codes(resource.code)[0];
  return code ? `${type} ${code}` : type;
}

function source(resource: Json.Fields, fullUrl: unknown): Source {
  const identifier = Json.inside(Json.list(resource.identifier)[0]);
  const own = Json.text(identifier.value) ?? Json.text(resource.id) ?? Json.text(fullUrl);
  const device = Json.fields(resource.device) ?? Json.inside(Json.list(resource.device)[0]);
  const named = Json.text(device.display) ?? Json.text(device.reference) ?? '';
  return { app: 'fhir', device: named, id: own ?? null };
}

function remarks({ others, summaries }: State): Remark[] {
  const out = NotTaken.remarks(others);
  if (summaries > 0) {
    const text = `${summaries} observations are summaries of many days, such as a mean or times in ranges. They are no readings, and were not taken.`;
    out.push({ code: 'summaries', text });
  }
  return out;
}
