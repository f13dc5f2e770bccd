import cluster, { type Worker } from 'node:cluster';
import type { FromPrimary, ToPrimary } from './messages.ts';

/** What a worker may take to reply. */
const REPLY_WITHIN_MS = 3_000;

/** In the primary, once: hands on what a worker calls all for, what they reply, and that one has stored events. */
export function relayCalls(): void {
  /** Those that listen: one that is starting could not reply yet. */
  const listening = new Set<Worker>();
  cluster.on('listening', (worker) => listening.add(worker));
  cluster.on('exit', (worker) => listening.delete(worker));
  /** By the call's id, how to take a reply. */
  const open = new Map<string, (reply: unknown) => void>();
  cluster.on('message', (from: Worker, message: ToPrimary) => {
    if (message.clickhour === 'reply') open.get(message.id)?.(message.reply);
    if (message.clickhour === 'call') relay(from, message, [...listening], open);
    if (message.clickhour === 'stored') {
      for (const worker of listening) if (worker !== from) tellWorker(worker, { clickhour: 'stored' });
    }
  });
}

function relay(
  caller: Worker,
  { id, name }: { readonly id: string; readonly name: string },
  workers: readonly Worker[],
  open: Map<string, (reply: unknown) => void>,
): void {
  const replies: unknown[] = [];
  const finish = () => {
    clearTimeout(timer);
    open.delete(id);
    tellWorker(caller, { clickhour: 'replies', id, replies, called: workers.length });
  };
  const timer = setTimeout(finish, REPLY_WITHIN_MS);
  open.set(id, (reply) => {
    replies.push(reply);
    if (replies.length === workers.length) finish();
  });
  for (const worker of workers) tellWorker(worker, { clickhour: 'request', id, name });
}

export function tellWorker(worker: Worker, message: FromPrimary): void {
  // With a callback, a worker that ends meanwhile is no uncaught error.
  if (worker.isConnected()) worker.send(message, () => undefined);
}
