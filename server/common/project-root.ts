import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this project's package.json, whether this file is the source or compiled. */
export const projectRoot = folderAbove(fileURLToPath(import.meta.url), 'package.json');

/** The compiled program at `file` below `.build`, such as `server/main.js`. */
export function programFile(file: string): string {
  return path.join(projectRoot, '.build', file);
}

function folderAbove(start: string, name: string): string {
  const folder = path.dirname(start);
  if (existsSync(path.join(folder, name))) return folder;
  if (folder === start) throw new Error(`no ${name} in any folder above this program`);
  return folderAbove(folder, name);
}
