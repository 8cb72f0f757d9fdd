// Copyright the Islet authors. AGPL-3.0-or-later.
// Draws the app's icons from packages/web/public/islet.svg, in Chromium. Run it after the drawing was changed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './sources.mjs';

const folder = join(root, 'packages/web/public');
const drawing = readFileSync(join(folder, 'islet.svg'), 'utf8');
/** Systems cut maskable icons and those of Apple to a shape of their own: the ground must reach the edge. */
const filled = drawing.replace(' rx="8"', '');
const icons = [
  { name: 'icon-192.png', size: 192, svg: drawing },
  { name: 'icon-512.png', size: 512, svg: drawing },
  { name: 'icon-apple-180.png', size: 180, svg: filled },
  // What matters stays within the inner four fifths (W3C, maskable icons).
  {
    name: 'icon-maskable-512.png',
    size: 512,
    svg: filled.replace('viewBox="0 0 32 32"', 'viewBox="-3 -3 38 38"'),
  },
];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const { name, size, svg } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const ground = name.includes('maskable') ? '#0b5d5e' : 'transparent';
  const sized = svg.replace('<svg', `<svg width="${size}" height="${size}" style="display:block"`);
  await page.setContent(`<body style="margin:0;background:${ground}">${sized}</body>`);
  writeFileSync(join(folder, name), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
