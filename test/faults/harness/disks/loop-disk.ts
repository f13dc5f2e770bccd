import { execFile, execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { isCode } from '../../../../server/common/errors.ts';
import { eventually } from '../../../support/http/outcome.ts';

const run = promisify(execFile);

/** Sparse: only what is written takes room. */
const BYTES = 2 * 1024 ** 3;
/** From the kernel's fs/ext4/ext4.h: nothing that is not on the disk yet will be, not even what the journal has. */
const EXT4_IOC_SHUTDOWN = 0x80_04_58_7d;
const EXT4_GOING_FLAGS_NOLOGFLUSH = 2;
/** A process that was killed may hold a file for a moment longer. */
const UNMOUNT_MS = 20_000;

const mounted = new Set<string>();

/** An ext4 file system in a file, mounted through a loop device, that can lose what is not synced as at a loss of power. */
export class LoopDisk {
  /** Where it is mounted. */
  readonly directory: string;
  readonly #image: string;

  private constructor(directory: string, image: string) {
    this.directory = directory;
    this.#image = image;
  }

  /**
   * Makes and mounts a new one; everything of it is below `parent`. Where there is none, `whyNoLoopDisk` says so before.
   */
  static async make(parent: string): Promise<LoopDisk> {
    const disk = new LoopDisk(path.join(parent, 'd'), path.join(parent, 'disk.ext4'));
    const file = await open(disk.#image, 'wx');
    await file.truncate(BYTES);
    await file.close();
    try {
      await run('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1,nodiscard', disk.#image]);
      await mkdir(disk.directory);
      await disk.mount();
    } catch (error) {
      await disk.remove();
      throw error;
    }
    return disk;
  }

  /** Also after a cut: the file system's own journal is played back. */
  async mount(): Promise<void> {
    mounted.add(this.directory);
    await run('mount', ['-t', 'ext4', '-o', 'loop', this.#image, this.directory]);
  }

  /** Makes everything that is there durable. */
  async sync(): Promise<void> {
    await run('sync', ['-f', this.directory]);
  }

  /** From here on nothing reaches the disk any more, and everything fails with EIO. Takes the processes nothing else. */
  cut(): void {
    const directory = openSync(this.directory, 'r');
    try {
      if (shutDown(directory) !== 0) throw new Error(`the file system at ${this.directory} cannot be cut off`);
    } finally {
      closeSync(directory);
    }
  }

  /** Needs that no process has a file open there. The loop device goes with it. */
  async unmount(): Promise<void> {
    if (!mounted.has(this.directory)) return;
    await eventually(async () => run('umount', [this.directory]), UNMOUNT_MS);
    await eventually(async () => {
      const loops = await loopDevicesOf(this.#image);
      if (loops.length > 0) throw new Error(`${loops.join(', ')} still has ${this.#image}`);
    }, UNMOUNT_MS);
    mounted.delete(this.directory);
  }

  /** Unmounts it, whatever its state, and removes what was made. */
  async remove(): Promise<void> {
    if (await isMounted(this.directory)) await this.unmount();
    mounted.delete(this.directory);
    await rm(this.#image, { force: true });
    await rm(this.directory, { recursive: true, force: true });
  }
}

const CAP_SYS_ADMIN = 1n << 21n;

/** What this process lacks to make such a disk; undefined where it can. */
export async function whyNoLoopDisk(): Promise<string | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, rights = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  if ((BigInt(`0x${rights}`) & CAP_SYS_ADMIN) === 0n) return 'it may not mount file systems';
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices';
  if (
    await run('mkfs.ext4', ['-V']).then(
      () => false,
      (error: unknown) => isCode(error, 'ENOENT'),
    )
  )
    return 'there is no mkfs.ext4';
  return undefined;
}

/** Unmounts every disk that is still there, at once. For the last moment of the harness, when the processes are killed. */
export function unmountAll(): void {
  for (const directory of mounted) {
    try {
      // Lazily: what was killed this moment may still hold it.
      execFileSync('umount', ['-l', directory], { stdio: 'ignore' });
    } catch {
      // It was not mounted.
    }
  }
  mounted.clear();
}

/** What is mounted at or below a directory. Empty where the system does not say. */
export async function mountsBelow(directory: string): Promise<string[]> {
  const table = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  return table
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place === directory || place.startsWith(`${directory}/`));
}

/** The loop devices whose file is this one, or is below it. Empty where the system does not say. */
export async function loopDevicesOf(image: string): Promise<string[]> {
  const devices = (await readdir('/sys/block').catch(() => [])).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(
    devices.map(async (device) => {
      const file = await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '');
      return { device, file: file.trim() };
    }),
  );
  return files.filter(({ file }) => file === image || file.startsWith(`${image}/`)).map(({ device }) => device);
}

async function isMounted(directory: string): Promise<boolean> {
  return (await mountsBelow(directory)).includes(directory);
}

/** The part of ffi-rs that is used here; the package is optional. */
interface Ffi {
  readonly DataType: Readonly<Record<'I32' | 'I64' | 'U8Array', number>>;
  open(library: { readonly library: string; readonly path: string }): void;
  load(call: {
    readonly library: string;
    readonly funcName: string;
    readonly retType: number;
    readonly paramsType: readonly number[];
    readonly paramsValue: readonly unknown[];
  }): unknown;
}

function shutDown(fileDescriptor: number): unknown {
  const ffi: Ffi = createRequire(import.meta.url)('ffi-rs');
  const { I32, I64, U8Array } = ffi.DataType;
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(EXT4_GOING_FLAGS_NOLOGFLUSH);
  // Without a path: what this process itself is linked with.
  ffi.open({ library: 'libc', path: '' });
  return ffi.load({
    library: 'libc',
    funcName: 'ioctl',
    retType: I32,
    paramsType: [I32, I64, U8Array],
    paramsValue: [fileDescriptor, EXT4_IOC_SHUTDOWN, flags],
  });
}
