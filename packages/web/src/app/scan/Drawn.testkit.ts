// Copyright the Islet authors. AGPL-3.0-or-later.
// Codes as a camera would see them, and a camera that sees one.
import qrcode from 'qrcode-generator';

export type Picture = { width: number; height: number; data: Uint8ClampedArray };

/** A text as a QR code in the middle of a grey picture, each module `module` px wide. */
export function drawn(text: string, { width = 1280, height = 720, module = 0 } = {}): Picture {
  const code = qrcode(0, text.length > 300 ? 'L' : 'M');
  code.addData(text);
  code.make();
  const modules = code.getModuleCount();
  const isDark = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < modules && y < modules && code.isDark(y, x);
  const count = modules + 8;
  const side = module || Math.floor((Math.min(width, height) * 0.95) / count);
  const [left, top] = [width, height].map((whole) => Math.round((whole - side * count) / 2)) as [
    number,
    number,
  ];
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = [Math.floor((x - left) / side), Math.floor((y - top) / side)];
      const inside = column >= 0 && row >= 0 && column < count && row < count;
      const light = inside ? (isDark(column - 4, row - 4) ? 20 : 245) : 128;
      data.fill(light, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  return { width, height, data };
}

/** A film of one picture, as Chromium's pretended camera plays it over and over (YUV4MPEG2, 4:2:0). */
export function film({ width, height, data }: Picture): Uint8Array {
  const head = new TextEncoder().encode(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`);
  const bytes = new Uint8Array(head.length + width * height * 1.5).fill(128);
  bytes.set(head);
  // Grey: brightness is any of the three colours, and there is no colour.
  for (let i = 0; i < width * height; i++) bytes[head.length + i] = data[4 * i]!;
  return bytes;
}

/** As a file that a person may choose (BMP, 32 bits, from the bottom up). */
export function bitmap({ width, height, data }: Picture): Uint8Array {
  const bytes = new Uint8Array(54 + width * height * 4);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 32, true);
  for (let y = 0; y < height; y++)
    bytes.set(data.subarray(y * width * 4, (y + 1) * width * 4), 54 + (height - 1 - y) * width * 4);
  return bytes;
}
