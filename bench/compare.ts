import path from 'node:path';
import { Closing } from '../server/closing.ts';
import { programFile } from '../server/common/project-root.ts';
import { readArguments, UsageError, wholeOption } from '../server/cli/command.ts';
import { runBench } from './command.ts';
import { measure, type LoadRequest } from './measure/measure.ts';
import { cpuSeconds } from './measure/process-cpu.ts';
import { median } from './measure/statistics.ts';
import { benchTraffic, postRequest } from './scenarios.ts';
import { startService, type Service } from './servers/service.ts';

interface Kind {
  readonly name: string;
  readonly next: () => LoadRequest;
}

const CONNECTIONS = 50;

const USAGE = `Usage: node .build/bench/compare.js --other DIR [--rounds N] [--requests N]

Processor time of the server a request, of this build and of another one (a checkout that is built), in turns; the ratio
is this one to the other. Processor time is what a busy machine touches least.
Exit code: 0 measured, 1 requests were refused, 2 wrong arguments.`;

await runBench(USAGE, async (signal) => {
  const { values } = readArguments({
    options: { other: { type: 'string' }, rounds: { type: 'string' }, requests: { type: 'string' } },
  });
  const { other } = values;
  if (other === undefined) throw new UsageError('--other: received nothing, expected the folder of a checkout');
  const rounds = wholeOption('rounds', values.rounds, { min: 1, max: 100, fallback: 6 });
  const requests = wholeOption('requests', values.requests, { min: 1000, max: 10_000_000, fallback: 40_000 });
  const { currentEvent } = benchTraffic();
  const kinds: readonly Kind[] = [
    { name: 'POST /analytics', next: () => postRequest(currentEvent()) },
    {
      name: 'GET /analytics, current hour',
      next: () => ({ method: 'GET', path: `/analytics?timestamp=${Date.now()}` }),
    },
  ];
  const closing = new Closing();
  let refused = 0;
  try {
    const here = await startService(closing, programFile('server/main.js'));
    const there = await startService(closing, path.resolve(other, '.build/server/main.js'));
    const microseconds = async (service: Service, { next }: Kind) => {
      const before = await cpuSeconds(service.server.pid);
      const plan = { url: service.server.url, next, connections: CONNECTIONS, extent: { requests } };
      const { non2xx, errors } = await measure(plan, signal);
      refused += non2xx + errors;
      return (((await cpuSeconds(service.server.pid)) - before) / requests) * 1e6;
    };
    for (const kind of kinds) {
      // The first one warms up the compiler.
      await microseconds(here, kind);
      await microseconds(there, kind);
      const pairs: [here: number, there: number][] = [];
      for (let round = 0; round < rounds; round += 1) {
        const ours = round % 2 === 0 ? await microseconds(here, kind) : undefined;
        const theirs = await microseconds(there, kind);
        pairs.push([ours ?? (await microseconds(here, kind)), theirs]);
      }
      const ratios = pairs.map(([ours, theirs]) => ours / theirs);
      console.log(
        `${kind.name.padEnd(30)} this ${us(pairs.map(([ours]) => ours))}, other ${us(pairs.map(([, theirs]) => theirs))}, ` +
          `ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`,
      );
    }
  } finally {
    await closing.close();
  }
  return refused === 0 ? 0 : 1;
});

function us(values: readonly number[]): string {
  return `${median(values).toFixed(1)} us`;
}
