// Copyright the Islet authors. AGPL-3.0-or-later.
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { IsletError } from '@islet/core/IsletError';
import * as BlockIndex from './BlockIndex.js';
import * as Frames from './Frames.js';
import { replace } from './files.js';
import { CACHED_BLOCKS } from './limits.js';
import type { Done, Genesis, Header, Hex, Open } from './Records.js';
import { packDone, packJson, unpackDone, unpackGenesis, unpackOpen } from './Records.js';

const GENESIS = 1;
const OPEN = 2;
const DONE = 3;
const magic = Buffer.from('ISLETLG1', 'latin1');
const NOTHING = -1;

/** Keys of the journal's index. */
export const keyOf = {
  tx: (hash: string): string => `t${hash}`,
  block: (hash: string): string => `b${hash}`,
  address: (address: string): string => `a${address}`,
  topic: (position: number, topic: string): string => `${position}${topic}`,
};

/** Makes a new journal that holds the genesis record, complete or not at all. */
export async function create(path: string, genesis: Genesis): Promise<void> {
  await replace(path, (file) =>
    file.writeFile(Buffer.concat([magic, Frames.encode(GENESIS, 0, packJson(genesis))])),
  );
}

/**
 * Opens a journal: checks every record, cuts a torn last one, and builds the index.
 * Throws `LEDGER_JOURNAL_CORRUPT`.
 */
export async function open(path: string): Promise<BlockJournal> {
  const file = await openFile(path, 'r+');
  try {
    const start = Buffer.alloc(magic.length);
    await file.read(start, 0, magic.length, 0);
    if (!start.equals(magic)) throw new Frames.CorruptError(0, 0);
    const journal = new BlockJournal(file);
    const end = await Frames.scan(file, magic.length, (frame) => journal.learn(frame));
    await journal.cutAt(end);
    return journal;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Blocks on disk, append-only. Every append is on stable storage when its promise resolves, so at most the last
 * record can be torn. A failed append poisons the journal: what the disk holds is then known only after reopening.
 */
export class BlockJournal implements AsyncDisposable {
  readonly index: BlockIndex.BlockIndex = BlockIndex.create();
  readonly #file: FileHandle;
  readonly #opens: number[] = [];
  readonly #dones: number[] = [];
  readonly #logs: number[] = [];
  readonly #cache = new Map<number, Promise<Done>>();
  #genesis: Genesis | undefined;
  #base: Header | undefined;
  #head: Header | undefined;
  #length = magic.length;
  #poisoned = false;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  get genesis(): Genesis {
    if (!this.#genesis) throw new Frames.CorruptError(0, magic.length);
    return this.#genesis;
  }

  /** The newest executed block; nothing before block 0 is. */
  get head(): Header | undefined {
    return this.#head;
  }

  /** Number of the newest executed block, -1 before block 0. */
  get number(): number {
    return this.#dones.length - 1;
  }

  /** The block that was written down but not executed, if there is one. */
  async pending(): Promise<Open | undefined> {
    return this.#opens.length > this.#dones.length ? this.readOpen(this.#opens.length - 1) : undefined;
  }

  /** How many logs a block has, without reading it. */
  logsIn(number: number): number {
    return this.#logs[number] ?? 0;
  }

  async appendOpen(number: number, block: Open): Promise<void> {
    await this.#append(OPEN, number, packJson(block));
  }

  async appendDone(number: number, block: Done): Promise<void> {
    await this.#append(DONE, number, packDone(block, this.#base));
  }

  async readOpen(number: number): Promise<Open> {
    const offset = this.#opens[number];
    if (offset === undefined || offset === NOTHING) return { timestamp: this.genesis.timestamp, txs: [] };
    return unpackOpen((await Frames.read(this.#file, offset)).payload);
  }

  /** An executed block. The newest ones asked for stay in memory. */
  readDone(number: number): Promise<Done> {
    const cached = this.#cache.get(number);
    if (cached) return cached;
    const offset = this.#dones[number];
    if (offset === undefined) throw new RangeError('no such block');
    const base = number === 0 ? undefined : this.#base;
    const read = Frames.read(this.#file, offset).then((frame) => unpackDone(frame.payload, base));
    this.#cache.set(number, read);
    read.catch(() => this.#cache.delete(number));
    if (this.#cache.size > CACHED_BLOCKS) this.#cache.delete(this.#cache.keys().next().value!);
    return read;
  }

  /** Takes a record into the index. Used while opening and after each append. */
  learn(frame: Frames.Frame): void {
    const expected = frame.kind === OPEN ? this.#opens.length : this.#dones.length;
    const ordered =
      frame.kind === GENESIS
        ? frame.offset === magic.length
        : this.#genesis !== undefined &&
          frame.block === expected &&
          (frame.kind === OPEN ? expected === this.#dones.length && expected > 0 : true) &&
          (frame.kind === DONE && frame.block > 0 ? this.#opens.length === expected + 1 : true);
    if (!ordered) throw new Frames.CorruptError(frame.block, frame.offset);
    if (frame.kind === GENESIS) this.#genesis = unpackGenesis(frame.payload);
    else if (frame.kind === OPEN) this.#opens.push(frame.offset);
    else this.#learnDone(frame);
    this.#length = frame.offset + Frames.HEAD_BYTES + frame.payload.length;
  }

  #learnDone(frame: Frames.Frame): void {
    const done = unpackDone(frame.payload, frame.block === 0 ? undefined : this.#base);
    if (this.#head && done.header.parentHash !== this.#head.hash) {
      throw new Frames.CorruptError(frame.block, frame.offset);
    }
    if (frame.block === 0) {
      this.#base = done.header;
      this.#opens.push(NOTHING);
    }
    this.index.add(keyOf.block(done.header.hash), frame.block);
    let logs = 0;
    for (const tx of done.txs) {
      this.index.add(keyOf.tx(tx.hash), frame.block);
      logs += tx.logs.length;
      for (const log of tx.logs) {
        this.index.add(keyOf.address(log.address), frame.block);
        log.topics.forEach((topic, i) => {
          this.index.add(keyOf.topic(i, topic), frame.block);
        });
      }
    }
    this.#dones.push(frame.offset);
    this.#logs.push(logs);
    this.#head = done.header;
  }

  /** Cuts what is torn off the end of the file. Used while opening. */
  async cutAt(end: number): Promise<void> {
    if (!this.#genesis) throw new Frames.CorruptError(0, magic.length);
    const { size } = await this.#file.stat();
    if (size === end) return;
    await this.#file.truncate(end);
    await this.#file.sync();
  }

  async #append(kind: number, block: number, payload: Buffer): Promise<void> {
    if (this.#poisoned) throw new JournalError();
    const bytes = Frames.encode(kind, block, payload);
    const offset = this.#length;
    try {
      const { bytesWritten } = await this.#file.write(bytes, 0, bytes.length, offset);
      if (bytesWritten !== bytes.length) throw new RangeError('short write');
      await this.#file.datasync();
    } catch (cause) {
      this.#poisoned = true;
      throw new JournalError({ cause });
    }
    this.learn({ kind, block, offset, payload });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Whether the hash names a block here; its number. */
export async function numberOf(journal: BlockJournal, hash: Hex): Promise<number | undefined> {
  for (const number of journal.index.find(keyOf.block(hash), 0, journal.number)) {
    if ((await journal.readDone(number)).header.hash === hash) return number;
  }
  return undefined;
}

/** `LEDGER_JOURNAL_WRITE`: the disk refused. Whether the record is there is known only after a restart. */
export class JournalError extends IsletError {
  override readonly name = 'LedgerJournalError';
  constructor(options?: ErrorOptions) {
    super(
      'LEDGER_JOURNAL_WRITE',
      "The ledger's journal could not be written to stable storage. Free space or mend the disk, then restart the ledger.",
      options,
    );
  }
}
