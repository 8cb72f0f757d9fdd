// Copyright the Islet authors. AGPL-3.0-or-later.
import { concat, utf8 } from './crypto/bytes.js';
import { hmac } from './crypto/hash.js';
import type { Day } from './Day.js';
import * as Days from './Day.js';

/**
 * A binary tree of keyed hashes over day numbers (Goldreich, Goldwasser, Micali 1986): whoever holds a node
 * derives every day below it and nothing beside it. A patient's tree makes lock P, a custodian's makes lock C.
 */
export type Node = {
  depth: number /** the node's place among the 2^depth of its depth */;
  index: number;
  key: Uint8Array;
};

export const depth = 17;
/** Any range of days is covered by at most this many nodes. */
export const maxNodes = 2 * depth - 2;

/** Generations of a seed are one byte. */
export const lastGeneration = 255;

/** The root of one stream's tree, from a seed of 32 bytes and its generation, 0 to 255. */
export function root(seed: Uint8Array, generation: number, stream: string): Node {
  // A byte would wrap silently, and two generations would share their keys.
  if (!(Number.isInteger(generation) && generation >= 0 && generation <= lastGeneration))
    throw new RangeError('not a generation');
  const key = hmac(seed, concat(utf8('islet/stream/v1'), new Uint8Array([generation]), utf8(stream)));
  return { depth: 0, index: 0, key };
}

const child = (node: Node, bit: 0 | 1): Node => ({
  depth: node.depth + 1,
  index: node.index * 2 + bit,
  key: hmac(node.key, new Uint8Array([bit])),
});

const width = (node: Node): number => 2 ** (depth - node.depth);
export const firstDay = (node: Node): Day => node.index * width(node);
export const lastDay = (node: Node): Day => firstDay(node) + width(node) - 1;

/** The fewest nodes below `from` that cover `first`…`last` and no other day. */
export function cover(from: Node, first: Day, last: Day): Node[] {
  if (!(Days.isDay(first) && Days.isDay(last) && first <= last)) throw new RangeError('not a range of days');
  if (last < firstDay(from) || first > lastDay(from)) return [];
  if (first <= firstDay(from) && last >= lastDay(from)) return [from];
  return [...cover(child(from, 0), first, last), ...cover(child(from, 1), first, last)];
}

/**
 * What is left of a tree without the days `first`…`last`: the fewest nodes that give every other day that the nodes
 * gave, each leaf as before, and none of those days. Nothing that is returned leads to a removed leaf.
 */
export const puncture = (nodes: readonly Node[], first: Day, last: Day): Node[] =>
  nodes.flatMap((node) => [
    ...(first > Days.first ? cover(node, Days.first, first - 1) : []),
    ...(last < Days.last ? cover(node, last + 1, Days.last) : []),
  ]);

/** The days of `first`…`last` that the nodes give, as runs without gaps, in order. */
export function held(nodes: readonly Node[], first: Day, last: Day): { first: Day; last: Day }[] {
  const runs: { first: Day; last: Day }[] = [];
  for (const node of [...nodes].sort((a, b) => firstDay(a) - firstDay(b))) {
    const from = Math.max(first, firstDay(node));
    const to = Math.min(last, lastDay(node));
    if (from > to) continue;
    const before = runs.at(-1);
    if (before && before.last + 1 === from) before.last = to;
    else runs.push({ first: from, last: to });
  }
  return runs;
}

/** The leaf key of a day from any of the nodes, or `undefined` where none covers it. */
export function leaf(nodes: Node[], day: Day): Uint8Array | undefined {
  let node = nodes.find((n) => firstDay(n) <= day && day <= lastDay(n));
  if (!node || !Days.isDay(day)) return undefined;
  while (node.depth < depth) node = child(node, ((day >> (depth - 1 - node.depth)) & 1) as 0 | 1);
  return node.key;
}

/** The seed of a day's key pair, for one purpose (`xwing`: lock P; `hpke`: lock C). */
export const keySeed = (leafKey: Uint8Array, purpose: 'xwing' | 'hpke'): Uint8Array =>
  hmac(leafKey, utf8(`islet/${purpose}/v1`));

/**
 * The seed of the late key: data of a day for which the writer holds no key is sealed to it and re-sealed later.
 * Only the root gives it, so no grant ever contains it.
 */
export const lateSeed = (root: Node, purpose: 'xwing' | 'hpke'): Uint8Array => {
  if (root.depth !== 0) throw new RangeError('the late key belongs to the root');
  return hmac(root.key, utf8(`islet/late/${purpose}/v1`));
};
