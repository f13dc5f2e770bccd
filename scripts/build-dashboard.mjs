// Bundles the page into .build/page: index.html and what it names, each also compressed. Files are named by their
// content, so what is there already is left as it is. Fails when the JavaScript is over its budget.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

/** Compressed with gzip, which every browser takes. */
const MAX_JAVASCRIPT_BYTES = 100_000;
const ENCODINGS = { br: promisify(brotliCompress), gz: promisify(gzip) };

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, 'dashboard');
const target = path.join(root, '.build/page');

const bundled = await bundle();
const icon = await readFile(path.join(source, 'favicon.svg'));
const assets = new Map([...bundled, [`favicon-${hashOf(icon)}.svg`, icon]]);
const page = await pageOf([...assets.keys()]);

await mkdir(target, { recursive: true });
const isNew = [...assets.keys()].some((name) => !existsSync(path.join(target, `${name}.gz`)));
for (const [name, bytes] of assets) {
  if (!existsSync(path.join(target, `${name}.gz`))) await write(name, bytes);
}
await write('index.html', Buffer.from(page));
await removeAllBut(['index.html', ...assets.keys()]);
await report();

/** The application and its styles, by file name. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: { app: path.join(source, 'main.tsx') },
    outdir: target,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles.map(({ path: file, contents }) => [path.basename(file), Buffer.from(contents)]);
}

async function pageOf(names) {
  const template = await readFile(path.join(source, 'index.html'), 'utf8');
  return template.replaceAll(/\/assets\/(\w+)\.(\w+)/g, (_, stem, extension) => {
    const name = names.find((name) => name.startsWith(`${stem}-`) && name.endsWith(`.${extension}`));
    if (name === undefined) throw new Error(`index.html names ${stem}.${extension}, and there is none`);
    return `/assets/${name}`;
  });
}

/** Whole files only, and the plain one first: the last one tells the next run that all are there. */
async function write(name, bytes) {
  await writeWhole(name, bytes);
  for (const [extension, compress] of Object.entries(ENCODINGS)) {
    await writeWhole(`${name}.${extension}`, await compress(bytes));
  }
}

async function writeWhole(name, bytes) {
  const partial = path.join(target, `${name}.${process.pid}.partial`);
  await writeFile(partial, bytes);
  await rename(partial, path.join(target, name));
}

async function removeAllBut(names) {
  for (const file of await readdir(target)) {
    if (!names.some((name) => file.startsWith(name))) await rm(path.join(target, file), { force: true });
  }
}

async function report() {
  let javascriptBytes = 0;
  for (const name of assets.keys()) {
    const sizes = await Promise.all(
      Object.keys(ENCODINGS).map(async (extension) => readFile(path.join(target, `${name}.${extension}`))),
    );
    const [br, gz] = sizes.map(({ length }) => length);
    if (name.endsWith('.js')) javascriptBytes += gz;
    if (isNew) console.log(`${name}: ${kilobytes(br)} with brotli, ${kilobytes(gz)} with gzip`);
  }
  if (javascriptBytes <= MAX_JAVASCRIPT_BYTES) return;
  const received = `${kilobytes(javascriptBytes)} of compressed JavaScript`;
  console.error(`The dashboard: received ${received}, expected at most ${kilobytes(MAX_JAVASCRIPT_BYTES)}.`);
  process.exitCode = 1;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function hashOf(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
}
