// Writes the built dashboard as C++: node scripts/embed.mjs DIST OUTPUT.cc
//
// Each file compressed, with its type and a tag of its content (app/dashboard/assets.h).
import {createHash} from 'node:crypto';
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {gzipSync} from 'node:zlib';

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};
const kBytesPerLine = 1024;

const [dist, output] = process.argv.slice(2);
const files = (await readdir(dist)).sort();
let data = '';
let table = '';
let index = 0;
for (const name of files) {
  const type = kTypes[extname(name)];
  if (!type) throw new Error(`embed: no content type for ${name}`);
  const content = await readFile(join(dist, name));
  const gzip = gzipSync(content, {level: 9});
  const tag = createHash('sha256').update(content).digest('hex').slice(0, 16);
  data += `constexpr unsigned char kData${index}[] = {\n`;
  for (let at = 0; at < gzip.length; at += kBytesPerLine) {
    data += Array.from(gzip.subarray(at, at + kBytesPerLine)).join(',') + ',\n';
  }
  data += '};\n';
  const kept = /-[A-Z0-9]{8}\.(js|css)$/.test(name) ? 'true' : 'false';
  table += `      {"${name}", "${type}", "\\"${tag}\\"", ${kept}, text(kData${index})},\n`;
  ++index;
}
await writeFile(output, `// Made by web/scripts/embed.mjs from the built dashboard.
#include "app/dashboard/assets.h"

namespace serin::app {
namespace {

${data}
template <unsigned long Size>
std::string_view text(const unsigned char (&data)[Size]) {
  return {reinterpret_cast<const char*>(data), Size};
}

}  // namespace

std::span<const DashboardAsset> dashboard_assets() {
  static const DashboardAsset kAssets[] = {
${table}  };
  return kAssets;
}

}  // namespace serin::app
`);
