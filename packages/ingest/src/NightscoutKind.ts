// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Json from './Json.js';

/** A collection of Nightscout's, or a file of OpenAPS. */
export type Kind =
  | 'entries'
  | 'treatments'
  | 'devicestatus'
  | 'profile'
  | 'food'
  | 'activity'
  | 'pumphistory'
  | 'openaps';
export type Item = { kind: Kind | null; of: unknown };

/** A record, with the collection it belongs to. */
export const item = (of: unknown): Item => ({ kind: kindOf(of), of });

/** The names under which servers and exporters put whole collections. */
const collections: { [name: string]: Kind } = {
  entries: 'entries',
  sgvs: 'entries',
  mbgs: 'entries',
  cals: 'entries',
  treatments: 'treatments',
  devicestatus: 'devicestatus',
  profile: 'profile',
  profiles: 'profile',
  food: 'food',
  foods: 'food',
  activity: 'activity',
  pumphistory: 'pumphistory',
};

/** The records of a body: a list, an answer of API v3, one record, or an object of collections. */
export function itemsOf(json: unknown): Item[] {
  if (Array.isArray(json)) return json.map((of) => ({ kind: kindOf(of), of }));
  if (!Json.isFields(json)) return [];
  if (Array.isArray(json.result)) return itemsOf(json.result);
  if (kindOf(json) !== null) return [{ kind: kindOf(json), of: json }];
  return Object.entries(collections).flatMap(([name, kind]) =>
    Json.list(json[name]).map((of): Item => ({ kind: kindOf(of) ?? (looksEmpty(of) ? null : kind), of })),
  );
}

/** Whether something has no fields at all. */
export const looksEmpty = (of: unknown): boolean => !Json.isFields(of) || Object.keys(of).length === 0;

/** The collection that a record belongs to, by its own fields. */
export function kindOf(of: unknown): Kind | null {
  if (!Json.isFields(of)) return null;
  const type = of.type;
  if (typeof of._type === 'string' && 'timestamp' in of) return 'pumphistory';
  if ('eventType' in of) return 'treatments';
  if ('sgv' in of || 'mbg' in of || type === 'cal' || ('mgdl' in of && 'mills' in of)) return 'entries';
  if ('store' in of && ('defaultProfile' in of || 'startDate' in of)) return 'profile';
  if (typeof type === 'string' && /^(hr-|steps-|motion-)/.test(type)) return 'activity';
  if ((type === 'food' || type === 'quickpick') && ('carbs' in of || 'foods' in of)) return 'food';
  const dated = 'created_at' in of || 'date' in of || 'mills' in of;
  if (
    dated &&
    ['openaps', 'loop', 'pump', 'uploader', 'uploaderBattery', 'xdripjs'].some((name) => name in of)
  )
    return 'devicestatus';
  if ('iob' in of && 'activity' in of && 'time' in of) return 'openaps';
  if ('deliverAt' in of && ('eventualBG' in of || 'predBGs' in of)) return 'openaps';
  if ('created_at' in of && (Number(of.insulin) > 0 || Number(of.carbs) > 0)) return 'treatments';
  return null;
}
