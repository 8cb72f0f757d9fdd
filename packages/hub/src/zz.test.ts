import { afterAll, beforeAll, test } from 'vitest';
import * as Batch from '@islet/core/Batch';
import * as Merkle from '@islet/core/Merkle';
import type { Hub } from './Hub.js';
import * as Scene from './scene.testkit.js';
import * as W from './writer.testkit.js';
import * as HeadStand from './HeadStand.js';
import { encodeRelay } from '@islet/core/wire/Relay';
import { parseFetched } from '@islet/core/wire/Fetch';
let chain: Scene.Chain; let hub: Hub;
const ask: Scene.Ask = (p, i) => hub.app.request(p, i);
const t = () => performance.now();
beforeAll(async () => { chain = await Scene.startChain(); hub = await Scene.openHub(chain, 'hub', [], { batchDelayMs: 2000, rates: Object.fromEntries(['put','receipts','fetch','relay','keys','grants'].map((k) => [k, { perSecond: 1e9, burst: 1e9 }])) as never }); await hub.context.archive.index.ask(async () => 1); }, 200000);
afterAll(async () => { await hub.close(); await chain[Symbol.asyncDispose](); });
test('measure', async () => {
  const { loadavg } = await import('node:os'); console.log('load', loadavg());
  const ws = [];
  for (let i = 0; i < 16; i++) { const who = Scene.person(); const w = await W.writer(who.account); await Scene.join_(chain, ask, who, w.key.publicKey); ws.push(w); }
  for (const [n, puts] of [[1, 40], [50, 8]] as const) {
    const bodies: Uint8Array[][] = [];
    for (const w of ws) { const mine = []; for (let i = 0; i < puts; i++) { const s = []; for (let j = 0; j < n; j++) s.push(await W.seal(w, 46000, 300)); W.list(w, s); mine.push(W.putOf(s, n === 50 ? [await W.head(w)] : [])); } bodies.push(mine); }
    const a = t(); const lat: number[] = [];
    await Promise.all(bodies.map(async (mine) => { for (const b of mine) { const x = t(); await Scene.ok(Scene.post(ask, '/v1/put', b)); lat.push(t() - x); } }));
    lat.sort((x, y) => x - y); const s = (t() - a) / 1000;
    console.log(`${n} segments: ${(16 * puts / s).toFixed(0)} puts/s ${(16 * puts * n / s).toFixed(0)} segments/s, p50 ${lat[lat.length >> 1]!.toFixed(1)} p99 ${lat[Math.floor(lat.length * 0.99)]!.toFixed(1)} ms`);
  }
  // batch
  const leaves = Array.from({ length: 10000 }, () => Scene.random(32));
  const stands: HeadStand.Stand[] = Array.from({ length: 3000 }, () => ({ mapKey: Scene.random(32), id: '', writer: null as never, versions: [{ position: 0, hash: Scene.random(32), key: Scene.random(32), at: 1, calendar: Scene.random(32), nodes: new Uint8Array() }] })).map((s) => ({ ...s, id: Buffer.from(s.mapKey).toString('hex') })).sort((a, b) => (a.id < b.id ? -1 : 1));
  for (let i = 0; i < 3; i++) { const a = t(); const tree = Merkle.build(leaves); const b = t(); HeadStand.mapAt(stands, 1); const c = t(); console.log('batch build 10k leaves', (b - a).toFixed(0), 'map 3k', (c - b).toFixed(0)); }
  { const a = t(); Batch.build(Scene.random(20), 1, leaves, stands.map((s) => ({ key: s.mapKey, headHash: s.versions[0]!.hash }))); console.log('Batch.build', (t() - a).toFixed(0)); }
  // 90 days
  const patient = Scene.person(); const w = await W.writer(patient.account); await Scene.join_(chain, ask, patient, w.key.publicKey);
  for (let d = 0; d < 90; d++) { const s = await W.seal(w, 46000 + d, 4000); W.list(w, [s], 'closed'); await Scene.ok(Scene.post(ask, '/v1/put', W.putOf([s]))); if (d % 3 === 0) await new Promise((r) => setTimeout(r, 30)); }
  await Scene.ok(Scene.post(ask, '/v1/put', W.putOf([], [await W.head(w)])));
  const { hot } = hub.context.archive;
  while (hub.context.batcher.anchored?.batch.leafTo !== hot.leafCount || hot.headAt >= hub.context.batcher.anchored.batch.through) await new Promise((r) => setTimeout(r, 50));
  const salt = Scene.random(32);
  const about = { streams: ['glucose/raw'] as never, firstDay: 46000, lastDay: 46089, salt };
  const made = Scene.request(chain, patient, patient, about);
  const answer = (await (await Scene.ok(Scene.post(ask, '/v1/relay', encodeRelay({ kind: 'Request', signed: made.signed, grant: null, keys: null })))).json()) as { blockNumber: number };
  for (const phase of ['near', 'from the index']) {
    if (phase !== 'near') { hot.trees.clear(); hot.segments.clear(); hot.epochs.clear(); await hub.context.archive.index.settled(); hot.batches.clear(); }
    for (let i = 0; i < 4; i++) { const a = t(); const r = await Scene.ok(Scene.post(ask, '/v1/fetch', made.fetch(answer.blockNumber))); const b = new Uint8Array(await r.arrayBuffer()); const ms = t() - a; console.log(phase, 'fetch 90 days', ms.toFixed(0), 'ms', parseFetched(b)[0]!.segments.length, b.length); }
  }
  console.log('rss', process.memoryUsage().rss / 1e6, 'load', loadavg());
}, 200000);
