// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Hono } from 'hono';
import { LIVE_MS } from '../limits.js';
import * as Auth from './Auth.js';
import { look, type Nightscout, paramsOf } from './Context.js';
import { type Fields, numberOf } from './Json.js';
import * as Live from './Live.js';
import * as Properties from './Properties.js';
import * as Trend from './Trend.js';

const most = 1_000;

/** The small answer that watches ask for. */
export function pebble(app: Hono, context: Nightscout): void {
  app.get('/pebble', async (c) => {
    const who = await context.auth.need(c);
    Auth.needRead(who);
    const params = paramsOf(c);
    const units = params.get('units') === 'mmol' ? 'mmol' : 'mg/dl';
    const count = Math.min(most, Math.max(1, Math.trunc(numberOf(params.get('count') ?? undefined) ?? 1)));
    const now = context.now();
    const entries = Live.find(context, who, 'entries', now - LIVE_MS);
    const sgvs = entries.filter(({ type }) => type === 'sgv').map(Live.sgvOf);
    const statuses = Live.find(context, who, 'devicestatus', now - LIVE_MS, 50);
    const bgs = sgvs.slice(0, count).map((sgv): Fields => {
      const direction = String(sgv.direction);
      return {
        sgv: String(Properties.scaled(Number(sgv.mgdl), units)),
        trend: Trend.numberOf(direction),
        direction,
        datetime: sgv.mills!,
        filtered: sgv.filtered!,
        unfiltered: sgv.unfiltered!,
        noise: sgv.noise!,
      };
    });
    const [first] = bgs;
    if (first) {
      first.bgdelta = bgdelta(Properties.deltaOf(sgvs, units)?.scaled, units);
      first.battery = String(Properties.newest(statuses, batteries)?.value ?? '');
      const iob = Properties.newest(statuses, ['loop.iob.iob', 'openaps.iob.iob', 'openaps.iob.0.iob']);
      if (iob) first.iob = iob.value.toFixed(2);
      const cob = Properties.newest(statuses, ['loop.cob.cob', 'openaps.suggested.COB']);
      if (cob) first.cob = Math.round(cob.value);
      first.bwp = '0';
      first.bwpo = 0;
    }
    await look(context, who, bgs.length);
    const { cals } = Live.entriesOf(entries);
    return c.json({
      status: [{ now }],
      bgs,
      cals: cals.slice(0, 1).map(({ slope, intercept, scale }) => ({ slope, intercept, scale })),
    });
  });
}

const batteries = ['uploader.battery', 'uploaderBattery'];

/** A number in mg/dL, a text in mmol/L: as watches have always had it. */
const bgdelta = (scaled: unknown, units: string): number | string => {
  const change = typeof scaled === 'number' ? scaled : 0;
  return units === 'mmol' ? change.toFixed(1) : change;
};
