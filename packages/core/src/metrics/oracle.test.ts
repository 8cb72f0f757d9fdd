// Copyright the Islet authors. AGPL-3.0-or-later.
// Against independent implementations run over real records: iglu 4.3.0 and py_agata on six people of Hall 2018.
import { describe, expect, test } from 'vitest';
import * as Agp from './Agp.js';
import * as Counts from './Counts.js';
import * as Episodes from './Episodes.js';
import {
  easternMinutes,
  haveRealFiles,
  minute,
  parseEastern,
  readCsv,
  reading,
  readJson,
} from './metrics.testkit.js';
import * as Points from './Points.js';
import * as Summary from './Summary.js';

const day = 1440 * minute;
const name = 'hall2018_6_subjects';

function close(actual: number | null, expected: number) {
  expect(actual).not.toBeNull();
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}

if (haveRealFiles()) describe('Hall 2018', compare);
else test.skip('Hall 2018', compare);

function compare() {
  const iglu = readJson(`${name}_iglu_expected.json`);
  const agata = readJson(`${name}_py_agata.json`);
  const gridRows = readCsv(`${name}_agp_grid.csv`);
  const rows = readCsv(`${name}.csv`);
  const people = [...new Set(rows.map((r) => r.id!))].map((id) => ({
    id,
    points: Points.fromReadings(
      rows
        .filter((r) => r.id === id)
        .map((r) => reading(parseEastern(r.time!), Number(r.gl), { offsetMinutes: easternMinutes })),
    ),
  }));
  const expected = (table: string, id: string) => iglu[table].find((r: { id: string }) => r.id === id);

  test('has six people', () => {
    expect(people.map((p) => p.points.length)).toEqual([1846, 1796, 1783, 1863, 1803, 1796]);
  });

  describe.each(people)('$id', ({ id, points }) => {
    const s = Summary.summarise(points);

    test('mean, SD, CV, GMI and GRI equal iglu, from points and from counts', () => {
      for (const got of [s, Summary.fromCounts(Counts.of(points))]) {
        expect(got.n).toBe(expected('counts', id).n);
        close(got.meanMgDl, expected('summary', id).Mean);
        close(got.sdMgDl, expected('sd', id).SD);
        close(got.cvPercent, expected('cv', id).CV);
        close(got.gmiPercent, expected('gmi', id).GMI);
        close(got.gri, expected('gri', id).GRI);
      }
    });

    test('bands equal iglu, whose below and above are cumulative', () => {
      const below = expected('below', id);
      const above = expected('above', id);
      close(s.veryLowPercent, below.below_54);
      close(s.lowPercent, below.below_70 - below.below_54);
      close(s.inRangePercent, expected('in_range', id).in_range_70_180);
      close(s.tightRangePercent, expected('in_range', id).in_range_70_140);
      close(s.highPercent, above.above_180 - above.above_250);
      close(s.veryHighPercent, above.above_250);
    });

    test('sensor activity equals iglu: automatic without a window, manual with the last 14 days', () => {
      close(s.sensorActivePercent, expected('active', id).active_percent);
      expect(Math.round(s.days * 10) / 10).toBe(expected('active', id).ndays);
      const to = points.at(-1)!.at + 1;
      const recent = Summary.summarise(points, { from: to - 14 * day, to });
      close(recent.sensorActivePercent, expected('active14', id).active_percent);
      expect(recent.insufficiency).toEqual(['sensor-active-below-70-percent']);
    });

    test('the profile equals iglu in all 288 bins', () => {
      const bins = Agp.of(points);
      const own = gridRows.filter((r) => r.id === id);
      expect(own).toHaveLength(288);
      for (const row of own) {
        const bin = bins[Number(row.minute_of_day_end) / 5 - 1]!;
        expect([bin.toMinute, bin.days]).toEqual([Number(row.minute_of_day_end), Number(row.n_days)]);
        for (const p of ['p05', 'p25', 'p50', 'p75', 'p95'] as const) close(bin[p], Number(row[p]));
      }
    });

    test('episodes equal iglu: how many, how often, how long, how deep', () => {
      for (const [level, type, lv] of [
        ['hypo1', 'hypo', 'lv1'],
        ['hypo2', 'hypo', 'lv2'],
        ['hyper1', 'hyper', 'lv1'],
        ['hyper2', 'hyper', 'lv2'],
      ] as const) {
        const e = iglu.episodes.find(
          (r: Record<string, string>) => r.id === id && r.type === type && r.level === lv,
        );
        const { episodes, perDay } = Episodes.of(points, level);
        expect(episodes).toHaveLength(e.total_episodes);
        close(perDay, e.avg_ep_per_day);
        if (episodes.length === 0) continue;
        // iglu's averages are over episodes, not over minutes.
        const average = (of: (e: Episodes.Episode) => number) =>
          episodes.reduce((sum, x) => sum + of(x), 0) / episodes.length;
        close(
          average((x) => x.minutes),
          e.avg_ep_duration,
        );
        close(
          average((x) => x.meanMgDl),
          e.avg_ep_gl,
        );
      }
    });

    test('py_agata differs by its exclusive bounds and its own grid only', () => {
      const other = agata.find((r: { id: string }) => r.id === id);
      // On the grid it may merge two readings into one; then the values are no longer the same.
      if (other.grid_n_valid !== points.length) return expect(points.length - other.grid_n_valid).toBe(1);
      close(s.meanMgDl, other.mean_glucose);
      close(s.sdMgDl, other.std_glucose);
      close(s.gmiPercent, other.gmi);
      const share = (test: (g: number) => boolean) =>
        (100 * points.filter((p) => test(p.mgdl)).length) / points.length;
      const at = share((g) => g === 70 || g === 180);
      close(s.inRangePercent! - at, other.time_in_target);
    });
  });

  test('where iglu and py_agata count the same episodes, so do we', () => {
    const agreed: string[] = [];
    for (const { id, points } of people) {
      const other = agata.find((r: { id: string }) => r.id === id);
      for (const [level, type, theirs] of [
        ['hypo1', 'hypo', other.hypo_70.length],
        ['hyper1', 'hyper', other.hyper_180_n],
      ] as const) {
        const e = iglu.episodes.find(
          (r: Record<string, string>) => r.id === id && r.type === type && r.level === 'lv1',
        );
        if (e.total_episodes !== theirs) continue;
        agreed.push(`${id.slice(-3)} ${level}`);
        expect(Episodes.of(points, level).episodes).toHaveLength(theirs);
      }
    }
    expect(agreed).toEqual([
      '001 hyper1',
      '026 hyper1',
      '032 hypo1',
      '032 hyper1',
      '091 hypo1',
      '091 hyper1',
      '114 hypo1',
      '114 hyper1',
    ]);
  });
}
