import { startApp } from './app.ts';
import { invalid, messageWithCauses, type Issue } from './common/errors.ts';
import type { Config } from './config/config.ts';
import { readEnvironment, refuseIssues } from './config/environment.ts';
import { preflight, startFailure } from './preflight.ts';
import { startWorkers } from './primary.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { answerArguments } from './start-arguments.ts';
import { welcome } from './welcome.ts';
import { askConfig } from './workers/ask-config.ts';
import { isForeignWorker, isOwnWorker } from './workers/own-worker.ts';

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

const FOREIGN =
  "received a process of another program's cluster, as pm2's cluster mode starts it, expected none; " +
  'start one process, and set WORKERS=N for N workers of its own';

async function start(stop: AbortSignal) {
  stop.throwIfAborted();
  if (isForeignWorker()) throw invalid([{ path: 'WORKERS', message: FOREIGN }]);
  const isWorker = isOwnWorker();
  const { config, issues } = isWorker ? { config: await askConfig(), issues: [] } : readEnvironment();
  try {
    return isWorker ? await startApp(config, { stop }) : await startWith(config, issues, stop);
  } catch (error) {
    throw startFailure(error, config);
  }
}

async function startWith(config: Config, wrong: readonly Issue[], stop: AbortSignal) {
  const found = await preflight(
    config,
    wrong.map(({ path }) => path),
  );
  refuseIssues([...wrong, ...found]);
  stop.throwIfAborted();
  const app = config.workers > 1 ? await startWorkers(config, stop) : await startApp(config, { stop });
  process.stdout.write(welcome(app, config.trust, Date.now()));
  return app;
}
