// Makes the pictures of docs/how-to from made-up releases: node scripts/screenshots.mjs [OUTPUT]
//
// Needs `npm ci`, `npm run build` and Chromium.
import {existsSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright-core';
import {start} from '../dev/server.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = process.argv[2] ?? join(web, '../docs/how-to/pictures');
const kPictures = [
  {name: 'releases', path: 'releases', height: 760},
  {name: 'release', path: 'releases/checkout-42', height: 1180},
  {name: 'release-failed-dark', path: 'releases/search-3', height: 760, colorScheme: 'dark'},
  {name: 'abort', path: 'releases/checkout-42', height: 620,
    act: (page) => page.getByRole('button', {name: 'Abort', exact: true}).click()},
  {name: 'metric', path: 'releases/search-3/metrics/error-rate', height: 1130},
  {name: 'history', path: 'rollouts/cart/history', height: 620},
  {name: 'compare', path: 'rollouts/cart/compare?a=cart-9&b=cart-02', height: 1180},
  {name: 'replay', path: 'replays?release=payments-7', height: 900},
  {name: 'plan', path: 'plan?of=latency', height: 760,
    act: (page) => page.getByRole('button', {name: 'Try 200 releases'}).click()},
  {name: 'targets', path: 'targets', height: 760, role: 'admin', act: async (page) => {
    for (const text of ['ads-8', 'images-5']) {
      await page.locator('tbody tr', {hasText: text}).getByRole('button').click();
    }
  }},
  {name: 'new', path: 'new', height: 1000, act: (page) =>
    page.getByLabel('Who gets the new version first').selectOption('content')},
];

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (!executablePath) throw new Error('Chromium is not installed');
await mkdir(out, {recursive: true});
const server = await start();
const browser = await chromium.launch({executablePath,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : []});
for (const {name, path, height, colorScheme = 'light', role, act} of kPictures) {
  server.scene(role ? {role} : {});
  const page = await browser.newPage({viewport: {width: 1200, height}, colorScheme,
    timezoneId: 'UTC', reducedMotion: 'reduce'});
  await page.goto(`${server.url}/ui/${path}`);
  await page.waitForSelector('table, figure, form');
  await page.waitForTimeout(1200);  // some events, so that it is seen to be live
  if (act) await act(page);
  await page.waitForTimeout(300);
  await page.screenshot({path: join(out, `${name}.png`)});
  await page.close();
  console.log(`${name}.png`);
}
await browser.close();
await server.close();
