// Copyright the Islet authors. AGPL-3.0-or-later.
import type { GlucoseUnit } from '@islet/core/Reading';
import * as Amount from './Amount.js';
import { clip } from './Clip.js';
import { maxCarbGrams, maxDurationMs, maxInsulinUnits, maxNameLength, maxNoteLength } from './Limits.js';
import type { Reason } from './Outcome.js';
import type { Part } from './Part.js';

export type Metadata = ReadonlyMap<string | undefined, string | undefined>;

export type Said = {
  type: string;
  attributes: { readonly [name: string]: string };
  metadata: Metadata;
  /** From the start to the end of the record. */
  durationMs: number;
};

type Read = (said: Said) => Part[] | Reason;

/** Keys of metadata that are read. */
export const wanted: ReadonlySet<string> = new Set([
  'HKWasUserEntered',
  'HKInsulinDeliveryReason',
  'HKTimeZone',
  'HKMetadataKeySyncIdentifier',
  'HKExternalUUID',
]);

const quantities = new Map<string, Read>([
  ['BloodGlucose', glucose],
  ['InsulinDelivery', insulin],
  ['DietaryCarbohydrates', carbs],
  ['StepCount', (said) => movement(said, 'steps', 'count', 1_000_000)],
  ['HeartRate', (said) => movement(said, 'heart-rate', 'count/min', 500)],
]);

/** What a person tells of their body. It goes to a stream of its own. */
const health = new Set(
  `MenstrualFlow IntermenstrualBleeding OvulationTestResult CervicalMucusQuality SexualActivity Pregnancy
  PregnancyTestResult ProgesteroneTestResult Contraceptive Lactation InfrequentMenstrualCycles IrregularMenstrualCycles
  PersistentIntermenstrualBleeding ProlongedMenstrualPeriods BleedingDuringPregnancy BleedingAfterPregnancy
  AbdominalCramps Acne AppetiteChanges BladderIncontinence Bloating BreastPain ChestTightnessOrPain Chills Constipation
  Coughing Diarrhea Dizziness DrySkin Fainting Fatigue Fever GeneralizedBodyAche HairLoss Headache Heartburn HotFlashes
  LossOfSmell LossOfTaste LowerBackPain MemoryLapse MoodChanges Nausea NightSweats PelvicPain
  RapidPoundingOrFlutteringHeartbeat RunnyNose ShortnessOfBreath SinusCongestion SkippedHeartbeat SleepChanges
  SoreThroat VaginalDryness Vomiting Wheezing`.split(/\s+/),
);

const quantity = 'HKQuantityTypeIdentifier';
const category = 'HKCategoryTypeIdentifier';

/** What reads records of this type, or undefined where they are not taken. */
export function reader(type: string | undefined): Read | undefined {
  if (type === 'Workout') return workout;
  if (type?.startsWith(quantity)) return quantities.get(type.slice(quantity.length));
  return type?.startsWith(category) && health.has(type.slice(category.length)) ? state : undefined;
}

const decimal = /^-?\d{1,9}(?:\.\d{1,20})?(?:e-?\d{1,2})?$/i;

function number(text: string | undefined, most: number): number | undefined {
  const value = text !== undefined && decimal.test(text) ? Number(text) + 0 : undefined;
  return value !== undefined && value >= 0 && value <= most ? value : undefined;
}

/** Milligrams, or moles with the molar mass written out: `mmol<180.1558800000541>/L`. */
function unitOf(unit: string | undefined): GlucoseUnit | undefined {
  if (unit === 'mg/dL') return 'mg/dL';
  return unit !== undefined && /^mmol(<180\.\d{1,20}>)?\/L$/.test(unit) ? 'mmol/L' : undefined;
}

/**
 * A health store does not say how glucose was measured. Apps that are known for sensors are believed; from any other,
 * and by hand, it is a finger-stick, which no metric counts.
 */
const sensors =
  /dexcom|stelo|libre|\blingo\b|cgm|sensor|xdrip|\bloop\b|\btrio\b|iaps|freeaps|spike|shuggah|glimp|diabox|juggluco|nightscout|nightguard|sugarmate|gluroo|eversense|guardian|minimed|medtronic|carelink|sibionics|sisensing|aidex|linx/i;

export const entered = ({ metadata }: Said): boolean => metadata.get('HKWasUserEntered') === '1';

function glucose(said: Said): Part[] | Reason {
  const { attributes } = said;
  const unit = unitOf(attributes.unit);
  const value = number(attributes.value, 10_000);
  const named = `${attributes.sourceName ?? ''} ${attributes.device ?? ''}`;
  const method = !entered(said) && sensors.test(named) ? 'cgm' : 'meter';
  if (unit === undefined || value === undefined || !Amount.plausible(value, unit, method)) return 'value';
  return [{ kind: 'glucose', value, unit, beyond: null, method }];
}

function insulin({ attributes, metadata, durationMs }: Said): Part[] | Reason {
  const units = attributes.unit === 'IU' ? number(attributes.value, maxInsulinUnits) : undefined;
  const length = within(durationMs);
  if (units === undefined || length === undefined) return 'value';
  // HKInsulinDeliveryReason: 1 basal, 2 bolus.
  const type = metadata.get('HKInsulinDeliveryReason') === '1' ? 'basal' : 'bolus';
  return [{ kind: 'insulin', units, type, durationMs: length }];
}

function carbs({ attributes }: Said): Part[] | Reason {
  const grams = attributes.unit === 'g' ? number(attributes.value, maxCarbGrams) : undefined;
  return grams === undefined ? 'value' : [{ kind: 'carbs', grams }];
}

function movement(said: Said, what: 'steps' | 'heart-rate', unit: string, most: number): Part[] | Reason {
  const amount = said.attributes.unit === unit ? number(said.attributes.value, most) : undefined;
  const durationMs = within(said.durationMs);
  if (amount === undefined || durationMs === undefined) return 'value';
  return [{ kind: 'activity', what, amount, durationMs }];
}

/** Which sport it was is a note: an activity has no words. */
function workout({ attributes, durationMs }: Said): Part[] | Reason {
  const length = within(durationMs);
  if (length === undefined) return 'value';
  const sport = clip(
    (attributes.workoutActivityType ?? '').replace(/^HKWorkoutActivityType/, ''),
    maxNoteLength,
  );
  const part: Part = { kind: 'activity', what: 'exercise', amount: 0, durationMs: length };
  return sport ? [part, { kind: 'note', text: sport, part: 'sport' }] : [part];
}

function state({ type, attributes, durationMs }: Said): Part[] | Reason {
  const value = (attributes.value ?? '').replace(/^HKCategoryValue/, '');
  const text = clip(durationMs > 0 ? `${value}, until ${attributes.endDate ?? ''}` : value, maxNoteLength);
  return [{ kind: 'health', what: clip(type.slice(category.length), maxNameLength), text }];
}

const within = (ms: number): number | undefined => (ms >= 0 && ms <= maxDurationMs ? ms : undefined);
