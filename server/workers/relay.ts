import cluster, { type Worker } from 'node:cluster';
import type { FromPrimary, ToPrimary } from './messages.ts';

/** What a worker may take to answer. */
const ANSWER_WITHIN_MS = 3_000;

/** In the primary, once: hands on what a worker asks of all, and what they answer. */
export function relayQuestions(): void {
  /** Those that listen: one that is starting could not answer yet. */
  const listening = new Set<Worker>();
  cluster.on('listening', (worker) => listening.add(worker));
  cluster.on('exit', (worker) => listening.delete(worker));
  /** By the question's id, how to take an answer. */
  const open = new Map<string, (answer: unknown) => void>();
  cluster.on('message', (from: Worker, message: ToPrimary) => {
    if (message.clickhour === 'answer') open.get(message.id)?.(message.answer);
    if (message.clickhour === 'ask') relay(from, message, [...listening], open);
  });
}

function relay(
  asker: Worker,
  { id, name }: { readonly id: string; readonly name: string },
  workers: readonly Worker[],
  open: Map<string, (answer: unknown) => void>,
): void {
  const answers: unknown[] = [];
  const finish = () => {
    clearTimeout(timer);
    open.delete(id);
    tell(asker, { clickhour: 'said', id, answers, asked: workers.length });
  };
  const timer = setTimeout(finish, ANSWER_WITHIN_MS);
  open.set(id, (answer) => {
    answers.push(answer);
    if (answers.length === workers.length) finish();
  });
  for (const worker of workers) tell(worker, { clickhour: 'question', id, name });
}

function tell(worker: Worker, message: FromPrimary): void {
  // With a callback, a worker that ends meanwhile is no uncaught error.
  if (worker.isConnected()) worker.send(message, () => undefined);
}
