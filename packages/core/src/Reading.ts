// Copyright the Islet authors. AGPL-3.0-or-later.

/** Where a reading came from, as its source names itself. Empty text where the source does not say. */
export type Source = {
  /** The program or export: `clarity`, `libreview`, `xDrip-DexcomG5`, `loop://iPhone`. */
  app: string;
  /** The device or sensor, as named by the source. */
  device: string;
  /** The source's own identity of this record (`_id`, `identifier`, `syncIdentifier`, transmitter tick), or null. */
  id: string | null;
};

type Common = {
  /** When it was measured, UTC ms, as we concluded. */
  at: number;
  /** The offset of local time from UTC at that moment, minutes east, as we concluded. */
  offsetMinutes: number;
  /** The time exactly as the source wrote it, so that a wrong conclusion can be mended later. */
  said: string;
  source: Source;
};

export type GlucoseUnit = 'mg/dL' | 'mmol/L';

/** Which way glucose goes, in the words of Dexcom and Nightscout; the first ten in the order of their numbers. */
export const trends = [
  'NONE',
  'DoubleUp',
  'SingleUp',
  'FortyFiveUp',
  'Flat',
  'FortyFiveDown',
  'SingleDown',
  'DoubleDown',
  'NOT COMPUTABLE',
  'RATE OUT OF RANGE',
  'TripleUp',
  'TripleDown',
] as const;

export type Trend = (typeof trends)[number];

export type Glucose = Common & {
  kind: 'glucose';
  /** The number as received, in `unit`. Where the sensor said a word, the limit it stands for (40 or 400 mg/dL). */
  value: number;
  unit: GlucoseUnit;
  /** `low` or `high` where the sensor gave no number but said it was beyond its range. */
  beyond: 'low' | 'high' | null;
  /** `cgm`: by itself; `scan`: the person read the sensor; `meter`: a finger-stick. Only `cgm` enters metrics. */
  method: 'cgm' | 'scan' | 'meter';
  /** The arrow that the source showed with it. It says nothing of which reading this is. */
  trend?: Trend;
};

export type Insulin = Common & {
  kind: 'insulin';
  units: number;
  /** `basal` with a duration is a rate delivered over `durationMs`; zero units are a suspension. */
  type: 'rapid' | 'long' | 'bolus' | 'basal';
  durationMs: number;
};

export type Carbs = Common & { kind: 'carbs'; grams: number };

export type Activity = Common & {
  kind: 'activity';
  what: 'exercise' | 'steps' | 'heart-rate';
  amount: number;
  durationMs: number;
};

/** A device's own events: calibrations, alarms, sensor changes. */
export type DeviceEvent = Common & { kind: 'device'; what: string; value: number | null };

export type Note = Common & { kind: 'note'; text: string };

/**
 * What a person wrote down about their health that is none of the above: an illness, stress, a period. A stream of
 * its own, so that no grant of anything else carries it along.
 */
export type Health = Common & { kind: 'health'; what: string; text: string };

/** The settings of a therapy from then on, as JSON in the source's own shape, less its secrets. */
export type Profile = Common & { kind: 'profile'; what: string; text: string };

/**
 * A record in the source's own words, as JSON: what an app wants back unchanged, and what no other kind can hold.
 * `what` names its collection (`treatments`, `devicestatus`).
 */
export type Document = Common & { kind: 'document'; what: string; text: string };

/** One measurement or event. */
export type Reading = Glucose | Insulin | Carbs | Activity | DeviceEvent | Note | Health | Profile | Document;

export type Kind = Reading['kind'];

export const kinds = [
  'glucose',
  'insulin',
  'carbs',
  'activity',
  'device',
  'note',
  'health',
  'profile',
  'document',
] as const satisfies Kind[];

/** Limits of a reading's parts, in UTF-16 code units; `text` by kind. */
export const maxSaid = 64;
export const maxName = 256;
export const maxText = { note: 8192, health: 8192, profile: 131_072, document: 131_072 } as const;
