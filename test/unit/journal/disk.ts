import { open, type FileHandle } from 'node:fs/promises';

/**
 * Stands between all open files and the disk until `restore`: `intercept` is called in place of every call that makes
 * bytes durable, with the real one as its argument. On Linux that is the write itself (see segment-file.ts), elsewhere
 * the fdatasync after it.
 */
export async function interceptSyncs(
  intercept: (sync: () => Promise<void>) => Promise<void>,
): Promise<{ readonly restore: () => void }> {
  const anyFile = await open(process.execPath, 'r');
  await anyFile.close();
  const prototype: Record<string, (...args: unknown[]) => Promise<unknown>> = Object.getPrototypeOf(anyFile);
  const name = process.platform === 'linux' ? 'write' : 'datasync';
  const real = prototype[name];
  if (real === undefined) throw new Error(`expected files to have ${name}`);
  prototype[name] = async function intercepted(this: FileHandle, ...args) {
    let result: unknown;
    await intercept(async () => {
      result = await real.apply(this, args);
    });
    return result;
  };
  return {
    restore: () => {
      prototype[name] = real;
    },
  };
}
