// Copyright the Islet authors. AGPL-3.0-or-later.
import { fromHex } from '@islet/core/crypto/bytes';
import { keyOf } from '@islet/store/Store';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';
import { KEY_BYTES } from '../limits.js';
import { Refusal } from '../Refusal.js';

/** `PUT /v1/keys`, `GET /v1/keys/:hash`: public encryption keys by their SHA-256, which accounts name on the chain. */
export function mount(app: Hono, hub: HubContext): void {
  const { archive } = hub;

  app.put('/v1/keys', (c) =>
    hub.admission.admit(c, 'keys', KEY_BYTES, async (body) => {
      if (body.length === 0) throw new Refusal(400, 'HUB_EMPTY_KEY', 'Send the public key as the body.');
      const hash = keyOf(body);
      const key = fromHex(hash);
      if (!(await archive.find.hasPublicKey(key))) {
        await archive.store.put(body);
        await archive.append({ kind: 'key', key });
      }
      return c.json({ hash });
    }),
  );

  app.get('/v1/keys/:hash', (c) =>
    hub.admission.admit(c, 'grants', 0, async () => {
      const hash = c.req.param('hash') ?? '';
      // Only what was put as a key: the store holds much else.
      const known = /^[0-9a-f]{64}$/.test(hash) && (await archive.find.hasPublicKey(fromHex(hash)));
      const bytes = known ? await archive.store.get(hash) : undefined;
      if (!bytes) throw new Refusal(404, 'HUB_NO_SUCH_KEY', 'This hub holds no key of that hash.');
      return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/octet-stream' });
    }),
  );
}
