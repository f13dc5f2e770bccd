// Makes .build/server/bundle.js of what server/serve.js loads: the service and its packages, for a start without 900 files to
// find. Packages keep their licenses, beside it. The server of the tests that can be made to fail gets a bundle of its own.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.join(root, '.build/server');

const { metafile } = await bundle(path.join(target, 'serve.js'), path.join(target, 'bundle.js'));
await writeFile(path.join(target, 'bundle.LICENSES.txt'), await licenses(Object.keys(metafile.inputs)));
const faulty = path.join(root, '.build/test/support/server/faulty-server-process.js');
if (existsSync(faulty)) await bundle(faulty, faulty.replace('process', 'bundle'));

async function bundle(entry, outfile) {
  const result = await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: root,
    bundle: true,
    write: false,
    sourcemap: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Packages that are no ES modules ask for those of Node.js with `require`.
    banner: {
      js: `import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);`,
    },
    logLevel: 'warning',
    // A package of Koa's names functions that are deprecated with it.
    logOverride: { 'direct-eval': 'silent' },
    metafile: true,
  });
  // In one step, because a service may be starting.
  for (const { path: file, contents } of result.outputFiles) {
    await writeFile(`${file}.new`, contents);
    await rename(`${file}.new`, file);
  }
  return result;
}

/** Of the packages that these files are of. */
async function licenses(files) {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return (await Promise.all([...folders].sort().map(licenseOf))).join('\n\n');
}

async function licenseOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8'));
  const file = (await readdir(path.join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : await readFile(path.join(root, folder, file), 'utf8');
  return `${name} ${version}: ${license}\n\n${text}`.trim();
}
