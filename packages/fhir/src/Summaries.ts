// Copyright the Islet authors. AGPL-3.0-or-later.
import { mgdlPerMmol } from '@islet/core/Glucose';
import type { Point } from '@islet/core/metrics/Points';
import * as Metrics from '@islet/core/metrics/Summary';
import { concept, idOf, type Json, type Resource, systems, urn } from './Fhir.js';
import * as LocalTime from './LocalTime.js';
import { cgm, laboratory, units } from './Observations.js';
import * as Patient from './Patient.js';

const dayMs = 86_400_000;
export const periodDays = 14;

/** The five bands, with the slice names' meaning of their codes. */
const bands = [
  ['104642-4', 'veryLowPercent'],
  ['104641-6', 'lowPercent'],
  ['97510-2', 'inRangePercent'],
  ['104640-8', 'highPercent'],
  ['104639-0', 'veryHighPercent'],
] as const;

/**
 * Summaries of the CGM IG over periods of fourteen days, counted back from the end of the last local day: a panel and
 * its members for each period in which all of them are defined. Points rise in time.
 */
export function* of(account: string, points: readonly Point[]): Generator<Resource> {
  const last = points.at(-1);
  if (!last) return;
  const offset = last.offsetMinutes * 60_000;
  let to = (Math.floor((last.at + offset) / dayMs) + 1) * dayMs - offset;
  let end = points.length;
  while (end > 0) {
    const from = to - periodDays * dayMs;
    let begin = end;
    while (begin > 0 && points[begin - 1]!.at >= from) begin--;
    if (begin < end) yield* period(account, points.slice(begin, end), { from, to });
    [to, end] = [from, begin];
  }
}

function* period(
  account: string,
  points: Point[],
  window: { from: number; to: number },
): Generator<Resource> {
  const { offsetMinutes } = points.at(-1)!;
  const m = Metrics.summarise(points, window);
  const { meanMgDl, gmiPercent, cvPercent, sensorActivePercent } = m;
  if (meanMgDl === null || gmiPercent === null || cvPercent === null || sensorActivePercent === null) return;
  // Days of the window, not of the clock, which summer time would make fifteen.
  const days = new Set(points.map((p) => Math.floor((p.at - window.from) / dayMs))).size;
  const one = (profile: string, code: string, own: { [element: string]: Json }): Resource => {
    const id = idOf(account, profile, window.from, window.to);
    return {
      resourceType: 'Observation',
      id,
      identifier: [{ system: 'urn:ietf:rfc:3986', value: urn(id) }],
      meta: { profile: [`${cgm}/${profile}`] },
      status: 'final',
      category: laboratory,
      code: concept(systems.loinc, code),
      subject: Patient.reference(account),
      effectivePeriod: {
        start: LocalTime.fhir(window.from, offsetMinutes),
        // The last moment that belongs to it.
        end: LocalTime.fhir(window.to - 1, offsetMinutes),
      },
      ...own,
    };
  };
  const quantity = (value: number, unit: { [element: string]: Json }): { [element: string]: Json } => ({
    valueQuantity: { value: hundredths(value), ...unit },
  });
  const members = [
    one('cgm-summary-mean-glucose-mass-per-volume', '97507-8', quantity(meanMgDl, units['mg/dL'])),
    one(
      'cgm-summary-mean-glucose-moles-per-volume',
      '105273-7',
      quantity(meanMgDl / mgdlPerMmol, units['mmol/L']),
    ),
    one('cgm-summary-times-in-ranges', '106793-3', {
      component: bands.map(([code, band]) => ({
        code: concept(systems.loinc, code),
        ...quantity(m[band]!, units.percent),
      })),
    }),
    one('cgm-summary-gmi', '97506-0', quantity(gmiPercent, units.percent)),
    one('cgm-summary-coefficient-of-variation', '104638-2', quantity(cvPercent, units.percent)),
    one('cgm-summary-days-of-wear', '104636-6', quantity(days, units.days)),
    one('cgm-summary-sensor-active-percentage', '104637-4', quantity(sensorActivePercent, units.percent)),
  ];
  yield* members;
  yield one('cgm-summary', '107931-8', { hasMember: members.map(({ id }) => ({ reference: urn(id) })) });
}

/** The IG wants two decimals of a percentage; more would be noise. */
const hundredths = (value: number): number => Math.round(value * 100) / 100;
