// Builds the dashboard: node scripts/build.mjs [OUTPUT]     (default: dist)
//
// Two scripts (the page's, and the small one that sets light or dark before the first paint), one
// style sheet, index.html that names them, and the licences of what is in them. Names
// carry a hash of the content.
import {build} from 'esbuild';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const kGzipMax = 250 * 1000;  // bytes, of all files together

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = process.argv[2] ?? join(web, 'dist');

await rm(out, {recursive: true, force: true});
await mkdir(out, {recursive: true});
const result = await build({
  absWorkingDir: web,
  entryPoints: {main: 'src/main.tsx', theme: 'src/theme.ts', style: 'src/styles/main.css'},
  entryNames: '[name]-[hash]',
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2020'],
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const names = {};
for (const [path, file] of Object.entries(result.metafile.outputs)) {
  const entry = file.entryPoint;
  if (entry) names[entry] = path.split('/').at(-1);
}
let page = await readFile(join(web, 'src/index.html'), 'utf8');
page = page.replace('@THEME@', names['src/theme.ts'])
  .replace('@STYLE@', names['src/styles/main.css'])
  .replace('@MAIN@', names['src/main.tsx']);
await writeFile(join(out, 'index.html'), page);
let licences = '';
for (const name of ['preact', 'uplot']) {
  const text = await readFile(join(web, 'node_modules', name, 'LICENSE'), 'utf8');
  licences += `${name}\n\n${text.trim()}\n\n`;
}
await writeFile(join(out, 'licences.txt'), licences);

let bytes = gzipSync(page, {level: 9}).length;
for (const path of Object.keys(result.metafile.outputs)) {
  bytes += gzipSync(await readFile(join(out, path.split('/').at(-1))), {level: 9}).length;
}
console.log(`dashboard: ${bytes} bytes gzipped`);
if (bytes > kGzipMax) {
  console.error(`dashboard: ${bytes} bytes gzipped, at most ${kGzipMax}`);
  process.exit(1);
}
