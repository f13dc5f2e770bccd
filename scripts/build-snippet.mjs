// Bundles the script for pages into .build/snippet: clickhour.js, its source map and its types, the first two also
// compressed. Fails when the script is over its budget.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Compressed with gzip, which every browser takes. */
const MAX_BYTES = 3_000;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'snippet');
const target = path.join(root, '.build/snippet');

await mkdir(target, { recursive: true });
await build({
  entryPoints: [path.join(source, 'main.ts')],
  outfile: path.join(target, 'clickhour.js'),
  bundle: true,
  minify: true,
  sourcemap: true,
  format: 'iife',
  target: 'es2020',
  logLevel: 'warning',
});
await copyFile(path.join(source, 'clickhour.d.ts'), path.join(target, 'clickhour.d.ts'));
for (const name of ['clickhour.js', 'clickhour.js.map', 'clickhour.d.ts']) {
  const bytes = await readFile(path.join(target, name));
  await writeFile(path.join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  await writeFile(path.join(target, `${name}.br`), brotliCompressSync(bytes));
}
const { length } = await readFile(path.join(target, 'clickhour.js.gz'));
if (length > MAX_BYTES) {
  console.error(`The snippet: received ${length} compressed bytes, expected at most ${MAX_BYTES}.`);
  process.exitCode = 1;
}
console.log(`clickhour.js: ${length} bytes with gzip`);
