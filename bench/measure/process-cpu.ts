import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What Linux counts processor time in, for programs: always hundredths of a second. */
const TICKS_PER_S = 100;

/** The processor time that a process has used so far, user and system, in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const seconds = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  if (Number.isFinite(seconds)) return seconds;
  throw new Error(`received ${seconds} for the processor time of process ${pid}, expected seconds`);
}

async function fromProc(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: state is the first, utime and stime the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

async function fromPs(pid: number): Promise<number> {
  const clock = (await run('ps', ['-o', 'time=', '-p', String(pid)])).stdout.trim();
  return clock.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
}
