// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Calendar from '@islet/core/Calendar';
import type { SigningKey } from '@islet/core/crypto/ed25519';
import * as Head from '@islet/core/Head';
import type { Stream } from '@islet/core/Stream';
import { type AccountState, streamOf } from './State.js';

/** A head, with the calendar nodes that are new since the last one. */
export type Stated = { head: Uint8Array; nodes: Uint8Array[] };

export type Heads = {
  /** What there is to say of a stream now, taken in one go before it is signed. */
  state(state: AccountState, stream: Stream): Promise<Stated>;
  /** Lets the next head bring all nodes: the hub may lack the last ones. */
  restart(state: AccountState, stream: Stream): void;
};

export type Options = { signer: SigningKey; now: () => number; random: (length: number) => Uint8Array };

export function heads({ signer, now, random }: Options): Heads {
  let lastAt = 0;
  return {
    async state(state, stream) {
      const at = streamOf(state, stream);
      const { root, fresh } = Calendar.nodes(at.calendar);
      // A hub takes only ever newer heads.
      lastAt = Math.max(now(), lastAt + 1);
      const head = await Head.create(
        {
          account: state.account,
          stream,
          gateway: signer.publicKey,
          blind: random(32),
          at: lastAt,
          calendar: root,
          late: at.late,
          tip: at.tip,
        },
        signer,
      );
      return { head: head.bytes, nodes: [...fresh.values()] };
    },
    restart(state, stream) {
      const { calendar } = streamOf(state, stream);
      calendar.pages.clear();
      calendar.middles.clear();
    },
  };
}
