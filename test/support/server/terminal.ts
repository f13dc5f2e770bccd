import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program in a terminal of its own, as a person runs it. */
export interface Terminal {
  /** Everything that it has shown so far. */
  readonly shown: string;
  /** Resolves with what has been shown once it matches; rejects when the program ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ctrl-C: SIGINT to the whole foreground group. */
  interrupt(): void;
  /** The exit code of the program, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Closes the terminal, as one closes its window: SIGHUP to what still runs in it. */
  close(): Promise<void>;
}

const CTRL_C = '\u0003';
const POLL_MS = 20;

/** Runs a command line of `sh` in a new pseudo-terminal; util-linux has `script`, which makes one. */
export function inTerminal(commandLine: string, env: NodeJS.ProcessEnv): Terminal {
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', commandLine, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  // It may be gone when something is typed.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const waitFor = async (pattern: RegExp) => {
    let isOver = false;
    void ended.then(() => (isOver = true));
    for (;;) {
      const match = pattern.exec(shown);
      if (match !== null) return match;
      if (isOver) throw new Error(`the program ended before it showed ${pattern}: ${shown}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  return {
    get shown() {
      return shown;
    },
    waitFor,
    interrupt: () => child.stdin.write(CTRL_C),
    ended,
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
