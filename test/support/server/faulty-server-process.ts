/**
 * The server, in surroundings that can be made to fail. Its environment is that of `server/main.ts`, and
 * - FAULTS: `FaultyServerOptions` as JSON;
 * - standard input: one `Misfortune` a line, as JSON. When it ends, so does the process: it never outlives the tests;
 * - file descriptor 3: `FailPointReport`s, one a line.
 */
import { readdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startApp } from '../../../server/app.ts';
import { readConfig } from '../../../server/config/environment.ts';
import { messageOf } from '../../../server/common/errors.ts';
import type { FailPoint } from '../../../server/journal/fail-point.ts';
import { runUntilStopped } from '../../../server/run-until-stopped.ts';
import { listenForStop } from '../../../server/stop-requests.ts';
import { welcome } from '../../../server/welcome.ts';
import { interposeJournalDisk, type DiskFault, type JournalDiskOptions } from './journal-disk.ts';

export interface FaultyServerOptions extends JournalDiskOptions {
  /** From the start on; undefined: until told otherwise nothing happens. */
  readonly die?: Death;
  /** A break put in on purpose: whenever something is about to be sent, the oldest segment is removed. */
  readonly removesEarly: boolean;
}

/** At which point the process ends with SIGKILL, and the how-manieth time that it gets there, counted from now: 1, 2, ... */
export interface Death {
  readonly point: FailPoint;
  readonly hit: number;
}

/** What is told to a running server; members that are not given leave things as they are. */
export interface Misfortune {
  readonly die?: Death;
  /** Added to the clock. */
  readonly clockOffsetMs?: number;
  readonly disk?: DiskFault | 'works';
}

export interface FailPointReport {
  /** How often each point was passed so far. */
  readonly passed: Readonly<Partial<Record<FailPoint, number>>>;
  /** At which point the process ends now. */
  readonly died?: FailPoint;
}

const REPORT_EVERY_MS = 100;
const REPORTS_FD = 3;

const options = JSON.parse(process.env['FAULTS'] ?? '') as FaultyServerOptions;
const disk = interposeJournalDisk(options);
const passed: Partial<Record<FailPoint, number>> = {};
let death = options.die === undefined ? undefined : { ...options.die };
let clockOffsetMs = 0;
let isReported = true;

const report = (died?: FailPoint) => {
  const line: FailPointReport = { passed, ...(died === undefined ? {} : { died }) };
  writeSync(REPORTS_FD, `${JSON.stringify(line)}\n`);
  isReported = true;
};
setInterval(() => {
  if (!isReported) report();
}, REPORT_EVERY_MS).unref();

const hit = (point: FailPoint) => {
  passed[point] = (passed[point] ?? 0) + 1;
  isReported = false;
  if (options.removesEarly && point === 'before-ship') removeOldestSegment();
  if (death?.point !== point) return;
  death.hit -= 1;
  if (death.hit > 0) return;
  report(point);
  process.kill(process.pid, 'SIGKILL');
};

/** Their names tell when they were opened. */
function removeOldestSegment(): void {
  const journal = path.join(process.env['DATA_DIR'] ?? '', 'journal');
  const [oldest] = readdirSync(journal, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file).startsWith('events-'))
    .sort();
  if (oldest !== undefined) rmSync(path.join(journal, oldest), { force: true });
}

createInterface(process.stdin)
  .on('line', (line) => {
    const told = JSON.parse(line) as Misfortune;
    if (told.die !== undefined) death = { ...told.die };
    if (told.clockOffsetMs !== undefined) ({ clockOffsetMs } = told);
    if (told.disk !== undefined) disk.fail(told.disk === 'works' ? undefined : told.disk);
  })
  .on('close', () => process.kill(process.pid, 'SIGKILL'));

const stop = listenForStop();
await runUntilStopped(async () => {
  const config = readConfig();
  const app = await startApp(config, { nowMs: () => Date.now() + clockOffsetMs, hit, stop });
  process.stdout.write(welcome(app, config.trust, Date.now()));
  const close = async () => {
    await app.close();
    if (!isReported) report();
  };
  return { close };
}, stop).catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
