import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { startApp } from './app.ts';
import { readConfig } from './config/environment.ts';
import { AppError } from './common/errors.ts';
import { welcome } from './welcome.ts';
import { startWorkers } from './primary.ts';

/** Longer than any part takes to close by itself; a part that hangs must not keep the process. */
const CLOSE_DEADLINE_MS = 30_000;

try {
  const config = readConfig();
  const app = cluster.isPrimary && config.workers > 1 ? await startWorkers(config) : await startApp(config);
  closeWithGrace({ delay: CLOSE_DEADLINE_MS }, async ({ err }) => {
    if (err !== undefined) process.stderr.write(`ends because of an error nobody foresaw: ${err.stack}\n`);
    await app.close();
  });
  if (cluster.isPrimary) process.stdout.write(welcome(app, Date.now()));
} catch (error) {
  process.stderr.write(`${error instanceof AppError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
