import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { loopDevicesOf, mountsBelow } from '../disks/loop-disk.ts';

/** What a campaign has left of mounts, loop devices and processes, each a line; all that it starts is below its directory. */
export async function leftovers(directory: string): Promise<string[]> {
  const [mounts, loops, processes] = await Promise.all([
    mountsBelow(directory),
    loopDevicesOf(directory),
    processesNaming(directory),
  ]);
  return [
    ...mounts.map((place) => `${place} is still mounted`),
    ...loops.map((device) => `the loop device ${device} still has a file`),
    ...processes.map((line) => `the process ${line} still runs`),
  ];
}

async function processesNaming(directory: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args=']);
  return stdout.split('\n').flatMap((line) => (line.includes(directory) ? [line.trim()] : []));
}
