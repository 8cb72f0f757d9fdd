// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Reading } from '@islet/core/Reading';
import * as Person from '@islet/sim/Person';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as AppleHealth from './AppleHealth.js';
import * as AppleHealthFile from './AppleHealthFile.testkit.js';
import * as Laws from './laws.testkit.js';
import type { Outcome, Parsed } from './Outcome.js';
import * as Real from './real.testkit.js';
import * as Zone from './Zone.js';

const zone = 'Europe/Madrid';
const asked = { zone: Zone.of(zone), now: Laws.now };
const life = Person.days('apple', { firstAt: Date.UTC(2026, 9, 23, 22), days: 4, zone });

const read = (text: string): Parsed => Laws.read(AppleHealth.format, Laws.ofText(text), zone)!;
const readingsOf = (outcomes: Outcome[]): Reading[] =>
  outcomes.flatMap((o) => (o.is === 'readings' ? o.readings : []));
const file = (inner: string) => `<?xml version="1.0"?>\n<HealthData locale="en">\n${inner}\n</HealthData>`;
const one = (inner: string) => read(file(inner)).outcomes[0]!;
const dates = 'startDate="2026-01-02 03:04:05 +0100" endDate="2026-01-02 03:14:05 +0100"';
const parts = (inner: string) => {
  const outcome = one(inner);
  return outcome.is === 'readings' ? outcome.readings : outcome;
};

describe('an Apple Health export', () => {
  test.each<AppleHealthFile.Quirks>([
    {},
    { unit: 'mmol/L', offset: -420 },
    { doctype: 'left-out', offset: 345 },
  ])('with the quirks %j is read back to the last record', (quirks) => {
    const { outcomes, unit, remarks } = read(AppleHealthFile.write(life, quirks));
    expect(outcomes).toHaveLength(life.length + 2);
    expect(outcomes.slice(0, 2).map((o) => o.is)).toEqual(['untimed', 'untimed']);
    const got = readingsOf(outcomes);
    const summary = (list: Reading[]) =>
      list.flatMap((r): unknown[] => {
        const at = Math.floor(r.at / 1000);
        if (r.kind === 'glucose') {
          const mgdl = Math.round(r.unit === 'mmol/L' ? r.value * 18.01559 : r.value);
          return [[at, 'glucose', mgdl, r.method]];
        }
        if (r.kind === 'insulin') return [[at, 'insulin', r.units, r.type === 'long' || r.type === 'basal']];
        if (r.kind === 'carbs') return [[at, 'carbs', r.grams]];
        return r.kind === 'activity' ? [[at, 'activity', r.durationMs]] : [];
      });
    expect(summary(got)).toEqual(summary(life));
    expect(unit).toBe(quirks.unit ?? 'mg/dL');
    // Local time is the person's, not that of the phone on the day of the export.
    expect(got.every((r) => r.offsetMinutes === (r.at < Date.UTC(2026, 9, 25, 1) ? 120 : 60))).toBe(true);
    const others = life.filter((r) => r.kind === 'device' || r.kind === 'note').length;
    expect(outcomes.filter((o) => o.is === 'refused')).toHaveLength(others);
    expect(remarks.map((r) => r.text)).toEqual(
      others > 0
        ? [`Records of these types were not taken: HKQuantityTypeIdentifierBodyMassIndex (${others}).`]
        : [],
    );
  });

  test('comes out the same however it is cut into pieces', () => {
    const text = AppleHealthFile.write(life.slice(0, 40), { app: 'Dexcom 🩸' });
    const all = read(text);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length }), { maxLength: 30 }), (cuts) => {
        const stream = AppleHealth.streamed.open(asked);
        const edges = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const outcomes = edges.slice(1).flatMap((to, i) => stream.push(text.slice(edges[i], to)));
        const ended = stream.end();
        expect([...outcomes, ...ended.outcomes]).toEqual(all.outcomes);
        expect(ended.remarks).toEqual(all.remarks);
      }),
      { numRuns: 60 },
    );
  });

  test('gives each record as soon as its end has come', () => {
    const stream = AppleHealth.streamed.open(asked);
    const record = `<Record type="HKQuantityTypeIdentifierStepCount" unit="count" value="7" ${dates}/>`;
    expect(stream.push(`<HealthData>${record}`)).toHaveLength(1);
    expect(stream.push(record.slice(0, 50))).toEqual([]);
    expect(stream.push(record.slice(50))).toMatchObject([{ row: 2, is: 'readings' }]);
    stream.push('<Record type="HK');
    expect(stream.end()).toMatchObject({
      outcomes: [{ row: 3, is: 'refused', reason: 'cut' }],
      remarks: [{ code: 'cut' }],
    });
  });

  test.each<[string, object[]]>([
    [
      `<Record type="HKQuantityTypeIdentifierBloodGlucose" sourceName="Contour" unit="mg/dL" ${dates} value="98"/>`,
      [{ kind: 'glucose', value: 98, method: 'meter', said: '2026-01-02 03:04:05 +0100' }],
    ],
    [
      `<Record type="HKQuantityTypeIdentifierBloodGlucose" sourceName="Dexcom" unit="mg/dL" ${dates} value="98"><MetadataEntry key="HKWasUserEntered" value="1"/></Record>`,
      [{ kind: 'glucose', method: 'meter' }],
    ],
    [
      `<Record type="HKQuantityTypeIdentifierBloodGlucose" sourceName="LibreLink" unit="mmol&lt;180.15588000005408&gt;/L" ${dates} value="5.494505494505494"/>`,
      [{ kind: 'glucose', value: 5.494505494505494, unit: 'mmol/L', method: 'cgm' }],
    ],
    [
      `<Record type="HKQuantityTypeIdentifierInsulinDelivery" sourceName="Loop" unit="IU" ${dates} value="0.05"><MetadataEntry key="HKInsulinDeliveryReason" value="1"/><MetadataEntry key="HKMetadataKeySyncIdentifier" value="74656d70"/></Record>`,
      [
        {
          kind: 'insulin',
          type: 'basal',
          units: 0.05,
          durationMs: 600_000,
          source: { app: 'apple-health', device: 'Loop', id: '74656d70' },
        },
      ],
    ],
    [
      `<Record type="HKQuantityTypeIdentifierInsulinDelivery" unit="IU" ${dates} value="3"><MetadataEntry key="HKInsulinDeliveryReason" value="2"/></Record>`,
      [{ kind: 'insulin', type: 'bolus', units: 3 }],
    ],
    [
      `<Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" ${dates} value="72"/>`,
      [{ kind: 'activity', what: 'heart-rate', amount: 72, durationMs: 600_000 }],
    ],
    [
      `<Record type="HKQuantityTypeIdentifierStepCount" unit="count" ${dates} value="512"><MetadataEntry key="HKTimeZone" value="Asia/Tokyo"/></Record>`,
      [{ kind: 'activity', what: 'steps', amount: 512, offsetMinutes: 540 }],
    ],
    [
      `<Record type="HKCategoryTypeIdentifierMenstrualFlow" ${dates} value="HKCategoryValueMenstrualFlowMedium"/>`,
      [
        {
          kind: 'health',
          what: 'MenstrualFlow',
          text: 'MenstrualFlowMedium, until 2026-01-02 03:14:05 +0100',
        },
      ],
    ],
    [
      `<Record type="HKCategoryTypeIdentifierNausea" startDate="2026-01-02 03:04:05 +0100" value="HKCategoryValueSeverityMild"/>`,
      [{ kind: 'health', what: 'Nausea', text: 'SeverityMild' }],
    ],
    [
      `<Workout workoutActivityType="HKWorkoutActivityTypeCycling" ${dates}><WorkoutEvent/></Workout>`,
      [
        { kind: 'activity', what: 'exercise', durationMs: 600_000 },
        { kind: 'note', text: 'Cycling' },
      ],
    ],
  ])('%s', (inner, expected) => {
    expect(parts(inner)).toMatchObject(expected);
  });

  test.each([
    [`<Record type="HKQuantityTypeIdentifierBloodGlucose" unit="mmol/mol" ${dates} value="98"/>`, 'value'],
    [`<Record type="HKQuantityTypeIdentifierBloodGlucose" unit="mg/dL" ${dates} value="5.4"/>`, 'value'],
    [`<Record type="HKQuantityTypeIdentifierDietaryCarbohydrates" unit="kcal" ${dates} value="5"/>`, 'value'],
    [`<Record type="HKQuantityTypeIdentifierStepCount" unit="count" ${dates} value="many"/>`, 'value'],
    [
      '<Record type="HKQuantityTypeIdentifierStepCount" unit="count" startDate="2026-01-02" value="5"/>',
      'time',
    ],
    ['<Record type="HKQuantityTypeIdentifierStepCount" unit="count" value="5"/>', 'time'],
    [`<Record type="HKCategoryTypeIdentifierSleepAnalysis" ${dates} value="1"/>`, 'kind'],
    [`<Correlation type="HKCorrelationTypeIdentifierFood" ${dates}><Record/></Correlation>`, 'kind'],
    ['<ActivitySummary dateComponents="2026-01-02"/>', 'kind'],
    [`<Record type="HKQuantityTypeIdentifierStepCount" unit="&trap;" ${dates} value="5"/>`, 'shape'],
    [
      `<Record type="HKQuantityTypeIdentifierStepCount" unit="count" unit="count" ${dates} value="5"/>`,
      'shape',
    ],
  ])('%s is refused for its %s', (inner, reason) => {
    expect(parts(inner)).toMatchObject({ is: 'refused', reason });
  });

  test('broken XML costs the record it is in, and no other', () => {
    const good = `<Record type="HKQuantityTypeIdentifierStepCount" unit="count" value="7" ${dates}/>`;
    const bad = `<Record type="HKQuantityTypeIdentifierStepCount" sourceName="a\u0001b" unit="count" value="7" ${dates}/>`;
    const { outcomes, remarks } = read(file(good + bad + good));
    expect(remarks.map((r) => r.code)).toEqual(['xml-broken']);
    expect(outcomes.map((o) => o.is)).toEqual(['readings', 'refused', 'readings']);
  });

  test('entities that a file declares are never expanded', () => {
    const entities = Array.from(
      { length: 20 },
      (_, i) => `<!ENTITY e${i + 1} "&e${i};&e${i};&e${i};&e${i};">`,
    );
    const record = `<Record type="HKCategoryTypeIdentifierNausea" ${dates} value="&e20;"/>`;
    const bomb = `<!DOCTYPE HealthData [<!ENTITY e0 "lol"><!ENTITY file SYSTEM "file:///etc/passwd">${entities.join('')}]>\n<HealthData>${record}${record.replace('e20', 'file')}</HealthData>`;
    expect(read(bomb).outcomes).toEqual([
      { row: 1, is: 'refused', reason: 'shape' },
      { row: 2, is: 'refused', reason: 'shape' },
    ]);
  });

  test.each([
    ['an attribute', '<HealthData><Record type="', 'a'],
    ['a comment', '<HealthData><!--', 'a'],
    ['a name', '<HealthData><', 'a'],
    ['an entity', '<HealthData>&', 'a'],
    ['a DOCTYPE', '<!DOCTYPE HealthData [', 'a '],
    ['a text', '<HealthData>', 'a'],
    ['a CDATA', '<HealthData><![CDATA[', 'a'],
    ['depth', '<HealthData>', '<a>'],
    ['attributes', '<HealthData><Record ', 'a="1" '],
  ])('%s without an end is refused long before memory is short', (_, start, more) => {
    const stream = AppleHealth.streamed.open(asked);
    stream.push(start);
    const piece = more.repeat(32 * 1024);
    expect(() => {
      for (let i = 0; i < 200; i++) stream.push(piece);
    }).toThrow(expect.objectContaining({ code: expect.stringMatching(/^INGEST_(TOO_LARGE|BAD_XML)$/) }));
  });

  test('a stream of a hundred thousand records keeps nothing of them', () => {
    const stream = AppleHealth.streamed.open(asked);
    stream.push('<HealthData>');
    const record = `<Record type="HKQuantityTypeIdentifierHeartRate" unit="count/min" ${dates} value="72"/>\n`;
    const piece = record.repeat(1000);
    let rows = 0;
    for (let i = 0; i < 100; i++) rows += stream.push(piece).length;
    stream.push('</HealthData>');
    expect(rows).toBe(100_000);
    expect(stream.end()).toEqual({ outcomes: [], unit: null, remarks: [] });
  });

  test('a file cut off anywhere keeps every whole record, and says that it is cut', () => {
    const text = AppleHealthFile.write(life.slice(0, 30));
    const all = read(text);
    const start = text.indexOf('<HealthData') + 20;
    fc.assert(
      fc.property(fc.integer({ min: start, max: text.lastIndexOf('</HealthData') }), (end) => {
        const cut = read(text.slice(0, end));
        const whole = cut.outcomes.filter(
          (o) => !(o.is === 'refused' && ['cut', 'shape'].includes(o.reason)),
        );
        expect(whole).toEqual(all.outcomes.slice(0, whole.length));
        const begun = (text.slice(start, end).match(/^ <(ExportDate|Me|Record|Workout)\s/gm) ?? []).length;
        expect(cut.outcomes.length).toBe(begun);
        expect(cut.outcomes.length - whole.length).toBeLessThanOrEqual(1);
        expect(cut.remarks.map((r) => r.code)).toContain('cut');
      }),
      { numRuns: 100 },
    );
  });

  test('any spoilt file gives outcomes or an error of ours', () => {
    Laws.survivesEdits(AppleHealth.format, AppleHealthFile.write(life.slice(0, 20)));
    Laws.survivesAnything(AppleHealth.format);
  });

  test.each([
    ['<html><body>HealthData</body></html>'],
    ['<svg/>'],
    ['HealthData'],
    [''],
    ['{"HealthData":1}'],
  ])('%s is not one', (text) => {
    expect(AppleHealth.format.recognise(Laws.ofText(text))).toBeUndefined();
  });
});

describe.skipIf(!Real.present)('a real Apple Health export', () => {
  test('of 2019: every element below the root is accounted for', () => {
    const { outcomes, remarks } = Laws.read(
      AppleHealth.format,
      Laws.ofText(Real.text('apple-health/export.xml')),
      'America/Los_Angeles',
    )!;
    expect(
      outcomes.map((o) => (o.is === 'readings' ? o.readings.map((r) => r.kind).join('+') : o.is)),
    ).toEqual(['untimed', 'untimed', 'refused', 'activity', 'activity+note', 'refused', 'refused']);
    const got = readingsOf(outcomes);
    // The export says -0700 in November, which is the offset of the July day on which it was made.
    expect(got[1]).toMatchObject({
      at: Date.UTC(2016, 10, 14, 14, 25, 41),
      offsetMinutes: -480,
      durationMs: 311_000,
    });
    expect(remarks[0]!.text).toContain('ActivitySummary (2), HKQuantityTypeIdentifierBodyMassIndex (1)');
  });
});
