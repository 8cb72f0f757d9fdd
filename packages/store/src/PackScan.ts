// Copyright the Islet authors. AGPL-3.0-or-later.
import type { OpenFile } from './Files.js';
import { fileWindow } from './FileWindow.js';
import { readAheadBytes } from './limits.js';
import * as PackFrame from './PackFrame.js';
import { sha256 } from './sha256.js';

export type Spot = { offset: number; length: number };
export type Scan = {
  live: (Spot & { key: Uint8Array })[];
  /** Frames whose payload still has to be zeroed. */
  dropping: Spot[];
  /** Live frames whose bytes are not what their key says. They stay known, so that `get` can say so. */
  rotten: (Spot & { key: Uint8Array })[];
  /** Frames whose header was damaged and could be proven; what they are is in the lists above. */
  mended: { offset: number; frame: PackFrame.Frame }[];
  /** Stretches in which nothing could be made out. */
  lost: Spot[];
  /** Behind the last whole frame. */
  end: number;
  /** What lies behind `end` and is not a mark: a write cut short by a crash. */
  torn: number;
};

/**
 * Walks the frames of a pack from an offset and checks every byte. Damage is damage if something later, or `durable`,
 * testifies that it had been on the disk; otherwise it is a write that was cut short, and the pack ends before it.
 */
export async function scan(file: OpenFile, pack: number, from: number, durable: number): Promise<Scan> {
  const { size } = await file.stat();
  const window = fileWindow(file, () => size);
  const found: Scan = { live: [], dropping: [], rotten: [], mended: [], lost: [], end: from, torn: 0 };
  let marked = 0;
  while (found.end < size) {
    const offset = found.end;
    let frame = PackFrame.parse({ pack, offset }, await window(offset, PackFrame.headerBytes));
    if (frame?.state === 'mark') {
      durable = Math.max(durable, frame.durable);
      marked = PackFrame.headerBytes;
      break;
    }
    let next = offset + PackFrame.headerBytes + (frame?.length ?? 0);
    if (!frame || next > size) {
      ({ frame, next } = await mended(file, { pack, offset }, size));
      if (frame) found.mended.push({ offset, frame });
      else found.lost.push({ offset, length: next - offset });
    }
    if (frame) {
      durable = Math.max(durable, frame.durable);
      const spot = { offset, length: frame.length };
      const payload = await window(offset + PackFrame.headerBytes, frame.length);
      if (frame.state === 'live') {
        const intact = Buffer.compare(sha256(payload), frame.key) === 0;
        (intact ? found.live : found.rotten).push({ ...spot, key: frame.key });
      } else if (frame.state === 'dropping' || payload.some((byte) => byte !== 0)) found.dropping.push(spot);
    }
    found.end = next;
  }
  found.torn = size - found.end - marked;
  cutTorn(found, durable, size);
  return found;
}

/** What a frame with a bad header was, by the length it states or else by where the next intact header stands. */
async function mended(
  file: OpenFile,
  at: PackFrame.At,
  size: number,
): Promise<{ frame: PackFrame.Frame | undefined; next: number }> {
  const header = await file.read(at.offset, PackFrame.headerBytes);
  const stated = at.offset + PackFrame.headerBytes + PackFrame.statedLength(header);
  if (stated <= size) {
    const region = await file.read(at.offset, stated - at.offset);
    const follows = stated === size || PackFrame.beginsFrame(await file.read(stated, PackFrame.headerBytes));
    const frame = PackFrame.mend(at, region) ?? (follows ? PackFrame.mendErased(region) : undefined);
    if (frame) return { frame, next: stated };
  }
  const next = await nextHeader(file, at.pack, at.offset, size);
  const region = await file.read(at.offset, next - at.offset);
  return { frame: PackFrame.mend(at, region) ?? PackFrame.mendErased(region), next };
}

/** Where the next intact header behind a bad one begins, or the end of the file. */
async function nextHeader(file: OpenFile, pack: number, bad: number, size: number): Promise<number> {
  // Steps overlap, so that none is missed between two.
  for (let base = bad + 1; base < size; base += readAheadBytes) {
    const step = await file.read(base, Math.min(readAheadBytes + PackFrame.headerBytes, size - base));
    const at = PackFrame.findHeader(pack, base, step);
    if (at !== undefined) return base + at;
  }
  return size;
}

/** Takes back everything from the first unproven damage on, if nothing durable follows it. */
function cutTorn(found: Scan, durable: number, size: number): void {
  const damage = [...found.rotten, ...found.lost].map((spot) => spot.offset);
  const from = damage.filter((offset) => offset >= durable).reduce((a, b) => Math.min(a, b), found.end);
  if (from === found.end) return;
  const before = (spot: { offset: number }): boolean => spot.offset < from;
  found.live = found.live.filter(before);
  found.dropping = found.dropping.filter(before);
  found.rotten = found.rotten.filter(before);
  found.mended = found.mended.filter(before);
  found.lost = found.lost.filter(before);
  found.torn = size - from;
  found.end = from;
}
