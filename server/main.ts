import closeWithGrace from 'close-with-grace';
import { startApp } from './app.ts';
import { readConfig } from './config.ts';
import { AppError } from './errors.ts';
import { welcome } from './welcome.ts';

/** Longer than any part takes to close by itself; a part that hangs must not keep the process. */
const CLOSE_DEADLINE_MS = 30_000;

try {
  const app = await startApp(readConfig());
  closeWithGrace({ delay: CLOSE_DEADLINE_MS }, async () => app.close());
  process.stdout.write(welcome(app, Date.now()));
} catch (error) {
  process.stderr.write(`${error instanceof AppError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
