// Copyright the Islet authors. AGPL-3.0-or-later.
// Small files made up here, each with the quirks of the export it stands for.
import { type Zippable, zipSync } from 'fflate';

export const zone = 'Europe/Madrid';
export const now = Date.UTC(2026, 10, 23);
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));

/** 2 March 2026, 07:00 UTC, 08:00 in Madrid. */
export const start = Date.UTC(2026, 2, 2, 7);
export const step = 5 * 60_000;
const two = (n: number) => String(n).padStart(2, '0');
const levels = [100, 104, 111, 125, 140, 163, 171, 166, 150, 131, 118, 104];

/** A moment by a clock so many minutes ahead of UTC: `2026-03-02T08:00:00`. */
export const iso = (at: number, minutes = 60): string =>
  new Date(at + minutes * 60_000).toISOString().slice(0, 19);

/** `3/2/2026 8:05:00 AM` */
export function american(at: number, minutes = 60): string {
  const d = new Date(at + minutes * 60_000);
  const h = d.getUTCHours();
  const time = `${h % 12 || 12}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${h < 12 ? 'AM' : 'PM'}`;
  return `${d.getUTCMonth() + 1}/${d.getUTCDate()}/${d.getUTCFullYear()} ${time}`;
}

export const series = (count = levels.length): { at: number; mgdl: number }[] =>
  Array.from({ length: count }, (_, i) => ({ at: start + i * step, mgdl: levels[i % levels.length]! }));

/** Words or numbers for the trend, slashes or none, newest first. */
export const share = (style: 'old' | 'new' = 'new'): Uint8Array =>
  json(
    series()
      .reverse()
      .map(({ at, mgdl }) =>
        style === 'new'
          ? { WT: `Date(${at})`, ST: `Date(${at})`, DT: `Date(${at}+0100)`, Value: mgdl, Trend: 'Flat' }
          : {
              DT: `/Date(${at + 3_600_000})/`,
              ST: `/Date(${at})/`,
              Trend: 4,
              Value: mgdl,
              WT: `/Date(${at})/`,
            },
      ),
  );

export const dexcomEgvs = (version: 2 | 3, clock = 60, mark = 60): Uint8Array => {
  const records = series().map(({ at, mgdl }, i) => ({
    ...(version === 3 && {
      recordId: `r${i}`,
      transmitterId: 'hash',
      transmitterTicks: 1000 + i * 300,
      unit: 'mg/dL',
    }),
    systemTime: iso(at, 0) + (version === 3 ? 'Z' : ''),
    displayTime: iso(at, clock) + (version === 3 ? `+${two(mark / 60)}:00` : ''),
    value: mgdl,
    status: null,
    trend: 'flat',
    trendRate: 0.1,
  }));
  return json(
    version === 3
      ? { recordType: 'egv', recordVersion: '3.0', userId: 'u', records }
      : { unit: 'mg/dL', rateUnit: 'mg/dL/min', egvs: records },
  );
};

export const linkUp = (): Uint8Array => {
  const value = (at: number, mgdl: number) => ({
    FactoryTimestamp: american(at, 0),
    Timestamp: american(at),
    type: 0,
    ValueInMgPerDl: mgdl,
    GlucoseUnits: 1,
    Value: mgdl,
    isHigh: false,
    isLow: false,
  });
  const all = series();
  const last = value(all.at(-1)!.at + 60_000, 101);
  return json({
    status: 0,
    data: {
      connection: {
        patientId: 'p',
        firstName: 'Ann',
        sensor: { sn: 'S1', a: start / 1000 - 86_400 },
        glucoseMeasurement: last,
        glucoseItem: last,
      },
      activeSensors: [{ sensor: { sn: 'S1', a: start / 1000 - 86_400 } }],
      graphData: all.map(({ at, mgdl }) => value(at, mgdl)),
    },
    ticket: { token: 'secret' },
  });
};

/** `off` is how far the pump's clock is ahead, minutes. */
export const careLink = (off = 0): Uint8Array => {
  const end = start + 12 * step;
  const local = (at: number) => iso(at, 60 + off);
  const marker = (type: string, at: number, dataValues: object) => ({
    type,
    timestamp: local(at),
    data: { dataValues },
  });
  return json({
    firstName: 'Ann',
    clientTimeZoneName: 'Romance Standard Time',
    medicalDeviceFamily: 'NGP',
    medicalDeviceTime: end + (60 + off) * 60_000,
    lastMedicalDeviceDataUpdateServerTime: end + 20_000,
    bgUnits: 'MGDL',
    lastConduitDateTime: local(end),
    sgs: [
      ...series().map(({ at, mgdl }) => ({
        kind: 'SG',
        sg: mgdl,
        sensorState: 'NO_ERROR_MESSAGE',
        timestamp: local(at),
      })),
      { kind: 'SG', sg: 0, sensorState: 'WARM_UP', timestamp: local(end) },
      { kind: 'SG', sg: 0, sensorState: 'SG_BELOW_40_MGDL', timestamp: local(end + step) },
    ],
    markers: [
      marker('AUTO_BASAL_DELIVERY', start, { bolusAmount: '0.10000000149011612' }),
      marker('INSULIN', start + step, {
        deliveredFastAmount: '2',
        deliveredExtendedAmount: '1.5',
        effectiveDuration: 60,
      }),
      marker('MEAL', start + step, { amount: 30.0 }),
      marker('BG_READING', start + step, { unitValue: 102 }),
      marker('TIME_CHANGE', start + step, {}),
    ],
    limits: [{ timestamp: local(start), highLimit: 180, lowLimit: 70 }],
    lastAlarm: { GUID: 'g', dateTime: local(start + 120_000), type: 'ALARM', faultId: '802' },
    notificationHistory: {
      clearedNotifications: [
        {
          referenceGUID: 'g',
          dateTime: local(start + 120_000),
          triggeredDateTime: local(start),
          type: 'ALARM',
          faultId: '802',
          additionalInfo: { sg: 68 },
        },
      ],
      activeNotifications: [],
    },
  });
};

const carelinkNames =
  'Index,Date,Time,New Device Time,BG Reading (U),Linked BG Meter ID,Basal Rate (U/h),Temp Basal Amount,Temp Basal Type,Temp Basal Duration (h:mm:ss),Bolus Type,Bolus Volume Selected (U),Bolus Volume Delivered (U),Bolus Duration (h:mm:ss),Prime Type,Prime Volume Delivered (U),Alarm,Suspend,Rewind,BWZ Estimate (U),BWZ Target High BG (U),BWZ Target Low BG (U),BWZ Carb Ratio (g/U),BWZ Insulin Sensitivity (U),BWZ Carb Input (grams),BWZ BG Input (U),BWZ Correction Estimate (U),BWZ Food Estimate (U),BWZ Active Insulin (U),Sensor Calibration BG (U),Sensor Glucose (U),ISIG Value,Event Marker,Bolus Number';

/** Two devices in one file, newest rows first, rates written twice; in Europe with semicolons and decimal commas. */
export function carelinkCsv(where: 'US' | 'EU'): Uint8Array {
  const us = where === 'US';
  const width = carelinkNames.split(',').length;
  const names = carelinkNames
    .replaceAll('BG (U)', us ? 'BG (mg/dL)' : 'BG (mmol/L)')
    .replace('Reading (U)', us ? 'Reading (mg/dL)' : 'Reading (mmol/L)')
    .replace('Glucose (U)', us ? 'Glucose (mg/dL)' : 'Glucose (mmol/L)');
  const glucose = (mgdl: number) => (us ? mgdl.toFixed(2) : (mgdl / 18.01559).toFixed(1));
  let index = 0;
  const row = (time: string, cells: { [column: number]: string }) => {
    const all = Array.from({ length: width }, (_, i) => cells[i] ?? '');
    all[0] = `${index++}.00000`;
    all[1] = us ? '2026/03/02' : '02/03/2026';
    all[2] = time;
    return all.map((cell) => (us ? cell : cell.replace('.', ','))).join('\u0000');
  };
  const rate = (time: string, value: string) => [row(time, { 6: value }), row(time, { 6: value })];
  const lines = [
    'Last Name\u0000First Name\u0000Patient ID\u0000Start Date\u0000End Date\u0000Device\u0000MiniMed 640G',
    '"Redacted"\u0000"Ann"\u0000\u0000"x"\u0000"y"\u0000"Serial Number"\u00001',
    '',
    '-------\u0000MiniMed 640G\u0000Pump\u00001\u0000-------',
    names.replaceAll(',', '\u0000'),
    ...rate('12:00:00', '0.80'),
    row('11:30:00', { 17: 'NORMAL_PUMPING' }),
    row('11:30:00', { 6: '1.20' }),
    row('11:00:00', { 6: '0.00' }),
    row('11:00:00', { 17: 'USER_SUSPEND' }),
    row('10:00:01', { 10: 'Square', 12: '3.10', 11: '3.10', 13: '0:30:00' }),
    row('10:00:00', { 19: '3.10', 24: '40.00', 25: glucose(180) }),
    row('09:59:30', { 19: '4.10', 24: '50.00', 25: glucose(180) }),
    row('09:40:00', { 19: '2.00', 24: '20.00' }),
    row('09:30:00', { 4: glucose(109), 5: 'C7' }),
    row('09:20:00', { 29: glucose(109) }),
    row('09:10:00', { 14: 'Fixed', 15: '0.30' }),
    row('09:05:00', { 16: 'LOW RESERVOIR (12)' }),
    row('09:00:00', { 6: '0.90' }),
    row('08:00:00', { 33: '7' }),
    '-------\u0000MiniMed 640G\u0000Sensor\u00001\u0000-------',
    names.replaceAll(',', '\u0000'),
    row('12:05:00', { 30: glucose(100), 31: '22.1' }),
    row('12:00:00', { 30: glucose(104), 31: '22.0' }),
    row('11:55:00', { 31: '21.0' }),
    row('11:00:00', { 32: 'Meal: 15.00grams' }),
    row('10:00:00', { 32: 'Exercise: 1' }),
  ];
  return utf8(
    lines
      .join('\r\n')
      .replaceAll('\u0000', us ? ',' : ';')
      .concat('\r\n'),
  );
}

export const glookoFiles: Zippable = {
  'cgm_data_1.csv': utf8(
    `Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,CGM Glucose Value (mg/dl),Serial Number\r\n${series()
      .map(({ at, mgdl }) => `${iso(at).replace('T', ' ').slice(0, 16)},${mgdl}.0,S1`)
      .join('\r\n')}\r\n`,
  ),
  'bg_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Glucose Value (mg/dl),Manual Reading,Serial Number\r\n2026-03-02 08:30,118.0,M,S1\r\n',
  ),
  'carbs_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Carbs (g)\r\n2026-03-02 08:31,12.5\r\n',
  ),
  'alarms_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Alarm/Event,Serial Number\r\n2026-03-02 08:32,tandem_cgm_low,S1\r\n',
  ),
  'exercise_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Name,Intensity,Duration (minutes),Calories Burned\r\n2026-03-02 09:00,Walk,Medium,30,120\r\n',
  ),
  'medication_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Name,Value,Medication Type\r\n2026-03-02 09:00,Metformin,500,Tablet\r\n',
  ),
  'notes_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Value\r\n2026-03-02 09:00,tired\r\n',
  ),
  'Insulin data/bolus_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Insulin Type,Blood Glucose Input (mg/dl),Carbs Input (g),Carbs Ratio,Insulin Delivered (U),Initial Delivery (U),Extended Delivery (U),Serial Number\r\n2026-03-02 08:10,Normal,120.0,30.0,15.0,2.0,,,S1\r\n2026-03-02 12:10,Dual,0.0,0.0,15.0,3.0,1.0,2.0,S1\r\n',
  ),
  'Insulin data/basal_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Insulin Type,Duration (minutes),Percentage (%),Rate,Insulin Delivered (U),Serial Number\r\n2026-03-02 08:00,Scheduled,30,,0.6,,S1\r\n2026-03-02 08:30,Suspend,15,,,,S1\r\n2026-03-02 08:45,Temporary,60,80,,,S1\r\n',
  ),
  'Insulin data/insulin_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Total Bolus (U),Total Insulin (U),Total Basal (U),Serial Number\r\n2026-03-02 23:59,5.0,5.3,0.3,S1\r\n',
  ),
  'Insulin data/manual_insulin_data_1.csv': utf8(
    'Name:Ann,Date Range:2026-03-01 - 2026-03-02\r\nTimestamp,Name,Value,Insulin Type\r\n2026-03-02 22:00,Tresiba,14,Long-acting\r\n',
  ),
};

export const glooko = (): Uint8Array => zipSync(glookoFiles);

export const azt1d = (): Uint8Array =>
  utf8(
    `EventDateTime,DeviceMode,BolusType,Basal,CorrectionDelivered,TotalBolusInsulinDelivered,FoodDelivered,CarbSize,CGM\n${series()
      .map(
        ({ at, mgdl }, i) =>
          `${iso(at).replace('T', ' ')},${i === 3 ? 'Sleep' : ''},${i === 2 ? 'Standard' : ''},1.2,,${i === 2 ? '2.25' : ''},,${i === 2 ? '28.0' : ''},${mgdl}`,
      )
      .join('\n')}\n`,
  );

/** Newest first, no names, CR LF. */
export const entriesCsv = (separator: ',' | '\t' = ','): Uint8Array =>
  utf8(
    series()
      .reverse()
      .map(({ at, mgdl }) => [`"${new Date(at).toISOString()}"`, at, mgdl, '"Flat"', ''].join(separator))
      .join('\r\n'),
  );

export const exporterCsv = (): Uint8Array =>
  utf8(
    `# CGM ENTRIES\nDate,Time,Glucose (mg/dL),Type,Device,Trend,ID\n${series()
      .map(({ at, mgdl }, i) =>
        [...american(at).split(/ (.*)/, 2), mgdl, i === 4 ? 'mbg' : 'sgv', '', '', `e${i}`]
          .map((c) => `"${c}"`)
          .join(','),
      )
      .join(
        '\n',
      )}\n\n# TREATMENTS (Insulin, Carbs, Exercise)\nDate,Time,Event Type,Insulin (U),Carbs (g),Notes,ID\n` +
      '"3/2/2026","8:07:00 AM","Meal Bolus","2.5","30","","t1"\n"3/2/2026","8:20:00 AM","Temp Basal","","","","t2"\n"3/2/2026","8:30:00 AM","Note","","","tired, but well","t3"\n',
  );

/** All collections in one object, as backups have them. */
export const backup = (): Uint8Array => {
  const at = (i: number) => new Date(start + i * step).toISOString();
  return json({
    entries: series().map(({ at, mgdl }, i) => ({
      _id: `e${i}`,
      type: 'sgv',
      sgv: mgdl,
      date: at,
      dateString: new Date(at).toISOString(),
    })),
    treatments: [
      { _id: 't0', eventType: 'Temp Basal', created_at: at(0), duration: 30, absolute: 1.2, enteredBy: 'x' },
      { _id: 't1', eventType: 'Temp Basal', created_at: at(3), duration: 30, rate: 0, enteredBy: 'x' },
      {
        _id: 't2',
        eventType: 'Meal Bolus',
        created_at: at(4),
        insulin: '2.5',
        carbs: 30,
        notes: 'lunch',
        utcOffset: 60,
      },
      {
        _id: 't3',
        eventType: 'BG Check',
        created_at: at(5),
        glucose: '5.6',
        glucoseType: 'Finger',
        units: 'mmol',
      },
      { _id: 't4', eventType: 'Site Change', created_at: at(5) },
      {
        _id: 't5',
        eventType: 'Temporary Target',
        created_at: at(5),
        targetTop: 140,
        targetBottom: 140,
        duration: 60,
      },
      { _id: 't6', eventType: 'Bolus', created_at: at(5), insulin: 1, isValid: false },
      { _id: 't7', eventType: 'Carb Correction' },
    ],
    devicestatus: [{ device: 'openaps://x', created_at: at(6), openaps: { iob: { iob: 1 } } }],
    profile: [
      {
        defaultProfile: 'd',
        startDate: at(0),
        store: { d: { dia: 6 } },
        loopSettings: { deviceToken: 'TOKEN', maximumBolus: 5 },
        api_secret: 'TOKEN',
      },
    ],
    food: [{ type: 'food', name: 'bread', carbs: 12, created_at: at(0) }],
    activity: [
      { type: 'hr-bpm', timeStamp: start, created_at: at(0), bpm: 70 },
      { type: 'steps-total', timeStamp: start, created_at: at(0), steps: 12 },
    ],
  });
};

/** A workbook of one sheet: texts shared or inline, numbers, and dates as counts of days where `serials` says so. */
export function workbook(rows: (string | number)[][], serials: number[] = []): Uint8Array {
  const strings: string[] = [];
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const cell = (value: string | number, column: number, row: number) => {
    const place = `${String.fromCharCode(65 + column)}${row + 1}`;
    if (value === '') return '';
    if (typeof value === 'number')
      return `<c r="${place}"${serials.includes(column) ? ' s="1"' : ''}><v>${value}</v></c>`;
    if (row % 2 === 1) return `<c r="${place}" t="inlineStr"><is><t>${escaped(value)}</t></is></c>`;
    strings.push(value);
    return `<c r="${place}" t="s"><v>${strings.length - 1}</v></c>`;
  };
  const body = rows
    .map((row, i) => `<row r="${i + 1}">${row.map((v, j) => cell(v, j, i)).join('')}</row>`)
    .join('');
  const x = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  return zipSync({
    '[Content_Types].xml': utf8(`${x}<Types/>`),
    'xl/workbook.xml': utf8(
      `${x}<workbook ${ns}><workbookPr/><sheets><sheet name="Data" sheetId="1"/></sheets></workbook>`,
    ),
    'xl/styles.xml': utf8(
      `${x}<styleSheet ${ns}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd&quot;T&quot;hh:mm:ss"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
    ),
    'xl/sharedStrings.xml': utf8(
      `${x}<sst ${ns}>${strings.map((s) => `<si><r><t>${escaped(s.slice(0, 3))}</t></r><r><t xml:space="preserve">${escaped(s.slice(3))}</t></r></si>`).join('')}</sst>`,
    ),
    'xl/worksheets/sheet1.xml': utf8(`${x}<worksheet ${ns}><sheetData>${body}</sheetData></worksheet>`),
  });
}

/** One of each, for the laws that hold of all. */
export const all: { [name: string]: Uint8Array } = {
  'Dexcom Share': share(),
  'Dexcom Share, old': share('old'),
  'Dexcom API v2': dexcomEgvs(2),
  'Dexcom API v3': dexcomEgvs(3),
  LibreLinkUp: linkUp(),
  'CareLink Connect': careLink(),
  'CareLink CSV, US': carelinkCsv('US'),
  'CareLink CSV, EU': carelinkCsv('EU'),
  'Glooko zip': glooko(),
  AZT1D: azt1d(),
  'Nightscout backup': backup(),
  'Nightscout entries CSV': entriesCsv(),
  'Nightscout exporter': exporterCsv(),
};
