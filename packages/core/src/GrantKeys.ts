// Copyright the Islet authors. AGPL-3.0-or-later.
import { decode, encode, type Item } from './codec.js';
import { concat, utf8 } from './crypto/bytes.js';
import { sha256 } from './crypto/hash.js';
import * as Xwing from './crypto/xwing.js';
import type { Day } from './Day.js';
import { UnknownStreamError } from './Epoch.js';
import { IsletError } from './IsletError.js';
import * as KeyTree from './KeyTree.js';
import * as Span from './Span.js';
import { isStream, type Stream } from './Stream.js';

/**
 * What travels with a grant, off chain, sealed to the reader: the salt behind the codes on chain, the
 * granted streams and purpose in words, and for each stream the few tree nodes that cover the granted days.
 */
export type GrantKeys = {
  salt: Uint8Array;
  purpose: string;
  streams: { stream: Stream; nodes: KeyTree.Node[] }[];
};

const name = 'islet/grant-keys';

/**
 * The nodes of each stream for `firstDay`…`lastDay`, from the patient's root seed. Of a stream of weeks or reports, only
 * for those wholly inside: the reader of half a week holds no key to its week. Throws `GRANT_NO_WHOLE_SPAN`.
 */
export const derive = (
  seed: Uint8Array,
  generation: number,
  streams: Stream[],
  firstDay: Day,
  lastDay: Day,
): GrantKeys['streams'] =>
  streams.map((stream) => {
    const whole = Span.within(stream, { firstDay, lastDay });
    if (!whole) throw new NoWholeSpanError(stream);
    const root = KeyTree.root(seed, generation, stream);
    return { stream, nodes: KeyTree.cover(root, whole.firstDay, whole.lastDay) };
  });

/** Seals to the reader's X-Wing key, bound to the grant: the same bytes under another grant's id do not open. */
export const seal = (
  keys: GrantKeys,
  grantId: Uint8Array,
  readerKey: Uint8Array,
  random: (length: number) => Uint8Array,
): Uint8Array => {
  const plaintext = encode(name, 1, [
    keys.salt,
    keys.purpose,
    keys.streams.map(
      ({ stream, nodes }): Item => [stream, nodes.map((n): Item => [n.depth, n.index, n.key])],
    ),
  ]);
  return Xwing.seal(readerKey, context(grantId), plaintext, random);
};

/** The keys, or `undefined` where they were sealed to another reader or grant. */
export function open(sealed: Uint8Array, grantId: Uint8Array, readerSeed: Uint8Array): GrantKeys | undefined {
  const plaintext = Xwing.open(readerSeed, context(grantId), sealed);
  if (!plaintext) return undefined;
  const f = decode(name, 1, plaintext);
  const salt = f.bytes(32);
  const purpose = f.text(64);
  const streams = f.list(
    (g) =>
      g.tuple((t) => {
        const stream = t.text(64);
        if (!isStream(stream)) throw new UnknownStreamError();
        const nodes = t.list(
          (n) =>
            n.tuple((x): KeyTree.Node => {
              const depth = x.int(0, KeyTree.depth);
              return { depth, index: x.int(0, 2 ** depth - 1), key: x.bytes(32) };
            }),
          KeyTree.maxNodes,
        );
        return { stream, nodes };
      }),
    32,
  );
  f.end();
  return { salt, purpose, streams };
}

/** What the grant on chain commits to. */
export const hashOf = (sealed: Uint8Array): Uint8Array => sha256(sealed);

const context = (grantId: Uint8Array): Uint8Array => concat(utf8('islet/grant-keys/v1'), grantId);

/** A grant that nothing could ever be opened with. */
export class NoWholeSpanError extends IsletError {
  override readonly name = 'GrantKeys.NoWholeSpanError';
  constructor(stream: Stream) {
    super(
      'GRANT_NO_WHOLE_SPAN',
      `The days hold no whole ${Span.lengthOf(stream) === 7 ? 'week from Monday to Sunday' : 'report of 14 days'} of ${stream}. Choose days that do.`,
    );
  }
}
