import { setMaxListeners } from 'node:events';
import { runCommand } from '../server/cli/command.ts';
import { messageOf } from '../server/common/errors.ts';
import { listenForInterruption } from '../server/stop-requests.ts';

/**
 * `runCommand`, for what takes long. The signal is that of `listenForInterruption`; when `main` fails for it, the exit code is
 * 130.
 */
export async function runBench(usage: string, main: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const signal = listenForInterruption();
  setMaxListeners(0, signal);
  await runCommand(usage, async () => {
    try {
      return await main(signal);
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
      console.error(messageOf(error));
      return 130;
    }
  });
}
