import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EnginePorts } from './free-ports.ts';
import { engineUsersXml, type EnginePasswords } from './engine-users.ts';
import { projectRoot } from '../../server/common/project-root.ts';
import { namesIn, unlessGone } from '../../server/common/files.ts';

/** Where the embedded engine keeps what it has. Everything is below `directory`. */
export interface EngineFiles {
  readonly directory: string;
  readonly data: string;
  readonly config: string;
  readonly logs: string;
  /** Of its users, by name. For whoever runs the service alone; the engine itself cannot read it. */
  readonly passwords: string;
  /** Who runs the engine and where it listens. Kept after the end, for the ports. */
  readonly state: string;
  /** Who may run it: see engine-owner.ts. */
  readonly owners: string;
}

export interface EngineState {
  /** The engine itself. */
  readonly pid: number;
  /** Who started it and will end it: the name in `owners`, and the process. */
  readonly owner: string;
  readonly ownerPid: number;
  readonly ports: EnginePorts;
  /** Whether others may use it: a service's, and not that of a command, which ends with what the command does. */
  readonly isShared: boolean;
}

/** Creates the directory when it is not there. Different spellings of one directory give the same paths. */
export async function engineFiles(directory: string): Promise<EngineFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const real = await realpath(directory);
  return {
    directory: real,
    data: path.join(real, 'data'),
    config: path.join(real, 'config'),
    logs: path.join(real, 'logs'),
    passwords: path.join(real, 'passwords.json'),
    state: path.join(real, 'engine.json'),
    // As it was given: the path of a socket has to be short.
    owners: path.resolve(directory, 'owners'),
  };
}

/** Tables of the lock and of an erasure, which are made again: see lock.ts and erasure-tables.ts. */
const MADE_AGAIN = /^(?:migration_lock_\d+|erasure(?:_[a-z]+)?)\.sql$/;

/**
 * Removes definitions of tables that are made again and that a full disk has left empty, with which no engine starts. Others
 * stay: a person must decide.
 * @param data of the engine, which does not run
 */
export async function removeEmptyDefinitions(data: string): Promise<void> {
  const metadata = path.join(data, 'metadata');
  for (const database of await namesIn(metadata)) {
    const folder = path.join(metadata, database);
    for (const name of (await namesIn(folder)).filter((name) => MADE_AGAIN.test(name))) {
      const file = path.join(folder, name);
      const found = await unlessGone(stat(file));
      if (found?.size === 0) await rm(file, { force: true });
    }
  }
}

/** A file of `clickhouse/config.d` or `clickhouse/users.d`, as a server gets it. */
export interface ServerFile {
  readonly folder: 'config.d' | 'users.d';
  readonly name: string;
  readonly text: string;
}

/** The project's own server files, with the grants on `database` (a name, or a prefix such as `test_*`). */
export async function serverFiles(database: string): Promise<ServerFile[]> {
  const files: ServerFile[] = [];
  for (const folder of ['config.d', 'users.d'] as const) {
    const source = path.join(projectRoot, 'clickhouse', folder);
    for (const name of (await readdir(source)).filter((name) => name.endsWith('.xml'))) {
      const text = await readFile(path.join(source, name), 'utf8');
      files.push({
        folder,
        name,
        text: folder === 'users.d' ? text.replaceAll(/\banalytics\b/g, database) : text,
      });
    }
  }
  return files;
}

/**
 * Writes the configuration: the project's own files, beside them what holds only for an embedded engine, and `more`. By
 * the owner alone; each file at once, because an engine whose owner is gone may read it a moment longer.
 */
export async function writeEngineConfig(
  files: EngineFiles,
  database: string,
  passwords: EnginePasswords,
  more: readonly ServerFile[],
): Promise<void> {
  // The engine may use what is there, and not make these itself.
  for (const folder of [files.data, files.logs]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const contents: readonly ServerFile[] = [
    ...(await serverFiles(database)),
    // Merged in the order of their names: these come after the project's.
    { folder: 'config.d', name: 'embedded.xml', text: serverOverrides(files) },
    { folder: 'users.d', name: 'embedded.xml', text: engineUsersXml(passwords) },
    ...more,
  ];
  for (const folder of ['config.d', 'users.d'] as const) {
    await writeFolder(
      path.join(files.config, folder),
      contents.filter((file) => file.folder === folder),
    );
  }
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
  const { pid, owner, ownerPid, ports, isShared } = value as Partial<Record<keyof EngineState, unknown>>;
  if (typeof ports !== 'object' || ports === null) return false;
  const { http } = ports as Partial<Record<keyof EnginePorts, unknown>>;
  const isNamed = typeof owner === 'string' && typeof isShared === 'boolean';
  return isNamed && [pid, ownerPid, http].every(Number.isInteger);
}

/** Leaves exactly these files in the folder: those of an older version must not count any more. */
async function writeFolder(folder: string, contents: readonly ServerFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, text } of contents) await writeAtOnce(path.join(folder, name), text);
  const kept = new Set(contents.map(({ name }) => name));
  const others = (await readdir(folder)).filter((name) => name.endsWith('.xml') && !kept.has(name));
  await Promise.all(others.map((name) => rm(path.join(folder, name), { force: true })));
}

/** For this user alone. Readers see the old text or the new, never a part; nothing is left of one that could not be written. */
export async function writeAtOnce(file: string, text: string): Promise<void> {
  const proposed = `${file}.${process.pid}`;
  try {
    await writeFile(proposed, text, { mode: 0o600 });
    await rename(proposed, file);
  } catch (error) {
    await rm(proposed, { force: true });
    throw error;
  }
}

function serverOverrides(files: EngineFiles): string {
  // `clickhouse local` keeps its `system` database in memory only: a log table on disk would be in its own way at the
  // next start. So the query log is in memory too, and bounded. Its end waits for idle connections: let them be short,
  // but longer than the client keeps them (2.5 s). Parts that could not be written are detached, however large they are.
  return `<clickhouse>
    <user_directories>
        <users_xml><path>${escapeXml(path.join(files.config, 'users.xml'))}</path></users_xml>
    </user_directories>
    <logger>
        <log>${escapeXml(path.join(files.logs, 'engine.log'))}</log>
        <size>5M</size>
        <count>2</count>
    </logger>
    <keep_alive_timeout>3</keep_alive_timeout>
    <merge_tree>
        <max_suspicious_broken_parts>1000000</max_suspicious_broken_parts>
        <max_suspicious_broken_parts_bytes>1000000000000000</max_suspicious_broken_parts_bytes>
    </merge_tree>
    <query_log replace="replace">
        <database>system</database>
        <table>query_log</table>
        <engine>ENGINE = Memory SETTINGS min_rows_to_keep = 1000, max_rows_to_keep = 10000</engine>
        <flush_interval_milliseconds>1000</flush_interval_milliseconds>
    </query_log>
</clickhouse>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
