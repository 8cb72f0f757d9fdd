// Copyright the Islet authors. AGPL-3.0-or-later.
import * as Deployment from '@islet/chain/Deployment';
import { toHex, utf8 } from '@islet/core/crypto/bytes';
import { sha256 } from '@islet/core/crypto/hash';
import * as Day from '@islet/core/Day';
import { IsletError } from '@islet/core/IsletError';
import { streams } from '@islet/core/Stream';
import * as z from 'zod';

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const day = z.int().min(Day.first).max(Day.last);
const stream = z.enum(streams);
const bytes = z.base64();

/**
 * An export: readings anyone can read, beside everything that was served and checked for them, with the keys and the
 * anchored roots, so that whoever doubts a digit, or doubts that it is all, can check it against the chain without Islet.
 */
const shape = z.strictObject({
  islet: z.literal('export'),
  version: z.literal(2),
  notice: z.string(),
  account: hex(32),
  /** What was asked for: all that the gateways state of these streams and days is here. */
  asked: z.strictObject({
    streams: z.array(stream).max(streams.length),
    firstDay: day,
    lastDay: day,
    late: z.boolean(),
  }),
  gateways: z.record(hex(32), z.strictObject({ authorisedAt: z.int(), endedAt: z.int().nullable() })),
  chain: z.strictObject({
    deployment: z.unknown(),
    validators: z.array(z.string().regex(/^0x[0-9a-f]{40}$/)),
    block: z.int(),
  }),
  /** Where the readings are in a file of another format: which, and what it was written from. */
  written: z.strictObject({ format: z.string(), person: z.string(), at: z.int() }).optional(),
  /** By `hub/number`. */
  anchors: z.record(z.string(), z.strictObject({ root: hex(32), at: z.int() })),
  /** As the hub served it (packages/core/src/wire/Fetch.ts), in Base64. */
  parts: z.array(
    z.strictObject({
      head: bytes,
      headProof: bytes,
      nodes: z.array(bytes),
      segments: z.array(z.strictObject({ segment: bytes, receipt: bytes })),
      epochs: z.array(bytes),
      shares: z.array(bytes),
    }),
  ),
  /** The content key of every epoch, by its hash. */
  keys: z.record(hex(32), hex(32)),
  /** What the segments hold, in the order served; nothing where `written` says where it is. */
  segments: z.array(z.strictObject({ stream, day: day.nullable(), content: z.unknown() })),
  /** SHA-256 of the file without this line: tells damage from forgery, no more. */
  checksum: hex(32),
});

export type ExportFile = z.infer<typeof shape>;
export type Parsed = ExportFile & { chain: { deployment: Deployment.Deployment } };

/** The file's text. The same file always has the same text. */
export function write(file: Omit<ExportFile, 'checksum'>): string {
  const { checksum: _, ...rest } = file as ExportFile;
  const checksum = toHex(sha256(utf8(JSON.stringify(rest))));
  return `${JSON.stringify({ ...rest, checksum }, null, 1)}\n`;
}

/** Throws `EXPORT_UNREADABLE`. */
export function parse(text: string): Parsed {
  try {
    const file = shape.parse(JSON.parse(text));
    const deployment = Deployment.parse(JSON.stringify(file.chain.deployment));
    return { ...file, chain: { ...file.chain, deployment } };
  } catch {
    throw new NotAnExportError();
  }
}

export class NotAnExportError extends IsletError {
  override readonly name = 'NotAnExportError';
  constructor() {
    super(
      'EXPORT_UNREADABLE',
      'The file is not an export of Islet, or it is cut. Export anew with: npx islet export FILE',
    );
  }
}
