import cluster from 'node:cluster';
import { startApp } from './app.ts';
import { messageWithCauses } from './common/errors.ts';
import type { Config } from './config/config.ts';
import { readConfig } from './config/environment.ts';
import { preflight, startFailure } from './preflight.ts';
import { startWorkers } from './primary.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { answerArguments } from './start-arguments.ts';
import { welcome } from './welcome.ts';
import { askConfig } from './workers/ask-config.ts';

/** The service as a process, from its command line to its end. */
export async function serve(stop: AbortSignal): Promise<void> {
  const answer = answerArguments(process.argv.slice(2));
  if (answer !== undefined) {
    (answer.exitCode === 0 ? process.stdout : process.stderr).write(`${answer.text}\n`);
    process.exitCode = answer.exitCode;
    return;
  }
  try {
    await runUntilStopped(start, stop);
  } catch (error) {
    process.stderr.write(`${messageWithCauses(error)}\n`);
    process.exit(1);
  }
}

async function start(stop: AbortSignal) {
  stop.throwIfAborted();
  const config = cluster.isWorker ? await askConfig() : readConfig();
  try {
    return await startWith(config, stop);
  } catch (error) {
    throw startFailure(error, config);
  }
}

async function startWith(config: Config, stop: AbortSignal) {
  if (cluster.isWorker) return await startApp(config, { stop });
  await preflight(config);
  stop.throwIfAborted();
  const app = config.workers > 1 ? await startWorkers(config, stop) : await startApp(config, { stop });
  process.stdout.write(welcome(app, config.trust, Date.now()));
  return app;
}
