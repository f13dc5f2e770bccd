const pids = new Set<number>();

/** A process that must not outlive the harness, however that ends. Forget it when it is gone: numbers are used again. */
export function noteStarted(pid: number): void {
  pids.add(pid);
}

export function noteGone(pid: number): void {
  pids.delete(pid);
}

/** SIGKILL for all that still run, frozen ones too. For the last moment of the harness: it does not wait. */
export function killStarted(): void {
  for (const pid of pids) killNow(pid);
  pids.clear();
}

/** SIGKILL, for a process that may be gone. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
