// The dashboard in a real browser against made-up releases: every state of its pages with a
// screenshot, keys, accessibility, the stream of events, many releases.
//
//   node run.mjs STAGE OUT [PART]   STAGE: web/ with node_modules and dist; OUT: where pictures go;
//                                   PART: only cases with that in their name, or --quick: the
//                                   states of the release page, abort by keys, axe
//
// With SERIN_PROGRAM, what the wizard writes is checked by serin itself.
// Exit: 0 all passed; 1 something failed; 77 it can't run here (no browser, no packages), which
// with CI set is 1.
import {existsSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {accessibility} from './accessibility.mjs';
import {actions} from './actions.mjs';
import {charts} from './charts.mjs';
import {live} from './live.mjs';
import {promises} from './promises.mjs';
import {states} from './states.mjs';
import {tools} from './tools.mjs';

const kSkipped = 77;
const here = dirname(fileURLToPath(import.meta.url));
const stage = resolve(process.argv[2] ?? join(here, '../../web'));
const out = resolve(process.argv[3] ?? join(stage, 'screenshots'));
const only = process.argv[4] ?? '';
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

const skip = (why) => {
  console.log(`${process.env.CI ? 'failed' : 'skipped'}: ${why}`);
  process.exit(process.env.CI ? 1 : kSkipped);
};
if (!browserPath) skip('Chromium is not installed (scripts/install-packages tools)');
if (!existsSync(join(stage, 'dist/index.html'))) skip('the dashboard is not built');
const require = createRequire(join(stage, 'package.json'));
let playwright;
try {
  playwright = require('playwright-core');
} catch {
  skip('the packages of the tests are not installed');
}

await mkdir(out, {recursive: true});
const {start} = await import(pathToFileURL(join(stage, 'dev/server.mjs')).href);
const server = await start({dist: join(stage, 'dist')});
// As root Chromium has no sandbox of its own; it only ever opens this server's pages.
const browser = await playwright.chromium.launch({executablePath: browserPath,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : []});
// A module of the dashboard that needs no page.
const bundle = async (path) => {
  const {outputFiles: [file]} = await require('esbuild').build({entryPoints: [join(stage, path)],
    bundle: true, format: 'esm', write: false});
  return import(`data:text/javascript,${encodeURIComponent(file.text)}`);
};
const axe = require.resolve('axe-core/axe.min.js');

let failed = 0;
let passed = 0;
const kQuick = [/^state release-/, /^abort by keys/, /^axe releases\/\S+ {2}light/, /^axe dialog/];
const cases = [...states, ...actions, ...charts, ...tools, ...live,
  ...promises, ...accessibility].filter(({name}) =>
  only === '--quick' ? kQuick.some((pattern) => pattern.test(name)) : name.includes(only));
for (const {name, run, options = {}, allowErrors = false} of cases) {
  server.cut(false);
  server.freeze(false);
  server.scene({});
  server.posted.splice(0);
  const context = await browser.newContext({viewport: {width: 1280, height: 900},
    reducedMotion: 'reduce', timezoneId: 'UTC', ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const errors = [];
  const foreign = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      errors.push(message.text());
    }
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !url.startsWith('data:') && !url.startsWith('blob:')) {
      foreign.push(url);
    }
  });
  const shot = (picture) => page.screenshot({path: join(out, `${picture}.png`),
    fullPage: !/^(dialog|keys)/.test(picture)});
  const begun = Date.now();
  try {
    await run({page, server, shot, axe, bundle, open: (path) => page.goto(`${server.url}/ui/${path}`)});
    if (errors.length > 0 && !allowErrors) throw new Error(`errors on the page: ${errors}`);
    if (foreign.length > 0) throw new Error(`requests to others: ${foreign}`);
    ++passed;
    console.log(`ok    ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${name}: ${error.stack ?? error}`);
    await shot(`failed-${name.replace(/\W+/g, '-')}`).catch(() => {});
  }
  await context.close();
}
await browser.close();
await server.close();
console.log(`${passed} passed, ${failed} failed; pictures in ${out}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
