import { existsSync, openSync } from 'node:fs';

/** What a process on Linux reads about itself: its memory, the time of its threads, its group. */
export const OWN_STATISTICS = ['/proc/self/stat', '/proc/self/statm', '/proc/self/cgroup', '/proc/self/task'];

const O_PATH = 0o10000000;

/**
 * Landlock knows files by their inodes, and the kernel may forget one of /proc that nobody holds, and with it the right to
 * read it. So they are held for as long as this process lives.
 */
export function holdOwnStatistics(): void {
  for (const file of OWN_STATISTICS.filter((file) => existsSync(file))) openSync(file, O_PATH);
}
