// Copyright the Islet authors. AGPL-3.0-or-later.
// A Nightscout uploader over kept connections.
import { Agent, request } from 'node:http';
import * as Cleanup from './Cleanup.mjs';

const sockets = 64;

/** `post` resolves when the reading is acknowledged; `status` tells how the person's segments stand. */
export function open(gateway) {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  Cleanup.onEnd(() => agent.destroy());

  const call = (method, path, secret, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'api-secret': secret, ...(body && { 'content-type': 'application/json' }) };
      const asked = request(gateway + path, { method, agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part) => {
          text += part;
        });
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(text);
          else reject(new Error(`${answer.statusCode}: ${text.slice(0, 200)}`));
        });
      });
      asked.on('error', reject);
      asked.end(body);
    });

  return {
    post: (secret, at) => call('POST', '/api/v1/entries.json', secret, JSON.stringify([entry(at)])),
    /** So many in one list, from a moment on. */
    postMany: (secret, from, count, apartMs) =>
      call(
        'POST',
        '/api/v1/entries.json',
        secret,
        JSON.stringify(Array.from({ length: count }, (_, i) => entry(from + i * apartMs))),
      ),
    status: async (secret) => JSON.parse(await call('GET', '/v1/status', secret)),
  };
}

const entry = (at) => ({
  type: 'sgv',
  sgv: 100 + (Math.floor(at / 1_000) % 80),
  date: at,
  dateString: new Date(at).toISOString(),
  device: 'bench',
  direction: 'Flat',
});
