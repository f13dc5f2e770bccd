import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { AppError } from '../errors.ts';

interface Question {
  readonly clickhour: 'scrape';
  readonly id: string;
}

interface Answer {
  readonly clickhour: 'scraped';
  readonly id: string;
  readonly text: string;
}

const TIMEOUT_MS = 6_000;

/**
 * How `/metrics` gets its text. Alone, a process answers for itself. A worker asks the primary, which adds up all
 * workers, so that it does not matter which of them a scrape happens to meet.
 */
export function scraper(registry: Registry): () => Promise<string> {
  if (!cluster.isWorker) return async () => registry.metrics();
  AggregatorRegistry.setRegistries(registry);
  // Constructed for its effect: it makes this worker answer the primary.
  void new AggregatorRegistry();
  return askPrimary;
}

/** In the primary: answers the workers' questions with the sum of all workers. */
export function answerScrapes(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker, message: unknown) => {
    if (!isQuestion(message)) return;
    const answer = (text: string) => {
      if (worker.isConnected()) worker.send({ clickhour: 'scraped', id: message.id, text } satisfies Answer);
    };
    void all.clusterMetrics().then(answer, () => answer(''));
  });
}

async function askPrimary(): Promise<string> {
  const id = randomUUID();
  return await new Promise((resolve, reject) => {
    const settle = (text: string) => {
      clearTimeout(timer);
      process.off('message', listen);
      if (text === '')
        reject(new AppError('unavailable', 'Not every worker told its metrics', { retryAfterS: 1 }));
      else resolve(text);
    };
    const listen = (message: unknown) => {
      if (isAnswer(message) && message.id === id) settle(message.text);
    };
    const timer = setTimeout(() => settle(''), TIMEOUT_MS);
    process.on('message', listen);
    process.send?.({ clickhour: 'scrape', id } satisfies Question);
  });
}

function isQuestion(message: unknown): message is Question {
  return (
    typeof message === 'object' &&
    message !== null &&
    'clickhour' in message &&
    message.clickhour === 'scrape'
  );
}

function isAnswer(message: unknown): message is Answer {
  return (
    typeof message === 'object' &&
    message !== null &&
    'clickhour' in message &&
    message.clickhour === 'scraped'
  );
}
