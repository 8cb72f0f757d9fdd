// Copyright the Islet authors. AGPL-3.0-or-later.
import type { Hono } from 'hono';
import type { Context } from './Context.js';
import { pairedOf } from './request.js';

/** Clients compare it; we answer as this line of Nightscout does. */
const version = '15.0.3';

/** What Nightscout's clients look at before and at login. Nothing personal. */
export function nightscout(app: Hono, { deviceKeys, now }: Context): void {
  for (const suffix of ['', '.json']) {
    app.get(`/api/v1/status${suffix}`, (c) => {
      const at = now();
      return c.json({
        status: 'ok',
        name: 'islet',
        version,
        serverTime: new Date(at).toISOString(),
        serverTimeEpoch: at,
        apiEnabled: true,
        careportalEnabled: false,
        boluscalcEnabled: false,
        settings: {
          units: 'mg/dl',
          timeFormat: 24,
          customTitle: 'Islet',
          theme: 'default',
          thresholds: { bgHigh: 250, bgTargetTop: 180, bgTargetBottom: 70, bgLow: 54 },
          enable: [],
        },
        extendedSettings: {},
        authorized: null,
        runtimeState: 'loaded',
      });
    });

    app.get(`/api/v1/verifyauth${suffix}`, (c) => {
      let may: 'write' | 'read' | undefined;
      try {
        may = pairedOf(c, deviceKeys).device.may;
      } catch {
        may = undefined;
      }
      return c.json({
        status: 200,
        message: {
          canRead: may === 'read',
          canWrite: may === 'write',
          isAdmin: false,
          message: may ? 'OK' : 'UNAUTHORIZED',
          rolefound: may ? 'FOUND' : 'NOTFOUND',
          permissions: may ? 'ROLE' : 'DEFAULT',
        },
      });
    });

    app.get(`/api/v1/experiments/test${suffix}`, (c) => {
      pairedOf(c, deviceKeys);
      return c.json({ status: 'ok' });
    });
  }
}
