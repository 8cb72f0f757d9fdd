// Copyright the Islet authors. AGPL-3.0-or-later.
import { join } from 'node:path';
import { fromHex, toHex, utf8 } from '@islet/core/crypto/bytes';
import { type Extent, isEverything } from '@islet/core/Erasure';
import { IsletError } from '@islet/core/IsletError';
import * as KeyTree from '@islet/core/KeyTree';
import { isStream, type Stream } from '@islet/core/Stream';
import type { Files } from '@islet/store/Files';
import { nodeFiles } from '@islet/store/NodeFiles';
import * as PrivateFile from '@islet/store/PrivateFile';
import * as VaultKey from './VaultKey.js';

/**
 * What this custodian keeps of each person: who spoke for the account when it enrolled, and one independent tree of
 * secrets per stream, so that days, a stream or a person can be erased alone. One private file per account, wrapped
 * under a key that is replaced at every erasure (`VaultKey`).
 */
export type Vault = {
  /** The signer pinned at enrolment, in hex; `undefined` where the account never enrolled here. */
  signerOf(account: Uint8Array): string | undefined;
  /** Whether the account erased everything: nothing is drawn for it any more. */
  hasEnded(account: Uint8Array): boolean;
  /** Pins the signer. An account enrols once; the same signer again changes nothing. False for another signer. */
  enrol(account: Uint8Array, signer: Uint8Array): Promise<boolean>;
  /** This custodian's tree for a stream of an enrolled account, drawn at the first asking; none for one that ended. */
  tree(account: Uint8Array, stream: Stream): Promise<Tree | undefined>;
  /**
   * Destroys the secrets of those days and of the streams' late data, for good: what is left gives every other day as
   * before and cannot give these. Once resolved no byte of this disk leads to them. Says how many trees were cut.
   */
  erase(account: Uint8Array, extent: Extent): Promise<number>;
};

/** What is left of a stream's tree, and the seed of its late key, which is drawn anew at every erasure. */
export type Tree = { nodes: KeyTree.Node[]; late: Uint8Array };

type Trees = Partial<Record<Stream, Tree>>;
type Kept = { signer: string; ended: boolean; trees: Trees };

export type Options = {
  folder: string;
  /** Where the key lies that wraps what is in `folder`. */
  keyFolder: string;
  random: (length: number) => Uint8Array;
  files?: Files;
};

/** Opens or begins a vault. Throws `CUSTODIAN_VAULT_CORRUPT` and what `PrivateFile.read` throws. */
export async function open({ folder, keyFolder, random, files = nodeFiles }: Options): Promise<Vault> {
  await files.makeFolder(folder);
  const key = await VaultKey.open(keyFolder, random, files);
  const kept = new Map<string, Kept>();
  const pathOf = (id: string): string => join(folder, `${id}.vault`);
  let isWhole = true;
  for (const file of await files.list(folder)) {
    const id = /^([0-9a-f]{64})\.vault$/.exec(file)?.[1];
    const bytes = id && (await PrivateFile.read(join(folder, file), files));
    if (!id || !bytes) continue;
    const found = read(key, id, bytes) ?? corrupt(join(folder, file));
    kept.set(id, found.value);
    isWhole &&= found.isNewest;
  }
  const save = (id: string, value: Kept): Promise<void> =>
    PrivateFile.write(pathOf(id), key.wrap(fromHex(id), format(value)), files);

  async function rewrap(): Promise<void> {
    for (const [id, value] of kept) await save(id, value);
    await key.forgetOlder();
  }
  // What a crash left of a rotation is finished first: an old key must not outlive what it was replaced for.
  if (key.isTurning || !isWhole) await rewrap();

  // One change after the other: secrets drawn by two questions at once would differ, and a rotation must miss none.
  let last: Promise<unknown> = Promise.resolve();
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  }
  async function change(id: string, value: Kept): Promise<void> {
    await save(id, value);
    kept.set(id, value);
  }

  return {
    signerOf: (account) => kept.get(toHex(account))?.signer,
    hasEnded: (account) => kept.get(toHex(account))?.ended ?? false,
    enrol(account, signer) {
      const id = toHex(account);
      return alone(async () => {
        const known = kept.get(id);
        if (known) return known.signer === toHex(signer);
        await change(id, { signer: toHex(signer), ended: false, trees: {} });
        return true;
      });
    },
    async tree(account, stream) {
      const id = toHex(account);
      const known = kept.get(id);
      if (!known || known.ended) return undefined;
      if (known.trees[stream]) return known.trees[stream];
      return alone(async () => {
        const now = kept.get(id)!;
        if (now.ended) return undefined;
        const tree = now.trees[stream] ?? drawn(random, stream);
        if (!now.trees[stream]) await change(id, { ...now, trees: { ...now.trees, [stream]: tree } });
        return tree;
      });
    },
    erase(account, extent) {
      const id = toHex(account);
      return alone(async () => {
        const known = kept.get(id);
        if (!known) return 0;
        const all = isEverything(extent);
        const streams = all ? (Object.keys(known.trees) as Stream[]) : extent.streams;
        const trees: Trees = all ? {} : { ...known.trees };
        if (!all)
          for (const stream of streams) {
            // Also where none was drawn yet: the days that are erased must never get a key.
            const { nodes } = trees[stream] ?? drawn(random, stream);
            trees[stream] = {
              nodes: KeyTree.puncture(nodes, extent.firstDay, extent.lastDay),
              late: random(32),
            };
          }
        // Before the disk: should that fail, this process at least opens nothing of it any more.
        kept.set(id, { ...known, ended: known.ended || all, trees });
        await key.turn();
        await rewrap();
        return streams.length;
      });
    },
  };
}

function drawn(random: (length: number) => Uint8Array, stream: Stream): Tree {
  const root = KeyTree.root(random(32), 0, stream);
  return { nodes: [root], late: KeyTree.lateSeed(root, 'hpke') };
}

type Written = {
  signer: string;
  ended: boolean;
  trees: Record<string, { late: string; nodes: [number, number, string][] }>;
};

function format({ signer, ended, trees }: Kept): Uint8Array {
  const written: Written['trees'] = {};
  for (const [stream, { nodes, late }] of Object.entries(trees))
    written[stream] = {
      late: toHex(late),
      nodes: nodes.map((n): [number, number, string] => [n.depth, n.index, toHex(n.key)]),
    };
  return utf8(JSON.stringify({ signer, ended, trees: written } satisfies Written));
}

/** What a file holds. A rotten byte, or another account's file under this name, does not unwrap. */
function read(
  key: VaultKey.VaultKey,
  id: string,
  bytes: Uint8Array,
): { value: Kept; isNewest: boolean } | undefined {
  try {
    const found = key.unwrap(fromHex(id), bytes);
    if (!found) return undefined;
    const { signer, ended, trees } = JSON.parse(new TextDecoder().decode(found.plaintext)) as Written;
    const value: Kept = { signer, ended, trees: {} };
    for (const [stream, { late, nodes }] of Object.entries(trees)) {
      if (!isStream(stream)) return undefined;
      value.trees[stream] = {
        nodes: nodes.map(([depth, index, hex]) => ({ depth, index, key: fromHex(hex) })),
        late: fromHex(late),
      };
    }
    return { value, isNewest: found.isNewest };
  } catch {
    return undefined;
  }
}

function corrupt(path: string): never {
  throw new VaultCorruptError(path);
}

/** A file of the vault is not as we wrote it. Going on without it would draw new secrets in place of lost ones. */
export class VaultCorruptError extends IsletError {
  override readonly name = 'VaultCorruptError';
  constructor(path: string) {
    super(
      'CUSTODIAN_VAULT_CORRUPT',
      `${path} is damaged, is another account's, or is wrapped under a key that is not here any more. Restore it from a backup made since the last erasure, with its key; do not remove it: the secrets in it are nowhere else.`,
    );
  }
}
