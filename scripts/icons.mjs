/**
 * Draws the installable icons from public/favicon.svg into public/icons. The PNGs are committed; run this again
 * (`node scripts/icons.mjs`) only when the mark changes.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { ensureChromium } from './chromium.mjs';

const publicFolder = new URL('../public/', import.meta.url);
const mark = readFileSync(new URL('favicon.svg', publicFolder), 'utf8');
/** A maskable icon may be cut to a circle of 80 % of its width: full-bleed ground, the mark smaller. */
const maskable = mark
  .replace('rx="112"', '')
  .replace(/(<rect[^>]*>)([\s\S]*)<\/svg>/, '$1<g transform="translate(56 48) scale(.78)">$2</g></svg>');

const icons = [
  { name: 'hearth-192.png', size: 192, svg: mark },
  { name: 'hearth-512.png', size: 512, svg: mark },
  { name: 'hearth-maskable-512.png', size: 512, svg: maskable },
  { name: 'apple-touch-180.png', size: 180, svg: maskable },
];

mkdirSync(new URL('icons/', publicFolder), { recursive: true });
const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox'] });
for (const { name, size, svg } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${size}px }</style>${svg}`);
  await page.screenshot({ path: fileURLToPath(new URL(`icons/${name}`, publicFolder)), omitBackground: true });
  await page.close();
}
await browser.close();
