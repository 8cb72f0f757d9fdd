// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit, Source } from '@islet/core/Reading';
import * as AppleHealthKinds from './AppleHealthKinds.js';
import type { Asked } from './Format.js';
import * as Instant from './Instant.js';
import * as Json from './Json.js';
import { maxSaidLength } from './Limits.js';
import * as NotTaken from './NotTaken.js';
import { type Outcome, type Remark, refused, untimed } from './Outcome.js';
import { outcome, type When } from './Part.js';
import { type Ended, type Streamed, whole } from './Streamed.js';
import * as XmlRows from './XmlRows.js';
import * as Zone from './Zone.js';

/** What Apple's Health app exports: `export.xml`, with every record of a phone. Rows are counted in file order. */
export const streamed: Streamed = {
  name: 'apple-health',
  recognise: (beginning) => /^\uFEFF?\s*</.test(beginning) && /<(!DOCTYPE )?HealthData[\s>[]/.test(beginning),
  open,
};

/** The same for files small enough to be held. */
export const format = whole(streamed);

type State = {
  asked: Asked;
  row: number;
  others: NotTaken.Counts;
  units: Set<GlucoseUnit>;
  zones: Map<string, Zone.Zone | undefined>;
  /** Glucose whose source is not known for a sensor. */
  unnamed: number;
};

function open(asked: Asked) {
  const xml = XmlRows.open(
    (name, { key }) => name === 'MetadataEntry' && AppleHealthKinds.wanted.has(key ?? ''),
  );
  const state: State = {
    asked,
    row: 0,
    others: NotTaken.none(),
    units: new Set(),
    zones: new Map(),
    unnamed: 0,
  };
  const judge = (rows: XmlRows.Row[]) => rows.map((row) => one(row, state));
  return {
    push: (piece: string): Outcome[] => judge(xml.push(piece)),
    end(): Ended {
      const { rows, cut, faults } = xml.end();
      const outcomes = judge(rows);
      const last = outcomes.at(-1);
      if (cut && last?.is === 'refused') last.reason = 'cut';
      const [unit = null] = state.units.size === 1 ? state.units : [];
      return { outcomes, unit, remarks: remarks(state, cut, faults) };
    },
  };
}

function one(row: XmlRows.Row, state: State): Outcome {
  state.row++;
  const number = state.row;
  const { attributes } = row;
  if (row.broken) return refused(number, 'shape');
  if (row.name === 'ExportDate' || row.name === 'Me') return untimed(number);
  const type = row.name === 'Record' ? attributes.type : row.name;
  const reader = AppleHealthKinds.reader(type);
  if (!reader) {
    NotTaken.count(state.others, type);
    return refused(number, 'kind');
  }
  const metadata = new Map(row.within.map(({ attributes: m }) => [m.key, m.value]));
  const when = time(attributes, metadata.get('HKTimeZone'), state);
  if (!when) return refused(number, 'time');
  const end = Instant.exact(attributes.endDate ?? '', state.asked.zone)?.at ?? when.at;
  const said = { type: type!, attributes, metadata, durationMs: end - when.at };
  const parts = reader(said);
  if (typeof parts === 'string') return refused(number, parts);
  const [first] = parts;
  if (first?.kind === 'glucose') {
    state.units.add(first.unit);
    if (first.method === 'meter' && !AppleHealthKinds.entered(said)) state.unnamed++;
  }
  return outcome(number, parts, when, source(attributes, metadata));
}

/**
 * The moment is certain. But the export writes all times at the offset the phone had on the day of the export, summer
 * and winter alike, so what local time was is taken from the record's own zone, or from the one that was asked for.
 */
function time(
  attributes: XmlRows.Row['attributes'],
  zoneName: string | undefined,
  state: State,
): When | undefined {
  const said = Json.text(attributes.startDate, maxSaidLength);
  const instant = said === undefined ? undefined : Instant.exact(said, state.asked.zone);
  if (!said || !instant || !Instant.inYears(instant.at)) return undefined;
  const zone = zoneOf(zoneName, state) ?? state.asked.zone;
  return { at: instant.at, offsetMinutes: Zone.offsetMinutes(zone, instant.at), said };
}

/** More zones than anyone travels through. */
const mostZones = 64;

function zoneOf(name: string | undefined, { zones }: State): Zone.Zone | undefined {
  if (!name || name.length > 64) return undefined;
  if (!zones.has(name)) {
    if (zones.size >= mostZones) return undefined;
    zones.set(name, known(name));
  }
  return zones.get(name);
}

function known(name: string): Zone.Zone | undefined {
  try {
    return Zone.of(name);
  } catch {
    return undefined;
  }
}

function source(attributes: XmlRows.Row['attributes'], metadata: AppleHealthKinds.Metadata): Source {
  const device = Json.text(attributes.sourceName) ?? '';
  const id = metadata.get('HKMetadataKeySyncIdentifier') ?? metadata.get('HKExternalUUID');
  return { app: 'apple-health', device, id: Json.text(id) ?? null };
}

function remarks(state: State, cut: boolean, faults: number): Remark[] {
  const out = NotTaken.remarks(state.others);
  if (state.unnamed > 0) {
    const text = `${state.unnamed} glucose records come from an app that is not known for a sensor; they were taken for finger-sticks.`;
    out.push({ code: 'method-guessed', text });
  }
  if (faults > 0) {
    const text = `The XML of the file is broken in ${faults} places. Records there were refused, and some may be missing.`;
    out.push({ code: 'xml-broken', text });
  }
  if (cut) out.push({ code: 'cut', text: 'The file is cut off. Export it again to have the rest.' });
  return out;
}
