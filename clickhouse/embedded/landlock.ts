import { closeSync, openSync, statSync } from 'node:fs';
import type { Ffi } from './ffi.ts';

/** What a process may do with what is below a path; what it may do with all other files is nothing. */
export interface FileRule {
  readonly path: string;
  readonly may: 'everything' | 'read' | 'append';
}

/** The same on every architecture that Node.js has: these calls came after the tables had been made one. */
const CREATE_RULESET = 444;
const ADD_RULE = 445;
const RESTRICT_SELF = 446;
const VERSION_FLAG = 1;
const RULE_PATH_BENEATH = 1;
const PR_SET_NO_NEW_PRIVS = 38;
const O_PATH = 0o10000000;

/** As in linux/landlock.h, in the order of their bits. */
const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const REMOVE_FILE = 1n << 5n;
const MAKE_REG = 1n << 8n;
/** The rights of the second version; the first cannot let a file move to another folder, which tables do. */
const ALL_OF_2 = (1n << 14n) - 1n;
const TRUNCATE = 1n << 14n;
const RIGHTS_OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE;
const MIN_VERSION = 2;

const MAY = {
  everything: ALL_OF_2 | TRUNCATE,
  read: EXECUTE | READ_FILE | READ_DIR,
  append: WRITE_FILE | READ_DIR | REMOVE_FILE | MAKE_REG | TRUNCATE,
} as const;

/**
 * Restricts the calling thread, and whatever it starts, to these files, for ever. Paths that do not exist are left out.
 * Other threads of this process are not restricted: replace the process after.
 * @returns why it cannot be done here; undefined when it is done
 */
export function restrictFiles(ffi: Ffi, rules: readonly FileRule[]): string | undefined {
  if (process.platform !== 'linux') return `${process.platform} has no Landlock`;
  const { I64, U8Array } = ffi.DataType;
  ffi.open({ library: 'libc', path: '' });
  const version = call(ffi, [I64, I64, I64], [CREATE_RULESET, 0, 0, VERSION_FLAG]);
  if (version.problem !== undefined) return `this kernel has no Landlock: ${version.problem}`;
  if (version.value < MIN_VERSION) return `this kernel's Landlock is too old: version ${version.value}`;
  const handled = version.value >= 3 ? ALL_OF_2 | TRUNCATE : ALL_OF_2;
  const ruleset = call(ffi, [U8Array, I64, I64], [CREATE_RULESET, uint64(handled), 8, 0]);
  if (ruleset.problem !== undefined) return ruleset.problem;
  for (const { path, may } of rules) {
    const problem = addRule(ffi, ruleset.value, path, MAY[may] & handled);
    if (problem !== undefined) return `${path}: ${problem}`;
  }
  const { problem } = prctl(ffi);
  return problem ?? call(ffi, [I64, I64], [RESTRICT_SELF, ruleset.value, 0]).problem;
}

function addRule(ffi: Ffi, ruleset: number, path: string, rights: bigint): string | undefined {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isDirectory === undefined) return undefined;
  const { I64, U8Array } = ffi.DataType;
  const fd = openSync(path, O_PATH);
  try {
    const rule = Buffer.alloc(12);
    rule.writeBigUInt64LE(isDirectory ? rights : rights & RIGHTS_OF_FILES);
    rule.writeInt32LE(fd, 8);
    return call(ffi, [I64, I64, U8Array, I64], [ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0]).problem;
  } finally {
    closeSync(fd);
  }
}

/** Without it only root may restrict itself: a program with more rights than its caller could be fooled. */
function prctl(ffi: Ffi): { value: number; problem: string | undefined } {
  const { I32, I64 } = ffi.DataType;
  const answer = ffi.load({
    library: 'libc',
    funcName: 'prctl',
    retType: I32,
    paramsType: [I32, I64, I64, I64, I64],
    paramsValue: [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0],
    errno: true,
  });
  return outcome(answer);
}

function call(
  ffi: Ffi,
  types: readonly number[],
  values: readonly unknown[],
): { value: number; problem: string | undefined } {
  const { I64 } = ffi.DataType;
  const answer = ffi.load({
    library: 'libc',
    funcName: 'syscall',
    retType: I64,
    paramsType: [I64, ...types],
    paramsValue: values,
    errno: true,
  });
  return outcome(answer);
}

function outcome(answer: unknown): { value: number; problem: string | undefined } {
  const { value, errnoMessage } = answer as { value: number; errnoMessage: string };
  return { value, problem: value < 0 ? errnoMessage : undefined };
}

function uint64(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
}
