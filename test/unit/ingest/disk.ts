import { open, type FileHandle } from 'node:fs/promises';

type Datasync = FileHandle['datasync'];

/**
 * Stands between all open files and the disk until `restore`: `intercept` is called in place of every `datasync`, with
 * the real one as its argument.
 */
export async function interceptDatasync(
  intercept: (datasync: () => Promise<void>) => Promise<void>,
): Promise<{ readonly restore: () => void }> {
  const anyFile = await open(process.execPath, 'r');
  await anyFile.close();
  const prototype: { datasync: Datasync } = Object.getPrototypeOf(anyFile);
  const real = prototype.datasync;
  prototype.datasync = async function datasync(this: FileHandle) {
    await intercept(() => real.call(this));
  };
  return {
    restore: () => {
      prototype.datasync = real;
    },
  };
}
