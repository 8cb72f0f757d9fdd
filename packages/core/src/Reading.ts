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

export type Glucose = Common & {
  kind: 'glucose';
  /** The number as received, in `unit`. Where the sensor said a word, the limit it stands for (40 or 400 mg/dL). */
  value: number;
  unit: GlucoseUnit;
  /** `low` or `high` where the sensor gave no number but said it was beyond its range. */
  beyond: 'low' | 'high' | null;
  /** `cgm`: by itself; `scan`: the person read the sensor; `meter`: a finger-stick. Only `cgm` enters metrics. */
  method: 'cgm' | 'scan' | 'meter';
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

/** One measurement or event. */
export type Reading = Glucose | Insulin | Carbs | Activity | DeviceEvent | Note;

export type Kind = Reading['kind'];

export const kinds = ['glucose', 'insulin', 'carbs', 'activity', 'device', 'note'] as const satisfies Kind[];
