// Lets one process at a time do something in a folder, and the others wait. Plain JavaScript on Node alone.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
const MAX_WAIT_MS = 15 * 60_000;
/** So long a file may be empty, because its owner is about to write its id. */
const CLAIM_MS = 5_000;
const DONE = '.';

/**
 * Each makes the file with the next number, and has the turn while it is the last one and a process in it lives. What is
 * killed leaves nothing to wait for; and because the last file always stays, a number is given once, so of several that
 * find its owner gone one is the next.
 * @param work gets a function that notes a process that it starts: that may outlive its own
 */
export async function inTurn(directory, work) {
  const file = await takeTurn(directory);
  await work((pid) => appendFileSync(file, ` ${pid}`));
  writeFileSync(file, DONE);
}

async function takeTurn(directory) {
  mkdirSync(directory, { recursive: true });
  const numbers = () => readdirSync(directory).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  const fileOf = (number) => path.join(directory, String(number));
  const untilMs = Date.now() + MAX_WAIT_MS;
  let isTold = false;
  while (true) {
    const last = Math.max(0, ...numbers());
    if (isTaken(fileOf(last))) {
      if (!isTold) console.error('Another command is installing or building; waiting for it…');
      isTold = true;
      if (Date.now() > untilMs) throw new Error(`waited for too long; if nobody is at work, remove ${fileOf(last)}`);
      await sleep(POLL_MS);
    } else if (claim(fileOf(last + 1)) && Math.max(...numbers()) === last + 1) {
      for (const number of numbers()) if (number <= last) rmSync(fileOf(number), { force: true });
      return fileOf(last + 1);
    }
  }
}

/** @returns whether nobody has it */
function claim(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

function isTaken(file) {
  try {
    const owners = readFileSync(file, 'utf8');
    const ageMs = Date.now() - statSync(file).mtimeMs;
    // After a loss of power its numbers are those of other processes.
    if (ageMs > os.uptime() * 1000) return false;
    if (owners === '') return ageMs < CLAIM_MS;
    return owners !== DONE && owners.split(' ').map(Number).some(isAlive);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return false;
  }
}

function isAlive(pid) {
  // Of a process that is gone, and had the number that this one has.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return !isZombie(pid);
}

/** What nobody waits for stays one for ever in a container whose first process does not look after it. */
function isZombie(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
