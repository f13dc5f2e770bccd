import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnginePorts } from './free-ports.ts';

/** Where the embedded engine keeps what it has. Everything is below `directory`. */
export interface EngineFiles {
  readonly directory: string;
  readonly data: string;
  readonly config: string;
  /** Who runs the engine and where it listens. Kept after the end, for the ports. */
  readonly state: string;
}

export interface EngineState {
  /** The engine itself. */
  readonly pid: number;
  /** The process that started it and will end it. */
  readonly ownerPid: number;
  readonly ports: EnginePorts;
}

const USERS = ['default', 'ingest', 'query', 'analyst'] as const;

/** Creates the directory when it is not there. Different spellings of one directory give the same paths. */
export async function engineFiles(directory: string): Promise<EngineFiles> {
  await mkdir(directory, { recursive: true });
  const real = await realpath(directory);
  return {
    directory: real,
    data: path.join(real, 'data'),
    config: path.join(real, 'config'),
    state: path.join(real, 'engine.json'),
  };
}

/**
 * Writes the configuration: the project's own files, and beside them what holds only for an embedded engine. File by
 * file at once, because another process may be trying to start on the same directory.
 */
export async function writeEngineConfig(files: EngineFiles, database: string): Promise<void> {
  await writeFolder(path.join(files.config, 'config.d'), [
    ...(await projectFiles('config.d')),
    // Files are merged in the order of their names: this comes after the project's.
    ['embedded.xml', serverOverrides(files)],
  ]);
  await writeFolder(path.join(files.config, 'users.d'), [
    ...(await projectFiles('users.d')).map(([name, text]): NamedText => [name, grantOn(database, text)]),
    ['embedded.xml', userOverrides()],
  ]);
  await writeAtOnce(path.join(files.config, 'users.xml'), '<clickhouse/>\n');
  await writeAtOnce(path.join(files.config, 'config.xml'), '<clickhouse/>\n');
}

/** undefined when there is none or it cannot be read as one. */
export async function readEngineState(files: EngineFiles): Promise<EngineState | undefined> {
  try {
    const state: unknown = JSON.parse(await readFile(files.state, 'utf8'));
    return isEngineState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

export async function writeEngineState(files: EngineFiles, state: EngineState): Promise<void> {
  await writeAtOnce(files.state, `${JSON.stringify(state)}\n`);
}

function isEngineState(value: unknown): value is EngineState {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, ownerPid, ports } = value as Partial<Record<keyof EngineState, unknown>>;
  if (typeof ports !== 'object' || ports === null) return false;
  const { http, tcp } = ports as Partial<Record<keyof EnginePorts, unknown>>;
  return [pid, ownerPid, http, tcp].every(Number.isInteger);
}

type NamedText = readonly [name: string, text: string];

async function projectFiles(folder: string): Promise<NamedText[]> {
  const source = path.join(projectRoot(), 'clickhouse', folder);
  const names = (await readdir(source)).filter((name) => name.endsWith('.xml'));
  return Promise.all(
    names.map(async (name) => [name, await readFile(path.join(source, name), 'utf8')] as const),
  );
}

function grantOn(database: string, text: string): string {
  return text.replaceAll(/\banalytics\b/g, database);
}

/** Leaves exactly these files in the folder: those of an older version must not count any more. */
async function writeFolder(folder: string, contents: readonly NamedText[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of contents) await writeAtOnce(path.join(folder, name), text);
  const kept = new Set(contents.map(([name]) => name));
  const others = (await readdir(folder)).filter((name) => name.endsWith('.xml') && !kept.has(name));
  await Promise.all(others.map((name) => rm(path.join(folder, name), { force: true })));
}

/** Readers see the old text or the new, never a part. */
async function writeAtOnce(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

function serverOverrides(files: EngineFiles): string {
  // `clickhouse local` keeps its `system` database in memory only: a log table on disk would be in its own way at the
  // next start. So the query log is in memory too, and bounded.
  return `<clickhouse>
    <user_directories>
        <users_xml><path>${escapeXml(path.join(files.config, 'users.xml'))}</path></users_xml>
    </user_directories>
    <logger>
        <log>${escapeXml(path.join(files.directory, 'engine.log'))}</log>
        <size>5M</size>
        <count>2</count>
    </logger>
    <query_log replace="replace">
        <database>system</database>
        <table>query_log</table>
        <engine>ENGINE = Memory SETTINGS min_rows_to_keep = 1000, max_rows_to_keep = 10000</engine>
        <flush_interval_milliseconds>1000</flush_interval_milliseconds>
    </query_log>
</clickhouse>
`;
}

function userOverrides(): string {
  const loopback = '<networks replace="replace"><ip>127.0.0.1</ip><ip>::1</ip></networks>';
  const users = USERS.map((name) => `        <${name}>${loopback}</${name}>`);
  return `<clickhouse>\n    <users>\n${users.join('\n')}\n    </users>\n</clickhouse>\n`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The folder with package.json: the compiler does not copy XML, so this file's own folder may be below .build. */
function projectRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}
