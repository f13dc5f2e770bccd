import { rmSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArguments, USAGE } from './harness/arguments.ts';
import { runCampaign } from './harness/campaign.ts';
import { leftovers } from './harness/breaks/leftovers.ts';
import { unmountAll } from './harness/disks/loop-disk.ts';
import { killStarted } from './harness/started.ts';
import { outcomeLine, summary, writeResults } from './harness/report.ts';
import { SCENARIOS } from './scenarios/all.ts';

// npm run faults -- [--minutes N] [--seed S] [--scenario NAME] [--break NAME] [--list] [--help]
// Exit code: as harness/arguments.ts says.
const print = (text: string) => void process.stdout.write(`${text}\n`);
const interrupted = new AbortController();
const interrupt = () => {
  if (interrupted.signal.aborted) process.exit(130);
  interrupted.abort();
  print('ends after this scenario; once more to end at once');
};
process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

const chosen = parseArguments(process.argv.slice(2), SCENARIOS);
if (typeof chosen === 'string') {
  process.stderr.write(`${chosen}\n`);
  process.exitCode = 2;
} else if (chosen.isHelp) {
  process.stdout.write(USAGE);
} else if (chosen.isList) {
  for (const { name, what } of chosen.scenarios) print(`${name.padEnd(36)} ${what}`);
} else {
  const directory = await mkdtemp(path.join(await realpath(tmpdir()), 'clickhour-faults-'));
  let hasViolations = false;
  process.on('exit', () => {
    killStarted();
    unmountAll();
    if (!hasViolations) rmSync(directory, { recursive: true, force: true });
  });
  print(`seed ${chosen.seed}`);
  const campaign = await runCampaign({
    ...chosen,
    directory,
    signal: interrupted.signal,
    onOutcome: (outcome) => {
      hasViolations ||= outcome.violations.length > 0;
      print(outcomeLine(outcome));
    },
  });
  print(summary(campaign));
  await writeResults(campaign, chosen.scenarios);
  const left = await leftovers(directory);
  for (const line of left) print(`left behind: ${line}`);
  hasViolations ||= left.length > 0;
  if (hasViolations) process.exitCode = 1;
  else if (interrupted.signal.aborted) process.exitCode = 130;
}
