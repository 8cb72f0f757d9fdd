// Copyright the Islet authors. AGPL-3.0-or-later.
import qrcode from 'qrcode-generator';

/** Light modules around a code (ISO 18004). */
const quiet = 4;
/** Black on white whatever the terminal's own colours: cameras expect dark on light. */
const [ink, plain] = ['\x1b[30;107m', '\x1b[0m'];

/** A QR code for a terminal, two rows of modules in a line. */
export function draw(text: string): string {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const isDark = (y: number, x: number): boolean =>
    y >= 0 && x >= 0 && y < size && x < size && code.isDark(y, x);
  const lines: string[] = [];
  for (let y = -quiet; y < size + quiet; y += 2) {
    let line = '';
    for (let x = -quiet; x < size + quiet; x++)
      line += blocks[isDark(y, x) ? 1 : 0][isDark(y + 1, x) ? 1 : 0];
    lines.push(`${ink}${line}${plain}`);
  }
  return lines.join('\n');
}

/** By the upper module, then the lower. */
const blocks = [
  [' ', '▄'],
  ['▀', '█'],
] as const;
