// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading, Source } from '@islet/core/Reading';
import { from, type Seeded } from './Seeded.js';
import * as Wall from './Wall.js';

export type Life = {
  /** The simulation begins here, UTC ms. */
  firstAt: number;
  days: number;
  /** The IANA zone the person lives in: meals follow the clock. */
  zone: string;
};

const minute = 60_000;
const hour = 60 * minute;
const stepMinutes = 5;

type Meal = { at: number; grams: number };
type Dose = { at: number; units: number; type: 'rapid' | 'long' };
type Effort = { at: number; durationMs: number; intensity: 1 | 2 | 3 };
type Plan = { meals: Meal[]; doses: Dose[]; efforts: Effort[]; changes: number[] };

/** What differs between people. Drawn once from the seed. */
type Body = { level: number; perGram: number; perUnit: number; error: number; lag: number };

/**
 * A virtual person with type 1 diabetes, written for this project: the readings of so many days, in order of time.
 * Glucose every five minutes give or take a second, with meals, doses, sport, quiet lows at night, sensor noise, gaps
 * at sensor changes, and the sensor's words beyond 40 and 400 mg/dL. The same seed gives the same life.
 */
export function days(seed: number | string, life: Life): Reading[] {
  const body = embody(from(`${seed}/body`));
  const plan = live(from(`${seed}/plan`), life, body);
  return [...glucose(from(`${seed}/sensor`), life, body, plan), ...events(plan, life)].sort(
    (a, b) => a.at - b.at || order.indexOf(a.kind) - order.indexOf(b.kind),
  );
}

const order: string[] = ['glucose', 'carbs', 'insulin', 'activity', 'device', 'note'];

function embody(random: Seeded): Body {
  return {
    level: random.between(120, 140),
    perGram: random.between(3.6, 4.4),
    perUnit: random.between(34, 42),
    error: random.between(0.22, 0.34),
    lag: random.between(0, 12) * minute,
  };
}

function live(random: Seeded, life: Life, body: Body): Plan {
  const plan: Plan = { meals: [], doses: [], efforts: [], changes: [] };
  const midnights = Wall.midnights(life.firstAt, life.days, life.zone);
  let sensorDay = random.whole(1, 9);
  for (const midnight of midnights.slice(0, -1)) {
    const late = random.normal() * 0.5;
    eat(random, plan, body, midnight + (7.4 + late) * hour, random.between(28, 60));
    eat(random, plan, body, midnight + (12.7 + random.normal() * 0.5) * hour, random.between(40, 85));
    eat(
      random,
      plan,
      body,
      midnight + (19.2 + random.normal() * 0.6) * hour,
      random.between(40, 90) * (random.chance(0.06) ? 2 : 1),
    );
    if (random.chance(0.55))
      eat(random, plan, body, midnight + random.between(15, 17) * hour, random.between(12, 30));
    plan.doses.push({
      at: whole(midnight + 22 * hour + random.between(-30, 40) * minute),
      units: 22,
      type: 'long',
    });
    if (random.chance(0.35)) {
      const intensity = random.whole(1, 3) as 1 | 2 | 3;
      const durationMs = random.whole(4, 12) * 5 * minute;
      plan.efforts.push({ at: whole(midnight + random.between(16.5, 18.5) * hour), durationMs, intensity });
    }
    if (--sensorDay === 0) {
      plan.changes.push(whole(midnight + random.between(8, 21) * hour));
      sensorDay = 10;
    }
  }
  return plan;
}

/** A meal and, nearly always, its dose: the person counts well, not perfectly, and doses early or late. */
function eat(random: Seeded, plan: Plan, body: Body, at: number, grams: number): void {
  const meal = { at: whole(at), grams: Math.round(grams) };
  plan.meals.push(meal);
  const counted = grams * Math.max(0.3, 1 + random.normal() * body.error);
  if (random.chance(0.06)) return;
  const units = Math.round(((counted * body.perGram) / body.perUnit) * 0.9 * 2) / 2;
  if (units > 0) plan.doses.push({ at: whole(at + random.between(-15, 20) * minute), units, type: 'rapid' });
}

/** Events are logged to the minute. */
const whole = (at: number): number => Math.round(at / minute) * minute;

/** The share of a meal or dose that acts in the five minutes after `hours`: a gamma density of shape 3. */
function acting(hours: number, scale: number): number {
  if (hours <= 0 || hours > 9 * scale * 3) return 0;
  const x = hours / scale;
  return ((x * x * Math.exp(-x)) / 2 / scale) * (stepMinutes / 60);
}

function glucose(random: Seeded, life: Life, body: Body, plan: Plan): Reading[] {
  const out: Reading[] = [];
  const steps = Math.floor((life.days * 24 * 60) / stepMinutes);
  const source: Source = { app: 'sim', device: 'sim sensor', id: null };
  let inside = body.level + random.normal() * 20;
  let drift = 0;
  let noise = 0;
  let nightLow = 0;
  for (let step = 0; step < steps; step++) {
    const nominal = life.firstAt + step * stepMinutes * minute;
    const { hour: h } = Wall.at(nominal, life.zone);
    drift = drift * 0.996 + random.normal() * 2.7;
    if (h === 1 && random.chance(0.006)) nightLow = random.between(20, 60);
    nightLow = nightLow < 0.5 ? 0 : nightLow * 0.98;
    const dawn = h >= 4 && h < 8 ? 14 : 0;
    const target = body.level + drift + dawn - nightLow;
    inside += (target - inside) * 0.02 - nightLow * 0.03;
    for (const meal of near(plan.meals, nominal)) {
      inside += meal.grams * body.perGram * acting((nominal - meal.at) / hour, 0.38);
    }
    for (const dose of near(plan.doses, nominal)) {
      if (dose.type === 'rapid')
        inside -= dose.units * body.perUnit * acting((nominal - dose.at) / hour, 0.62);
    }
    for (const effort of near(plan.efforts, nominal)) {
      const active = nominal >= effort.at && nominal < effort.at + effort.durationMs;
      if (active) inside -= effort.intensity * 1.1;
    }
    // The liver defends the person: below 70 the fall brakes, above 300 the kidneys spill.
    if (inside < 70) inside += (70 - inside) * 0.1;
    if (inside > 300) inside -= (inside - 300) * 0.03;
    inside = Math.max(28, inside);
    noise = noise * 0.72 + random.normal() * 3.1;
    const jitter = random.whole(-1, 1) * 1000;
    const changing = plan.changes.some((at) => nominal >= at && nominal < at + 2 * hour);
    if (changing || random.chance(0.002)) continue;
    const at = nominal + jitter;
    const shown = Math.round(inside + noise);
    const beyond = shown < 40 ? 'low' : shown > 400 ? 'high' : null;
    const value = beyond === 'low' ? 40 : beyond === 'high' ? 400 : shown;
    out.push({ kind: 'glucose', value, unit: 'mg/dL', beyond, method: 'cgm', ...common(at, life, source) });
  }
  return out;
}

/** What began in the last twelve hours. The lists are nearly in order of time, so the search may stop early. */
function* near<T extends { at: number }>(list: T[], at: number): Generator<T> {
  for (let i = Math.max(0, past(list, at - 12 * hour) - 4); i < list.length; i++) {
    const item = list[i]!;
    if (item.at > at + 12 * hour) return;
    if (item.at <= at) yield item;
  }
}

function past<T extends { at: number }>(list: T[], at: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function events(plan: Plan, life: Life): Reading[] {
  const end = life.firstAt + life.days * 24 * hour;
  const source: Source = { app: 'sim', device: 'sim phone', id: null };
  const said = (at: number) => common(at, life, source);
  const all: Reading[] = [
    ...plan.meals.map((m): Reading => ({ kind: 'carbs', grams: m.grams, ...said(m.at) })),
    ...plan.doses.map(
      (d): Reading => ({ kind: 'insulin', units: d.units, type: d.type, durationMs: 0, ...said(d.at) }),
    ),
    ...plan.efforts.map(
      (e): Reading => ({
        kind: 'activity',
        what: 'exercise',
        amount: e.intensity,
        durationMs: e.durationMs,
        ...said(e.at),
      }),
    ),
    ...plan.changes.map(
      (at): Reading => ({ kind: 'device', what: 'sensor change', value: null, ...said(at) }),
    ),
  ];
  return all.filter((r) => r.at >= life.firstAt && r.at < end);
}

const common = (at: number, life: Life, source: Source) => ({
  at,
  offsetMinutes: Wall.offsetMinutes(at, life.zone),
  said: new Date(at).toISOString(),
  source,
});
