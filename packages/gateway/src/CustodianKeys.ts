// Copyright the Islet authors. AGPL-3.0-or-later.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type * as View from '@islet/chain/View';
import * as Bundle from '@islet/core/Bundle';
import { equal, fromHex } from '@islet/core/crypto/bytes';
import type { Day } from '@islet/core/Day';
import type { Stream } from '@islet/core/Stream';
import * as Ask from '@islet/core/wire/Ask';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
import { type Account, runOf } from './Accounts.js';
import { answerOf } from './answer.js';
import type { Events } from './events.js';
import { CUSTODIAN_ANSWER_BYTES, CUSTODIAN_PAUSE_MS, CUSTODIAN_TIMEOUT_MS } from './limits.js';
import { RefusalError } from './Refusal.js';

/** The set of custodians as our view of the chain has it, with everyone's key for one stream day. */
export type Set = { version: number; threshold: number; keys: Uint8Array[] };

export type CustodianKeys = {
  /**
   * Everyone's key for a stream day (null: late), from what is kept or asked for now. Throws 503
   * `GATEWAY_CUSTODIAN_UNREACHABLE`: a share for each is needed, since custodians are not ours to leave out.
   */
  setFor(account: Account, stream: Stream, day: Day | null): Promise<Set>;
  /** Forgets an account's bundles, on the disk too: the custodians have others now. */
  forget(account: Account): Promise<void>;
  /** Fetches what is missing for all of the account's bundles. Never throws. */
  prefetch(account: Account): Promise<void>;
};

export type Options = {
  urls: string[];
  view: () => View.View;
  fetch: typeof fetch;
  now: () => number;
  events: Events;
};

const listName = 'islet/bundles';

export function open({ urls, view, fetch, now, events }: Options): CustodianKeys {
  const kept = new Map<string, Promise<Bundle.CustodianKeys[]>>();
  const asking = new Map<string, Promise<void>>();
  const pausedUntil = new Map<number, number>();

  const homeOf = (account: Account) => join(account.folder, 'custodians');
  const prefixOf = (index: number, stream: Stream) => `${index}-${stream.replace('/', '-')}-`;

  const signingKey = (index: number): Uint8Array | undefined => {
    const custodian = view().custodians.get(index);
    return custodian && fromHex(custodian.signingKey);
  };

  /** The bundles on disk, checked against the signing key of now: those of a replaced custodian count no more. */
  function bundlesOf(account: Account, index: number, stream: Stream): Promise<Bundle.CustodianKeys[]> {
    const signer = signingKey(index);
    if (!signer) return Promise.resolve([]);
    const key = `${account.hex}/${index}/${stream}/${nameOf(signer)}`;
    let found = kept.get(key);
    if (!found) {
      found = readAll(account, index, stream, signer);
      kept.set(key, found);
      found.catch(() => kept.delete(key));
    }
    return found;
  }

  async function readAll(account: Account, index: number, stream: Stream, signer: Uint8Array) {
    await nodeFiles.makeFolder(homeOf(account));
    const files = (await readdir(homeOf(account))).filter((f) => f.startsWith(prefixOf(index, stream)));
    const bundles = await Promise.all(
      files
        .filter((f) => /-\d+$/.test(f))
        .map(async (f) => {
          const bytes = await PrivateFile.read(join(homeOf(account), f));
          return bytes && (await Bundle.parseCustodianKeys(bytes, signer).catch(() => undefined));
        }),
    );
    return bundles.filter((b) => b !== undefined);
  }

  const holds = (bundle: Bundle.CustodianKeys, day: Day | null) => Bundle.keyOf(bundle, day) !== undefined;

  async function ask(account: Account, index: number, wanted: Ask.Wanted): Promise<void> {
    const url = urls[index - 1];
    const signer = signingKey(index);
    if (!url || !signer) throw unreachable(index);
    try {
      const response = await fetch(`${url}/v1/keys`, {
        method: 'POST',
        headers: { 'content-type': 'application/cbor' },
        body: Buffer.from(Ask.encodeMoreKeys({ account: account.id, wanted })),
        signal: AbortSignal.timeout(CUSTODIAN_TIMEOUT_MS),
        redirect: 'error',
      });
      if (!response.ok) throw unreachable(index);
      const list = Ask.parseList(listName, await answerOf(response, CUSTODIAN_ANSWER_BYTES));
      for (const bytes of list) await keep(account, index, bytes, signer);
      events.recovered(`custodian ${index}`);
    } catch (error) {
      events.troubled(`custodian ${index}`, error);
      pausedUntil.set(index, now() + CUSTODIAN_PAUSE_MS);
      throw error instanceof RefusalError ? error : unreachable(index, error);
    }
  }

  async function keep(account: Account, index: number, bytes: Uint8Array, signer: Uint8Array): Promise<void> {
    const bundle = await Bundle.parseCustodianKeys(bytes, signer);
    if (!bundle || bundle.custodian !== index || !equal(bundle.account, account.id)) throw unreachable(index);
    const list = await bundlesOf(account, index, bundle.stream);
    const file = `${prefixOf(index, bundle.stream)}${bundle.run.firstDay}`;
    await PrivateFile.write(join(homeOf(account), file), bytes);
    const same = list.findIndex((b) => b.run.firstDay === bundle.run.firstDay);
    if (same >= 0) list.splice(same, 1, bundle);
    else list.push(bundle);
  }

  /** One question at a time per custodian and account, so that waiting callers share its answer. */
  async function ensure(
    account: Account,
    index: number,
    stream: Stream,
    day: Day | null,
  ): Promise<Uint8Array> {
    const find = async () => (await bundlesOf(account, index, stream)).find((b) => holds(b, day));
    const known = await find();
    if (known) return Bundle.keyOf(known, day)!;
    if ((pausedUntil.get(index) ?? 0) > now()) throw unreachable(index);
    const run = runOf(account, stream, day);
    const question = `${account.hex}/${index}/${stream}/${run?.firstDay}`;
    let asked = asking.get(question);
    if (!asked) {
      const wanted = [{ stream, firstDay: run?.firstDay ?? day ?? 0, days: run?.days ?? 1 }];
      asked = ask(account, index, wanted).finally(() => asking.delete(question));
      asking.set(question, asked);
    }
    await asked;
    const found = await find();
    if (!found) throw unreachable(index);
    return Bundle.keyOf(found, day)!;
  }

  const indices = (): number[] => [...view().custodians.keys()].sort((a, b) => a - b);

  return {
    async setFor(account, stream, day) {
      const { threshold, custodianSetVersion: version } = view();
      const all = indices();
      if (all.length === 0) throw unreachable(1);
      const keys = await Promise.all(all.map((index) => ensure(account, index, stream, day)));
      return { version, threshold, keys };
    },
    async forget(account) {
      for (const key of [...kept.keys()]) if (key.startsWith(`${account.hex}/`)) kept.delete(key);
      const files = await readdir(homeOf(account)).catch(() => []);
      for (const file of files) await nodeFiles.remove(join(homeOf(account), file));
    },
    async prefetch(account) {
      await Promise.all(
        account.runs.flatMap((run) =>
          // Its ends: a custodian's bundle is a run without gaps.
          indices().map(async (index) => {
            for (const day of [run.firstDay, run.firstDay + run.days - 1])
              if (run.days > 0) await ensure(account, index, run.stream, day).catch(() => {});
          }),
        ),
      );
    },
  };
}

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('base64url');

const unreachable = (index: number, cause?: unknown): RefusalError =>
  new RefusalError(
    503,
    'GATEWAY_CUSTODIAN_UNREACHABLE',
    `Custodian ${index} did not give its public keys. Nothing was acknowledged: send the readings again in a moment.`,
    { cause },
  );
