import cluster from 'node:cluster';

/** In the environment of each worker, so that it knows its primary for one that it can talk to. */
export const OF_A_WORKER = { CLICKHOUR_WORKER: '1' } as const;

/** Whether this process is a worker that a service of ours has started. */
export function isOwnWorker(): boolean {
  return cluster.isWorker && process.env['CLICKHOUR_WORKER'] === OF_A_WORKER.CLICKHOUR_WORKER;
}

/** Whether somebody else's cluster has started this process. */
export function isForeignWorker(): boolean {
  return cluster.isWorker && !isOwnWorker();
}
