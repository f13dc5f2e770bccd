import { readArguments, wholeOption } from '../../../server/cli/command.ts';
import { runBench } from '../../../bench/command.ts';
import { startService } from '../../../bench/servers/service.ts';
import { Closing } from '../../../server/closing.ts';
import { runCampaign, type Campaign, type Violation } from './campaign.ts';

const USAGE = `Usage: npm run fuzz -- [--inputs N] [--seed S]

Sends made-up requests to a server of its own, and looks whether all of its promises hold.

  --inputs N   how many (default: 100000)
  --seed S     makes the same requests again (default: a random one, which is printed)

Exit code: 0 all held, 1 something did not, 2 wrong arguments.

Example: npm run fuzz -- --inputs 1000 --seed 7`;

await runBench(USAGE, async (signal) => {
  const { values } = readArguments({ options: { inputs: { type: 'string' }, seed: { type: 'string' } } });
  const inputs = wholeOption('inputs', values.inputs, { min: 1, max: 1_000_000_000, fallback: 100_000 });
  const fallback = Math.floor(Math.random() * 2 ** 31);
  const seed = wholeOption('seed', values.seed, { min: 0, max: 2 ** 31 - 1, fallback });
  const closing = new Closing();
  try {
    const { server } = await startService(closing);
    const onProgress = (done: number, violations: number) => {
      signal.throwIfAborted();
      process.stderr.write(`\r${done} of ${inputs} inputs, seed ${seed}, ${violations} violations `);
    };
    const onViolation = (violation: Violation) => process.stderr.write(`\n${violationLine(violation)}\n`);
    const { url, pid } = server;
    const campaign = await runCampaign({ url, pid, inputs, seed, onProgress, onViolation });
    process.stdout.write(`\n${describe(campaign)}`);
    return campaign.violationCount === 0 ? 0 : 1;
  } finally {
    await closing.close();
  }
});

function describe(campaign: Campaign): string {
  const { inputs, seed, seconds, operations, statuses, before, after, violations, violationCount } = campaign;
  const sorted = [...statuses].sort(([a], [b]) => a.localeCompare(b));
  const lines = [
    `${inputs} inputs in ${seconds.toFixed(0)} s (seed ${seed}) to ${operations.size} operations`,
    `statuses   ${sorted.map(([status, times]) => `${status}: ${times}`).join(', ')}`,
    `memory     ${before.memoryMiB.toFixed(0)} MiB when warm, ${after.memoryMiB.toFixed(0)} MiB after`,
    `files      ${before.files ?? 'unknown'} open before, ${after.files ?? 'unknown'} after`,
    `violations ${violationCount}`,
    ...violations.map(violationLine),
  ];
  return `${lines.join('\n')}\n`;
}

function violationLine({ operation, what, request }: Violation): string {
  return `  ${operation}: ${what}: ${request}`;
}
