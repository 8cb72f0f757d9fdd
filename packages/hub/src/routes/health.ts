// Copyright the Islet authors. AGPL-3.0-or-later.
import { MAX_HEAD_AGE_MS } from '@islet/chain/limits';
import type { Hono } from 'hono';
import type { HubContext } from '../Hub.js';

/** `GET /health`: for whoever runs it. Counts only. */
export function mount(app: Hono, hub: HubContext): void {
  app.get('/health', (c) => {
    const { archive, batcher, follower } = hub;
    const { hot, index } = archive;
    const { head, mark } = follower;
    const ageMs = head && Math.max(0, hub.now() - head.at);
    const isFresh = ageMs !== null && ageMs <= MAX_HEAD_AGE_MS;
    const isWell = isFresh && index.isWell && !batcher.contradicted;
    return c.json({
      status: isWell ? 'ok' : 'degraded',
      service: 'hub',
      chain: { number: mark?.number ?? null, ageMs },
      waitingLeaves: hot.waiting.leaves.length,
      batches: hot.lastBatch?.number ?? 0,
      anchoredBatches: batcher.anchored?.batch.number ?? 0,
      anchorContradicted: batcher.contradicted,
      streams: hot.stands.size,
      leaves: hot.leafCount,
      equivocations: hot.equivocations,
      index: { isWell: index.isWell, behind: hot.next - index.indexedTo, backlog: index.backlog },
    });
  });
}
