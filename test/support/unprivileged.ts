/** Any user but root. */
const NOBODY = 65_534;

/** Does `work` as a user whom permissions keep out: root, whom they do not, is nobody meanwhile. */
export async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
