import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of its own that holds an owner directory, to be killed. */
export interface OwnerProcess {
  /** The directory that it holds. */
  readonly path: string;
  takeOver(): Promise<string[]>;
  signal(signal: NodeJS.Signals): void;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Resolves once the process holds its directory under `journal`. */
export async function startOwner(journal: string): Promise<OwnerProcess> {
  const program = fileURLToPath(new URL('owner-process-main.js', import.meta.url));
  const child = fork(program, [journal]);
  const exited = once(child, 'exit');
  const [path] = await answers(child);
  return {
    path: path ?? '',
    takeOver: async () => {
      const answered = answers(child);
      child.send('take over');
      return await answered;
    },
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function answers(child: ChildProcess): Promise<string[]> {
  return await new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off('exit', onExit);
      resolve(Array.isArray(message) ? message.map(String) : []);
    };
    const onExit = (code: number | null) => {
      child.off('message', onMessage);
      reject(new Error(`the owner process ended with ${code}`));
    };
    child.once('message', onMessage).once('exit', onExit);
  });
}
