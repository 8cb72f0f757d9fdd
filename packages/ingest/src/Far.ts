// Copyright the Islet authors. AGPL-3.0-or-later.
import { IsletError } from '@islet/core/IsletError';

/** A file that is read where it lies, because it is too large to be held. */
export interface Far {
  /** Bytes. */
  size: number;
  /** The bytes from `at` on: as many as were asked for, or all there are. */
  read(at: number, length: number): Promise<Uint8Array>;
}

const step = 64 * 1024;

/** The bytes of a part of a file, piece by piece. Throws `INGEST_CUT_SHORT` where there are fewer. */
export async function* pieces(far: Far, from: number, to: number): AsyncGenerator<Uint8Array, void> {
  for (let at = from; at < to; ) {
    const piece = await far.read(at, Math.min(step, to - at));
    if (piece.length === 0) throw new CutShortError();
    at += piece.length;
    yield piece;
  }
}

/** `INGEST_CUT_SHORT`: a file ended before its end: it became shorter while it was read, or an archive is cut off. */
export class CutShortError extends IsletError {
  override readonly name: string = 'CutShortError';
  constructor() {
    super(
      'INGEST_CUT_SHORT',
      'The file ended before its end: it changed while it was read, or was cut off on its way. Export or copy it again.',
    );
  }
}
