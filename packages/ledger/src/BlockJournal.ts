// Copyright the Islet authors. AGPL-3.0-or-later.
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { IsletError } from '@islet/core/IsletError';
import * as BlockIndex from './BlockIndex.js';
import * as Frames from './Frames.js';
import { replace } from './files.js';
import { CACHED_BLOCKS, KEY_BLOCKS } from './limits.js';
import type { Done, Genesis, Header, Hex, Open, Skimmed } from './Records.js';
import { packDone, skimDone, unpackDone } from './Records.js';
import * as Squeeze from './Squeeze.js';

const GENESIS = 1;
const OPEN = 2;
const DONE = 3;
const magic = Buffer.from('ISLETLG2', 'latin1');
const formerMagic = Buffer.from('ISLETLG1', 'latin1');
const NOTHING = -1;
/** What key blocks are deflated against: the words of every record. */
const WORDS = Buffer.from(
  '{"timestamp":1,"txs":["0x02f8"]}{"h":{"hash":,"parentHash":,"stateRoot":,"transactionsRoot":,"receiptsRoot":,' +
    '"logsBloom":,"number":,"gasUsed":,"timestamp":,"mixHash":,"size":"0x"},"d":15,"t":[[0,,0,"0x2",,,,,null,[[,[]]]]],"s":}',
);

/** The end of a key block's two records: the blocks after it are deflated against it. */
type Key = { number: number; plain: Squeeze.Plain };

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
    file.writeFile(Buffer.concat([magic, Frames.encode(GENESIS, 0, Buffer.from(JSON.stringify(genesis)))])),
  );
}

/**
 * Opens a journal: checks every record, cuts a torn last one, and builds the index.
 * Throws `LEDGER_JOURNAL_CORRUPT`, `LEDGER_JOURNAL_OLD`.
 */
export async function open(path: string): Promise<BlockJournal> {
  const file = await openFile(path, 'r+');
  try {
    const start = Buffer.alloc(magic.length);
    await file.read(start, 0, magic.length, 0);
    if (start.equals(formerMagic)) throw new OldJournalError();
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
  #head: Skimmed['header'] | undefined;
  /** The newest key block, and the newest open record: what the next record is deflated against. */
  #key: Key = { number: NOTHING, plain: WORDS };
  #open: { plain: Squeeze.Plain; block: Open } = { plain: WORDS, block: { timestamp: 0, txs: [] } };
  /** The key block that was read last. */
  #keyRead: Promise<Key> | undefined;
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
  get head(): Skimmed['header'] | undefined {
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
    const plain = Squeeze.plain(JSON.stringify(block));
    await this.#append(OPEN, number, Squeeze.deflate(plain, this.#before(number)));
  }

  async appendDone(number: number, block: Done): Promise<void> {
    const plain = Squeeze.plain(packDone(block, number === 0 ? undefined : this.#ground()));
    await this.#append(DONE, number, Squeeze.deflate(plain, this.#against(number)));
  }

  async readOpen(number: number): Promise<Open> {
    const offset = this.#opens[number];
    if (offset === undefined || offset === NOTHING) return { timestamp: this.genesis.timestamp, txs: [] };
    return JSON.parse(Squeeze.text(await this.#plainOpen(number)));
  }

  /** An executed block. The newest ones asked for stay in memory. */
  readDone(number: number): Promise<Done> {
    const cached = this.#cache.get(number);
    if (cached) return cached;
    if (this.#dones[number] === undefined) throw new RangeError('no such block');
    const read = this.#read(number);
    this.#cache.set(number, read);
    read.catch(() => this.#cache.delete(number));
    if (this.#cache.size > CACHED_BLOCKS) this.#cache.delete(this.#cache.keys().next().value!);
    return read;
  }

  async #read(number: number): Promise<Done> {
    const text = Squeeze.text(await this.#plainDone(number));
    if (number === 0) return unpackDone(text, undefined);
    const [open, parentHash] = await Promise.all([this.readOpen(number), this.#hashOf(number - 1)]);
    return unpackDone(text, { base: this.#base!, parentHash, open });
  }

  async #hashOf(number: number): Promise<Hex> {
    if (number === this.number) return this.#head!.hash;
    const cached = this.#cache.get(number);
    if (cached) return (await cached).header.hash;
    if (number === 0) return this.#base!.hash;
    const [plain, open] = await Promise.all([this.#plainDone(number), this.readOpen(number)]);
    return skimDone(Squeeze.text(plain), { base: this.#base!, open }).header.hash;
  }

  async #plainOpen(number: number): Promise<Squeeze.Plain> {
    const { payload } = await Frames.read(this.#file, this.#opens[number]!);
    return Squeeze.inflate(payload, isKey(number) ? WORDS : (await this.#keyOf(number)).plain);
  }

  async #plainDone(number: number): Promise<Squeeze.Plain> {
    const { payload } = await Frames.read(this.#file, this.#dones[number]!);
    if (number === 0) return Squeeze.inflate(payload, WORDS);
    const before = isKey(number) ? WORDS : (await this.#keyOf(number)).plain;
    return Squeeze.inflate(payload, Squeeze.joined(before, await this.#plainOpen(number)));
  }

  /** The key block that a block's records refer to. */
  async #keyOf(number: number): Promise<Key> {
    const wanted = number - (number % KEY_BLOCKS);
    if (this.#key.number === wanted) return this.#key;
    const known = await this.#keyRead?.catch(() => undefined);
    if (known?.number === wanted) return known;
    const parts = wanted === 0 ? [] : [this.#plainOpen(wanted)];
    this.#keyRead = Promise.all([...parts, this.#plainDone(wanted)]).then((read) => ({
      number: wanted,
      plain: Squeeze.joined(...read),
    }));
    return this.#keyRead;
  }

  /** What the next open record is deflated against. */
  #before(number: number): Squeeze.Plain {
    return isKey(number) ? WORDS : this.#key.plain;
  }

  /** What the next done record is deflated against. */
  #against(number: number): Squeeze.Plain {
    return number === 0 ? WORDS : Squeeze.joined(this.#before(number), this.#open.plain);
  }

  #ground() {
    return {
      base: this.#base!,
      parentHash: this.#head!.hash,
      open: this.#open.block,
    };
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
    try {
      if (frame.kind === GENESIS) this.#genesis = JSON.parse(frame.payload.toString('utf8'));
      else if (frame.kind === OPEN) this.#learnOpen(frame);
      else this.#learnDone(frame);
    } catch {
      // Whole, but not written against the records before it.
      throw new Frames.CorruptError(frame.block, frame.offset);
    }
    this.#length = frame.offset + Frames.HEAD_BYTES + frame.payload.length;
  }

  #learnOpen(frame: Frames.Frame): void {
    const plain = Squeeze.inflate(frame.payload, this.#before(frame.block));
    this.#open = { plain, block: JSON.parse(Squeeze.text(plain)) };
    this.#opens.push(frame.offset);
  }

  #learnDone(frame: Frames.Frame): void {
    const plain = Squeeze.inflate(frame.payload, this.#against(frame.block));
    const done = skimDone(Squeeze.text(plain), frame.block === 0 ? undefined : this.#ground());
    if (frame.block === 0) {
      this.#base = done.header as Header;
      this.#opens.push(NOTHING);
    }
    if (isKey(frame.block)) {
      const parts = frame.block === 0 ? [plain] : [this.#open.plain, plain];
      this.#key = { number: frame.block, plain: Squeeze.joined(...parts) };
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

const isKey = (number: number): boolean => number % KEY_BLOCKS === 0;

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

/** `LEDGER_JOURNAL_OLD`: an earlier release wrote it, in a form that this one does not read. */
export class OldJournalError extends IsletError {
  override readonly name = 'LedgerOldJournalError';
  constructor() {
    super(
      'LEDGER_JOURNAL_OLD',
      "The ledger's journal was written by an earlier release. Go on with that release, or begin anew in another folder.",
    );
  }
}
