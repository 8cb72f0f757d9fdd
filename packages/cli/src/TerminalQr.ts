// Copyright the Islet authors. AGPL-3.0-or-later.
import qrcode from 'qrcode-generator';

/** A QR code as lines of text, two of its rows in each. Light is drawn, since most terminals are dark. */
export function draw(text: string): string {
  const code = qrcode(0, 'L');
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const quiet = 2;
  const isLight = (x: number, y: number): boolean =>
    x < 0 || y < 0 || x >= size || y >= size || !code.isDark(y, x);
  const lines: string[] = [];
  for (let y = -quiet; y < size + quiet; y += 2) {
    let line = '  ';
    for (let x = -quiet; x < size + quiet; x++) {
      const [top, bottom] = [isLight(x, y), isLight(x, y + 1)];
      line += top ? (bottom ? '█' : '▀') : bottom ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines.join('\n');
}
