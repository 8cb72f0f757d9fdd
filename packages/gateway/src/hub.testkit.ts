// Copyright the Islet authors. AGPL-3.0-or-later.
// A hub that keeps what it is given in memory, checks it as a reader would, and anchors on the real chain when told.
import { createServer, type Server } from 'node:http';
import * as Abi from '@islet/chain/Abi';
import { anchorsAbi } from '@islet/chain/abi/Anchors';
import * as Batch from '@islet/core/Batch';
import * as Calendar from '@islet/core/Calendar';
import { encode } from '@islet/core/codec';
import { equal, toHex } from '@islet/core/crypto/bytes';
import * as Epoch from '@islet/core/Epoch';
import * as Head from '@islet/core/Head';
import * as Receipt from '@islet/core/Receipt';
import * as Segment from '@islet/core/Segment';
import * as Shares from '@islet/core/Shares';
import type { Stream } from '@islet/core/Stream';
import { parseList } from '@islet/core/wire/Ask';
import { parsePut } from '@islet/core/wire/Put';
import { bodyOf, listen, type Scene } from './scene.testkit.js';

export type TestHub = AsyncDisposable & {
  url: string;
  epochs: Map<string, Epoch.Epoch>;
  shares: Map<string, Shares.Shares>;
  segments: Map<string, Segment.Segment>;
  /** The newest head by account and stream. */
  heads: Map<string, Head.Head>;
  nodes: Map<string, Uint8Array>;
  puts: number;
  /** What is wrong in what it was given; must stay empty. */
  faults: string[];
  /** What it answers instead of taking a put. */
  down: boolean;
  refuse: Set<string>;
  headOf(account: string, stream: Stream): Head.Head | undefined;
  /** What the newest head says of a day. */
  entryOf(account: string, stream: Stream, day: number): Calendar.Entry | undefined;
  /** Anchors all there is. */
  anchor(): Promise<void>;
};

export async function startHub(scene: Scene): Promise<TestHub> {
  const batches: Batch.Built[] = [];
  const receipts = new Map<string, Uint8Array>();
  const chains = new Map<string, Segment.Segment>();

  async function put(body: Uint8Array): Promise<void> {
    const parsed = parsePut(body);
    const segments = parsed.segments.map(Segment.parse);
    const epochs = parsed.epochs.map(Epoch.parse);
    const heads = parsed.heads.map((h) => Head.parse(h.head));
    const accounts = [...segments, ...epochs]
      .map((s) => s.header.account)
      .concat(heads.map((h) => h.statement.account));
    if (accounts.some((a) => hub.refuse.has(toHex(a)))) throw new Error('refused');
    hub.puts++;
    for (const epoch of epochs) {
      if (!(await Epoch.verify(epoch))) hub.faults.push('an epoch is not signed');
      hub.epochs.set(toHex(epoch.hash), epoch);
    }
    for (const bytes of parsed.shares) {
      const shares = Shares.parse(bytes);
      const epoch = hub.epochs.get(toHex(shares.record.epochHash));
      if (!epoch || !(await Shares.verify(shares, epoch))) hub.faults.push('shares are of no epoch');
      hub.shares.set(toHex(shares.record.epochHash), shares);
    }
    for (const segment of segments) await take(segment);
    parsed.heads.forEach(({ nodes }, i) => {
      for (const node of nodes) hub.nodes.set(toHex(Calendar.hashOf(node)), node);
      takeHead(heads[i]!);
    });
  }

  async function take(segment: Segment.Segment): Promise<void> {
    const { header, hash } = segment;
    if (hub.segments.has(toHex(hash))) return;
    if (!(await Segment.verify(segment))) hub.faults.push('a segment is not signed');
    if (!hub.epochs.has(toHex(header.epochHash))) hub.faults.push('a segment is of no epoch');
    const chain = toHex(header.chain);
    const before = chains.get(chain);
    const follows = before
      ? header.number === before.header.number + 1 && equal(header.previous, before.hash)
      : header.number === 1 && equal(header.previous, Segment.genesis);
    if (!follows) hub.faults.push(`segment ${header.number} does not follow ${before?.header.number}`);
    for (const cited of header.cites)
      if (!hub.segments.has(toHex(cited.hash))) hub.faults.push('a chain cites what was never put');
    chains.set(chain, segment);
    hub.segments.set(toHex(hash), segment);
  }

  function takeHead(head: Head.Head): void {
    const { account, stream, at, calendar, late, tip } = head.statement;
    const key = `${toHex(account)}/${stream}`;
    const before = hub.heads.get(key);
    if (before && before.statement.at >= at) hub.faults.push('a head is not newer');
    hub.heads.set(key, head);
    try {
      const listed = [...Calendar.entries(calendar, hub.nodes, 0, 131_071).values()];
      const named = listed.flatMap((e) => [...(e.closed ? [e.closed] : []), ...e.open]).concat(late);
      if (named.some((hash) => !hub.segments.has(toHex(hash))))
        hub.faults.push('a head names an unknown segment');
    } catch {
      hub.faults.push('a calendar node is missing');
    }
    if (tip && !hub.segments.has(toHex(tip.hash))) hub.faults.push('a tip was never put');
  }

  const server: Server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (hub.down) {
      response.statusCode = 503;
      response.end();
      return;
    }
    try {
      if (request.url === '/v1/put') await put(body);
      const asked = request.url === '/v1/receipts' ? parseList('islet/ask-receipts', body) : [];
      const answer = asked.map((hash) => [hash, receipts.get(toHex(hash)) ?? null]);
      response.end(encode('islet/receipts', 1, [answer]));
    } catch (error) {
      response.statusCode = 403;
      response.end(JSON.stringify({ code: 'HUB_NOT_AUTHORISED', message: String(error) }));
    }
  });

  const hub: TestHub = {
    url: await listen(server),
    epochs: new Map(),
    shares: new Map(),
    segments: new Map(),
    heads: new Map(),
    nodes: new Map(),
    puts: 0,
    faults: [],
    down: false,
    refuse: new Set(),
    headOf: (account, stream) => hub.heads.get(`${account}/${stream}`),
    entryOf(account, stream, day) {
      const head = hub.headOf(account, stream);
      return head && Calendar.entries(head.statement.calendar, hub.nodes, day, day).get(day);
    },
    async anchor() {
      const waiting = [...hub.segments.values()].filter((s) => !receipts.has(toHex(s.hash)));
      const map = [...hub.heads.values()].map((h) => ({
        key: Head.mapKey(h.statement.account, h.statement.stream, h.statement.gateway),
        headHash: h.hash,
      }));
      const built = Batch.build(scene.hubAddress, batches.length + 1, waiting.map(Segment.leaf), map);
      batches.push(built);
      const args = { number: BigInt(batches.length), root: built.root };
      await scene.relay('anchors', Abi.encodeCall(anchorsAbi, 'commit', args));
      waiting.forEach((s, i) => {
        receipts.set(toHex(s.hash), Receipt.encodeReceipt(Receipt.ofLeaf(built, i)));
      });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
  return hub;
}
