// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';
import * as AppendFile from './AppendFile.js';
import { codeOf, type Files, type OpenFile } from './Files.js';
import { fileWindow } from './FileWindow.js';
import { FolderLock } from './FolderLock.js';
import { type GroupCommit, groupCommit } from './GroupCommit.js';
import * as JournalFile from './JournalFile.js';
import * as JournalFrame from './JournalFrame.js';
import * as JournalRecovery from './JournalRecovery.js';
import * as JournalRewrite from './JournalRewrite.js';
import { commitBytes, journalRecordBytes, journalSegmentBytes, journalWaitingBytes } from './limits.js';
import { nodeFiles } from './NodeFiles.js';
import type { Processes } from './Processes.js';

export type JournalOptions = {
  /** A new file is begun when a commit would pass this size. */
  maxSegmentBytes?: number;
  maxRecordBytes?: number;
  files?: Files;
  processes?: Processes;
  /** Names a new journal, so that files of two cannot be mixed up. */
  random?: (length: number) => Uint8Array;
};

type Work = { kind: 'record'; record: Uint8Array } | { kind: 'alone'; run(): Promise<void> };

export type JournalRecord = { position: number; record: Uint8Array };

/**
 * A durable list of records, numbered from 0, that only grows at its end and shrinks at its beginning.
 *
 *     await using journal = await Journal.open(folder);
 *     const position = await journal.append(bytes); // on the disk, whatever happens now
 *     for await (const { position, record } of journal.read()) …
 *
 * Whatever was acknowledged is found again, in order, once. A record whose append was refused with
 * `JOURNAL_WRITE_FAILED` may be found again only if the journal refused everything after it as well.
 */
export class Journal {
  /** What a crash had left of an unfinished write, now cut off. No acknowledged record was in it. */
  readonly recovered: { truncatedBytes: number };
  readonly #folder: string;
  readonly #files: Files;
  readonly #lock: FolderLock;
  readonly #limits: { segment: number; record: number };
  readonly #id: Uint8Array;
  readonly #queue: GroupCommit<Work, number>;
  #parts: JournalFile.JournalFile[];
  #tail: AppendFile.AppendFile;
  /** Old files on their way out. */
  readonly #doomed: string[] = [];
  #dropping: Promise<void> = Promise.resolve();
  #next: number;
  #chain: bigint;
  /** Set while a new file is due: once begun, the old one must never grow again, even if the first attempt failed. */
  #turning = false;
  #closing: Promise<void> | undefined;

  private constructor(
    folder: string,
    files: Files,
    lock: FolderLock,
    found: JournalRecovery.Recovered,
    options: JournalOptions,
  ) {
    this.#folder = folder;
    this.#files = files;
    this.#lock = lock;
    const segment = options.maxSegmentBytes ?? journalSegmentBytes;
    this.#limits = { segment, record: Math.min(options.maxRecordBytes ?? journalRecordBytes, segment) };
    this.#id = found.last.head.id;
    this.#parts = found.parts;
    this.#tail = found.tail;
    this.#next = found.last.next;
    this.#chain = found.last.chain;
    this.recovered = { truncatedBytes: found.last.torn };
    this.#queue = groupCommit({
      commit: (batch: Work[]) => this.#work(batch),
      weigh: (work) => (work.kind === 'record' ? work.record.length + JournalFrame.headerBytes : 1),
      mayJoin: (first, work) => first.kind === 'record' && work.kind === 'record',
      maxWeight: Math.min(commitBytes, segment),
      rest: () => this.#mark(),
    });
  }

  /**
   * Opens or begins the journal of a folder, and reads it through. Throws `JOURNAL_CORRUPT`, `JOURNAL_UNREADABLE`,
   * `FOLDER_LOCKED`.
   */
  static async open(folder: string, options: JournalOptions = {}): Promise<Journal> {
    const { files = nodeFiles, processes } = options;
    let lock: FolderLock | undefined;
    try {
      await files.makeFolder(folder);
      lock = await FolderLock.acquire(folder, { files, ...(processes && { processes }) });
      const found = await JournalRecovery.recover(folder, files, options.random ?? randomBytes);
      return new Journal(folder, files, lock, found, options);
    } catch (error) {
      await lock?.release().catch(() => {});
      if (error instanceof IsletError) throw error;
      throw new JournalUnreadableError(folder, error);
    }
  }

  /** The oldest position kept. */
  get first(): number {
    return this.#parts[0]!.first;
  }

  /** The position the next record will get: all before it are durable. */
  get next(): number {
    return this.#next;
  }

  /**
   * Resolves with the record's position once it is on the disk. Rejects with `JOURNAL_RECORD_TOO_LARGE`, `JOURNAL_BUSY`
   * (too much is waiting), `JOURNAL_WRITE_FAILED`, `JOURNAL_CLOSED`. Concurrent appends share one sync and keep their order.
   */
  async append(record: Uint8Array): Promise<number> {
    if (this.#closing) throw new JournalClosedError(this.#folder);
    if (record.length > this.#limits.record)
      throw new JournalRecordTooLargeError(record.length, this.#limits.record);
    if (this.#queue.waiting + record.length > journalWaitingBytes) throw new JournalBusyError(this.#folder);
    return this.#queue.add({ kind: 'record', record: new Uint8Array(record) });
  }

  /** The durable records from a position on, until there are no more. Throws `JOURNAL_CORRUPT` where one has rotted since. */
  async *read(from = 0): AsyncGenerator<JournalRecord, void, undefined> {
    for (let position = Math.max(from, this.first); position < this.#next; ) {
      const part = this.#parts.findLast((one) => one.first <= position);
      if (!part) {
        position = this.first;
        continue;
      }
      const file = await this.#files.open(part.path).catch((error) => {
        // Dropped since we looked.
        if (!this.#parts.includes(part)) return undefined;
        throw new JournalUnreadableError(this.#folder, error);
      });
      if (!file) continue;
      try {
        for await (const one of this.#readPart(part, file, position)) {
          position = one.position + 1;
          yield one;
        }
      } catch (error) {
        // Rewritten since we looked: go on in the new file.
        if (this.#parts.includes(part)) throw error;
      } finally {
        await file.close();
      }
    }
  }

  async *#readPart(part: JournalFile.JournalFile, file: OpenFile, from: number) {
    const window = fileWindow(file, () => part.end);
    const stop = part.stops.findLast((one) => one.position <= from);
    let position = stop?.position ?? part.first;
    let offset = stop?.offset ?? JournalFrame.headBytes;
    let chain: bigint | undefined;
    while (offset < part.end) {
      const frame = JournalFrame.parse(await window(offset, JournalFrame.headerBytes), this.#id);
      if (!frame || frame.position !== position || frame.chain !== (chain ?? frame.chain))
        throw new JournalFile.JournalCorruptError(part.path, position, 'its frame does not check');
      const record = new Uint8Array(await window(offset + JournalFrame.headerBytes, frame.length));
      if (!JournalFrame.isIntact(frame, record))
        throw new JournalFile.JournalCorruptError(part.path, position, 'its bytes do not check');
      if (position >= from) yield { position, record };
      position++;
      chain = frame.sum;
      offset += JournalFrame.headerBytes + frame.length;
    }
  }

  /**
   * Puts another record in the place of every one, at the same position, and overwrites the old files with zeros. Once
   * resolved nothing of what was left out is in any byte of the folder; cut off before, everything is as it was or, after
   * the next opening, as it was to become. Appends wait meanwhile. Throws `JOURNAL_WRITE_FAILED`, and what `replace` throws.
   */
  async rewrite(replace: (record: Uint8Array, position: number) => Promise<Uint8Array>): Promise<void> {
    if (this.#closing) throw new JournalClosedError(this.#folder);
    await this.#queue.add({ kind: 'alone', run: () => this.#rewrite(replace) });
  }

  async #rewrite(replace: (record: Uint8Array, position: number) => Promise<Uint8Array>): Promise<void> {
    if (this.#turning || this.#tail.broken)
      throw new JournalWriteFailedError(this.#folder, new AppendFile.BrokenFileError());
    await this.#dropping.catch(() => {});
    const parts: JournalFile.JournalFile[] = [];
    let chain: bigint | undefined;
    for (const part of this.#parts) {
      const records: Uint8Array[] = [];
      const file = await this.#files.open(part.path);
      try {
        chain ??= JournalFrame.parseHead(await file.read(0, JournalFrame.headBytes))!.chain;
        for await (const { position, record } of this.#readPart(part, file, part.first))
          records.push(await replace(record, position));
      } finally {
        await file.close();
      }
      const made = JournalRewrite.encode({ first: part.first, id: this.#id, chain }, records, this.#next);
      chain = made.chain;
      await JournalRewrite.stage(part.path, made.bytes, this.#files).catch((cause) => {
        throw new JournalWriteFailedError(this.#folder, cause);
      });
      const next: JournalFile.JournalFile = { path: part.path, first: part.first, end: 0, stops: [] };
      for (const [i, offset] of made.offsets.entries()) JournalFile.noteStop(next, part.first + i, offset);
      next.end = made.bytes.length;
      parts.push(next);
    }
    try {
      await JournalRewrite.decide(this.#folder, this.#files);
      // From here on there is no way back, and the old file must not grow.
      this.#tail.broken = true;
      const old = this.#tail;
      this.#parts = parts;
      await JournalRewrite.finish(this.#folder, this.#files);
      this.#tail = AppendFile.appendFile(await this.#files.open(parts.at(-1)!.path), parts.at(-1)!.end);
      this.#chain = chain!;
      await old.file.close().catch(() => {});
    } catch (cause) {
      throw new JournalWriteFailedError(this.#folder, cause);
    }
  }

  /** Drops whole old files that hold only records before the position, never the newest file. Durable once resolved. */
  async truncateBefore(position: number): Promise<void> {
    if (this.#closing) throw new JournalClosedError(this.#folder);
    while (this.#parts.length > 1 && this.#parts[1]!.first <= position)
      this.#doomed.push(this.#parts.shift()!.path);
    this.#dropping = this.#dropping.catch(() => {}).then(() => this.#removeDoomed());
    await this.#dropping;
  }

  async #removeDoomed(): Promise<void> {
    try {
      for (let path = this.#doomed[0]; path !== undefined; path = this.#doomed[0]) {
        await this.#files.remove(path);
        // One by one and the oldest first, also after a failure: a crash must not leave a hole.
        await this.#files.syncFolder(this.#folder);
        this.#doomed.shift();
      }
    } catch (cause) {
      throw new JournalWriteFailedError(this.#folder, cause);
    }
  }

  /** Waits for what is under way, refuses what comes later, and gives the folder back. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#queue.idle();
      await this.#dropping.catch(() => {});
      await this.#mark();
      await this.#tail.file.datasync().catch(() => {});
      await this.#tail.file.close();
      await this.#lock.release();
    })();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #work(batch: Work[]): Promise<number[]> {
    const first = batch[0]!;
    if (first.kind === 'record')
      return this.#commit(batch.flatMap((work) => (work.kind === 'record' ? [work.record] : [])));
    await first.run();
    return [this.#next];
  }

  async #commit(records: Uint8Array[]): Promise<number[]> {
    const bytes = records.reduce((sum, one) => sum + one.length + JournalFrame.headerBytes, 0);
    try {
      if (this.#turning || (this.#recordsInTail() > 0 && this.#tail.end + bytes > this.#limits.segment))
        await this.#turn();
      const part = this.#parts.at(-1)!;
      const first = this.#next;
      const out = Buffer.allocUnsafe(bytes);
      let offset = 0;
      let chain = this.#chain;
      const offsets = records.map((record, i) => {
        const begin = offset;
        const frame = { kind: 'record' as const, position: first + i, durable: first, chain };
        chain = JournalFrame.encode(out, offset, this.#id, frame, record);
        offset += JournalFrame.headerBytes + record.length;
        return begin;
      });
      const base = this.#tail.end;
      await AppendFile.append(this.#tail, out);
      offsets.forEach((begin, i) => {
        JournalFile.noteStop(part, first + i, base + begin);
      });
      part.end = this.#tail.end;
      this.#chain = chain;
      this.#next = first + records.length;
      return records.map((_, i) => first + i);
    } catch (cause) {
      throw new JournalWriteFailedError(this.#folder, cause);
    }
  }

  /** Ends the newest file exactly behind its last record and begins another. */
  async #turn(): Promise<void> {
    if (this.#tail.broken) throw new AppendFile.BrokenFileError();
    await AppendFile.cut(this.#tail);
    this.#turning = true;
    const head = { first: this.#next, id: this.#id, chain: this.#chain };
    const part = await JournalFile.create(this.#folder, head, this.#files);
    const tail = AppendFile.appendFile(await this.#files.open(part.path), part.end);
    const old = this.#tail;
    this.#parts.push(part);
    this.#tail = tail;
    this.#turning = false;
    await old.file.close().catch(() => {});
  }

  #recordsInTail(): number {
    return this.#next - this.#parts.at(-1)!.first;
  }

  async #mark(): Promise<void> {
    // The old file must end at its last record once a new one may exist.
    if (this.#turning) return;
    const out = Buffer.alloc(JournalFrame.headerBytes);
    const frame = { kind: 'mark' as const, position: this.#next, durable: this.#next, chain: this.#chain };
    JournalFrame.encode(out, 0, this.#id, frame);
    await AppendFile.mark(this.#tail, out);
  }
}

const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

export class JournalRecordTooLargeError extends IsletError {
  override readonly name = 'JournalRecordTooLargeError';
  constructor(length: number, limit: number) {
    super(
      'JOURNAL_RECORD_TOO_LARGE',
      `A record of ${length} bytes is longer than the journal takes (${limit}). Split it.`,
    );
  }
}

export class JournalBusyError extends IsletError {
  override readonly name = 'JournalBusyError';
  constructor(folder: string) {
    super('JOURNAL_BUSY', `${folder}: too much waits for the disk. Try again in a moment.`);
  }
}

export class JournalClosedError extends IsletError {
  override readonly name = 'JournalClosedError';
  constructor(folder: string) {
    super('JOURNAL_CLOSED', `${folder}: the journal has been closed. Open it again.`);
  }
}

export class JournalWriteFailedError extends IsletError {
  override readonly name = 'JournalWriteFailedError';
  constructor(folder: string, cause: unknown) {
    super(
      'JOURNAL_WRITE_FAILED',
      `${folder} could not be written (${codeOf(cause)}); nothing of it was acknowledged. ` +
        'Make room or check the disk, then try again; if it says FILE_BROKEN, open the journal again.',
      { cause },
    );
  }
}

export class JournalUnreadableError extends IsletError {
  override readonly name = 'JournalUnreadableError';
  constructor(folder: string, cause: unknown) {
    super(
      'JOURNAL_UNREADABLE',
      `${folder} could not be opened or read (${codeOf(cause)}). Check the disk and try again.`,
      {
        cause,
      },
    );
  }
}
