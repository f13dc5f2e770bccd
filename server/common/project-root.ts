import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this project's package.json, whether this file is the source or compiled. */
export const projectRoot = folderAbove(fileURLToPath(import.meta.url), 'package.json');

/** As in package.json. */
export const programVersion = versionOf(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));

/** The compiled program at `file` below `.build`, such as `server/main.js`. */
export function programFile(file: string): string {
  return path.join(projectRoot, '.build', file);
}

function versionOf(packageJson: string): string {
  const { version } = JSON.parse(packageJson) as { readonly version: string };
  return version;
}

function folderAbove(start: string, name: string): string {
  const folder = path.dirname(start);
  if (existsSync(path.join(folder, name))) return folder;
  if (folder === start) throw new Error(`no ${name} in any folder above this program`);
  return folderAbove(folder, name);
}
