// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Source } from '@islet/core/Reading';
import { maxText } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import type { Asked, Format } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import { maxDurationMs, maxNameLength, maxRows, maxSaidLength } from './Limits.js';
import * as NotTaken from './NotTaken.js';
import { type Outcome, type Parsed, type Reason, refused } from './Outcome.js';
import { outcome, type Part } from './Part.js';
import * as People from './People.js';
import { TooLargeError } from './Text.js';
import * as Zone from './Zone.js';

/**
 * Open mHealth (IEEE 1752) blood glucose 3.0 and 4.0 and step count 3.0: bodies, data points with a header, and
 * lists of either. What these schemas do not allow is refused.
 */
export const format: Format = {
  name: 'open-mhealth',
  recognise({ json }) {
    const points = Array.isArray(json) ? json : [json];
    return points.slice(0, looked).some(isPoint) ? (asked) => read(points, asked) : undefined;
  },
};

const looked = 50;
const measures = ['blood_glucose', 'step_count'] as const;

const bodyOf = (value: unknown): Json.Fields | undefined => {
  const point = Json.fields(value);
  return Json.fields(point?.body) ?? point;
};

function isPoint(value: unknown): boolean {
  const body = bodyOf(value);
  return measures.some((name) => {
    const measure = Json.fields(body?.[name]);
    return measure !== undefined && 'value' in measure && 'unit' in measure;
  });
}

function read(points: readonly unknown[], asked: Asked): Parsed {
  if (points.length > maxRows) throw new TooLargeError(`There are more than ${maxRows} data points.`);
  const others = NotTaken.none();
  const levels: { value: number; unit: GlucoseUnit }[] = [];
  const outcomes = points.map((item, i): Outcome => {
    const point = Json.fields(item);
    const body = bodyOf(item);
    if (!point || !body) return refused(i + 1, 'shape');
    const header = Json.inside(point.header);
    const measure = measures.find((name) => name in body);
    if (!measure) {
      NotTaken.count(others, Object.keys(body)[0]);
      return refused(i + 1, 'kind');
    }
    const span = time(body, asked.zone);
    if (!span) return refused(i + 1, 'time');
    const parts = measure === 'blood_glucose' ? glucose(body, levels) : steps(body, span.durationMs);
    if (typeof parts === 'string') return refused(i + 1, parts);
    return outcome(i + 1, parts, span, source(header));
  });
  const units = new Set(levels.map((l) => l.unit));
  const unit = units.size === 1 ? levels[0]!.unit : null;
  const numbers = unit === null ? [] : levels.map((l) => l.value);
  const people = points.map((point) => Json.text(Json.inside(Json.inside(point).header).user_id));
  return { outcomes: People.alone(outcomes, people), unit, numbers, remarks: NotTaken.remarks(others) };
}

/** `durationMs` is null where the body names a moment, not an interval. */
type Span = { at: number; offsetMinutes: number; said: string; durationMs: number | null };

const unitMs = new Map<unknown, number>([
  ['sec', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['wk', 7 * 86_400_000],
]);

/** The schemas want a time frame: a moment, or an interval by two of its start, its end and its length. */
function time(body: Json.Fields, zone: Zone.Zone): Span | undefined {
  const frame = Json.inside(body.effective_time_frame);
  const moment = (value: unknown) => {
    const said = Json.text(value, maxSaidLength);
    const instant = said === undefined ? undefined : Instant.exact(said, zone);
    if (!said || !instant || !Instant.inYears(instant.at)) return undefined;
    return { at: instant.at, said, offset: instant.offsetMinutes };
  };
  const put = (
    at: { at: number; said: string; offset: number | undefined },
    durationMs: number | null,
  ): Span => ({
    at: at.at,
    said: at.said,
    offsetMinutes: at.offset ?? Zone.offsetMinutes(zone, at.at),
    durationMs,
  });
  const single = moment(frame.date_time);
  if (single) return put(single, null);
  const interval = Json.inside(frame.time_interval);
  const start = moment(interval.start_date_time);
  const end = moment(interval.end_date_time);
  const { value, unit } = Json.inside(interval.duration);
  const length = (Json.number(value) ?? Number.NaN) * (unitMs.get(unit) ?? Number.NaN);
  const durationMs = start && end ? end.at - start.at : length;
  if (!(durationMs >= 0)) return undefined;
  if (start) return put(start, durationMs);
  return end && Instant.inYears(end.at - durationMs)
    ? put({ ...end, at: end.at - durationMs }, durationMs)
    : undefined;
}

/** What the schemas let a body say, in the versions named above and in those before. */
const specimens = words('interstitial fluid,capillary blood,plasma,serum,whole blood');
const otherSpecimens = words('breath,lacrimal fluid,saliva,sweat,tears,urine');
const meals = words(
  'fasting,not fasting,before meal,after meal,before breakfast,after breakfast,before lunch,after lunch,before dinner,after dinner,2 hours postprandial',
);
const sleeps = words('before sleeping,during sleep,on waking');
const statistics = words(
  'average,maximum,minimum,standard deviation,variance,sum,median,count,quartile deviation,20th percentile,80th percentile,lower quartile,upper quartile,1st quintile,2nd quintile,3rd quintile,4th quintile',
);

function words(list: string): ReadonlySet<unknown> {
  return new Set([undefined, ...list.split(',')]);
}

function glucose(body: Json.Fields, levels: { value: number; unit: GlucoseUnit }[]): Part[] | Reason {
  const { value, unit } = Json.inside(body.blood_glucose);
  const number = Json.number(value);
  if (number === undefined || (unit !== 'mg/dL' && unit !== 'mmol/L')) return 'value';
  const {
    specimen_source: specimen,
    temporal_relationship_to_meal: meal,
    temporal_relationship_to_sleep: sleep,
  } = body;
  if (!meals.has(meal) || !sleeps.has(sleep)) return 'value';
  // Sugar in tears or sweat is not that of the blood, whatever its unit.
  if (!specimens.has(specimen)) return otherSpecimens.has(specimen) ? kept(body) : 'value';
  const method = specimen === 'interstitial fluid' ? 'cgm' : 'meter';
  if (!Amount.plausible(number, unit, method)) return 'value';
  if (body.descriptive_statistic !== undefined) return summary(body);
  levels.push({ value: number, unit });
  const told = [meal, sleep].filter((t) => typeof t === 'string').join(', ');
  const note: Part[] = told ? [{ kind: 'note', text: told, part: 'note' }] : [];
  return [{ kind: 'glucose', value: number, unit, beyond: null, method }, ...note];
}

const maxSteps = 1_000_000;

function steps(body: Json.Fields, durationMs: number | null): Part[] | Reason {
  const { value, unit } = Json.inside(body.step_count);
  const amount = Json.upTo(value, maxSteps);
  if (amount === undefined || unit !== 'steps') return 'value';
  // Steps are counted over a while.
  if (durationMs === null) return 'time';
  if (body.descriptive_statistic !== undefined) return summary(body);
  return durationMs > maxDurationMs ? 'value' : [{ kind: 'activity', what: 'steps', amount, durationMs }];
}

/** The least or the mean of some months is no measurement of the moment they began. It is kept in its own words. */
const summary = (body: Json.Fields): Part[] | Reason =>
  statistics.has(body.descriptive_statistic) ? kept(body) : 'value';

function kept(body: Json.Fields): Part[] | Reason {
  const text = Json.json(body, maxText.document);
  return text === undefined ? 'large' : [{ kind: 'document', what: 'open-mhealth', text }];
}

function source(header: Json.Fields): Source {
  const provenance = Json.inside(header.acquisition_provenance);
  const device = Json.text(provenance.source_name) ?? '';
  const id = Json.text(header.id ?? header.uuid, maxNameLength);
  return { app: 'open-mhealth', device: clip(device, maxNameLength), id: id ?? null };
}
