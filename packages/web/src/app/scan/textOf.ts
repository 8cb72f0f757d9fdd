// Copyright the Islet authors. AGPL-3.0-or-later.
import decode from 'qr/decode.js';

/** How long one picture may be tried, ms. */
const triesMs = 250;
/** The longest text that a QR code holds, ISO/IEC 18004, table 7: digits at the lowest correction. */
const longest = 7089;

type Picture = { width: number; height: number; data: Uint8ClampedArray | Uint8Array };

/** The text of the QR code in a picture of red, green, blue and alpha. Undefined where none can be read. */
export function textOf({ width, height, data }: Picture): string | undefined {
  try {
    const text = decode({ width, height, data }, { format: 'RGBA', timeLimit: triesMs });
    return text.length > 0 && text.length <= longest ? text : undefined;
  } catch {
    // It throws where there is no code, which most frames have none of.
    return undefined;
  }
}
