// Copyright the Islet authors. AGPL-3.0-or-later.
// Files too large to be held: read twice where they lie, first to account for every row, then for their readings.
import type { GlucoseUnit, Reading } from '@islet/core/Reading';
import * as AppleHealth from './AppleHealth.js';
import * as Describe from './Describe.js';
import { type Far, pieces } from './Far.js';
import * as FarZip from './FarZip.js';
import type { Asked } from './Format.js';
import * as Identities from './Identities.js';
import type { Options } from './Import.js';
import { maxFarBytes, maxFarLooks, maxFarRefusals, maxFarRows, maxHeldBytes } from './Limits.js';
import { type Outcome, type Remark, reasons } from './Outcome.js';
import * as Streamed from './Streamed.js';
import * as Summary from './Summary.js';
import { TooLargeError } from './Text.js';
import * as Zip from './Zip.js';
import * as Zone from './Zone.js';

const formats = [AppleHealth.streamed];

/** Bytes read of how many. */
export type Progress = (done: number, of: number) => void;

/** A large file that was recognised. */
export type Large = {
  format: string;
  /** Bytes that one reading of it unpacks, as it says itself. */
  size: number;
  zone: string;
  now: number;
  /** The outcomes of its rows; at the end, what is said of all of them. */
  outcomes(onProgress: Progress): AsyncGenerator<Outcome[], { unit: GlucoseUnit | null; remarks: Remark[] }>;
};

/** What a first reading found. */
export type Survey = { summary: Summary.Summary; identities: Identities.Identities };

/**
 * The file, or the one file of an archive, that is to be read piece by piece: it is large, and of a format that can be.
 * Undefined where the file is to be read whole, as all are of at most `held` bytes. Throws `INGEST_BAD_ARCHIVE`, `INGEST_TOO_LARGE`, `INGEST_CUT_SHORT`.
 */
export async function find(far: Far, options: Options, held = maxHeldBytes): Promise<Large | undefined> {
  const start = await far.read(0, 4);
  if (!Zip.isZip(start)) {
    if (far.size <= held) return undefined;
    return recognise(() => pieces(far, 0, far.size), far.size, [], options);
  }
  const members = await FarZip.members(far);
  const large = members.filter(({ size }) => size > held).slice(0, maxFarLooks);
  for (const member of large) {
    const others = members.filter((other) => other !== member).map(({ name }) => name);
    const found = await recognise(() => FarZip.content(far, member), member.size, others, options);
    if (found) return found;
  }
  return undefined;
}

type Bytes = AsyncGenerator<Uint8Array, void>;

async function recognise(
  open: () => Bytes,
  size: number,
  others: string[],
  options: Options,
): Promise<Large | undefined> {
  const beginning = await beginningOf(open());
  const format = formats.find(({ recognise }) => recognise(beginning));
  if (!format || (options.format !== undefined && options.format !== format.name)) return undefined;
  const { now } = options;
  const asked: Asked = { zone: Zone.of(options.zone), now };
  return {
    format: format.name,
    size,
    zone: options.zone,
    now,
    outcomes: (onProgress) => read(format.open(asked), open(), others, size, onProgress),
  };
}

async function beginningOf(bytes: Bytes): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of bytes) {
    text += decoder.decode(piece.subarray(0, Streamed.beginning), { stream: true });
    if (text.length >= Streamed.beginning) break;
  }
  return text.slice(0, Streamed.beginning);
}

async function* read(
  stream: Streamed.Stream,
  bytes: Bytes,
  others: string[],
  size: number,
  onProgress: Progress,
): AsyncGenerator<Outcome[], { unit: GlucoseUnit | null; remarks: Remark[] }> {
  const decoder = new TextDecoder();
  let [done, rows] = [0, 0];
  for await (const piece of bytes) {
    done += piece.length;
    if (done > maxFarBytes)
      throw new TooLargeError(`The file unpacks to more than ${maxFarBytes / 2 ** 30} GiB.`);
    const outcomes = stream.push(decoder.decode(piece, { stream: true }));
    rows += outcomes.length;
    if (rows > maxFarRows) throw new TooLargeError(`The file has more than ${maxFarRows} records.`);
    onProgress(done, Math.max(done, size));
    yield outcomes;
  }
  const last = stream.push(decoder.decode());
  const { outcomes, unit, remarks } = stream.end();
  yield [...last, ...outcomes];
  if (others.length === 0) return { unit, remarks };
  const text = `Not read, of the archive: ${others.length} other files (${Describe.files(others)}).`;
  return { unit, remarks: [...remarks, { code: 'file-unread', text }] };
}

/** Reads all of it once, and accounts for every row. `see` is shown each reading. Nothing of them is held. */
export async function survey(
  large: Large,
  see: (reading: Reading) => void,
  onProgress: Progress,
): Promise<Survey> {
  const identities = Identities.identities();
  const tally = Summary.emptyTally();
  const refused: Summary.Refusal[] = [];
  let [rows, produced, untimed, refusedRows] = [0, 0, 0, 0];
  const all = large.outcomes(onProgress);
  for (;;) {
    const { done, value } = await all.next();
    if (done) {
      const { late, ...counts } = tally;
      const { unit, remarks } = value;
      const notes = [...remarks, ...Summary.doubts(0, late)];
      const { zone } = large;
      // Rows that repeat others are told by the gateway, which knows all readings.
      const told = { rows, produced, ...counts, untimed, duplicates: 0, refused, refusedRows, unit, zone };
      return { summary: { ...told, notes }, identities };
    }
    rows += value.length;
    for (const outcome of value) {
      if (outcome.is === 'untimed') untimed++;
      else if (outcome.is === 'refused') {
        const { row, reason } = outcome;
        refusedRows++;
        if (refused.length < maxFarRefusals) refused.push({ row, reason, text: reasons[reason] });
      } else {
        produced++;
        for (const reading of outcome.readings) {
          Summary.count(tally, reading, large.now);
          const { id } = reading.source;
          if (id !== null) identities.note(id, Summary.fingerprint(reading));
          see(reading);
        }
      }
    }
  }
}

/** The readings of a file that was surveyed, some thousands at a time. What is found on the way joins the summary's notes. */
export async function* readings(
  large: Large,
  { summary, identities }: Survey,
  onProgress: Progress,
): AsyncGenerator<Reading[], void> {
  let nameless = 0;
  const named = (reading: Reading): Reading => {
    const { id } = reading.source;
    if (id === null || !identities.isShared(id)) return reading;
    nameless++;
    return { ...reading, source: { ...reading.source, id: null } };
  };
  for await (const outcomes of large.outcomes(onProgress)) {
    const some = outcomes.flatMap((outcome) => (outcome.is === 'readings' ? outcome.readings : []));
    if (some.length > 0) yield some.map(named);
  }
  summary.notes.push(...Summary.doubts(nameless, 0));
}
