import { AppError } from '../common/errors.ts';
import { pause } from '../common/retry.ts';
import type { EventsClient } from './events-client.ts';
import { readFileIdentity } from './file-identity.ts';
import type { ImportFormat } from './import-formats.ts';
import type { ImportTally } from './import-tally.ts';

export interface ImportPlan {
  readonly file: string;
  readonly format: ImportFormat;
  /** Events a second; 0 for as fast as the service takes them. */
  readonly ratePerS: number;
  readonly client: Pick<EventsClient, 'post'>;
  readonly tally: ImportTally;
  /** Called after each batch with how many bytes of the file are done. */
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

const MAX_EVENTS = 1000;
const MAX_CHARACTERS = 1024 * 1024;
/** With a rate, batches are small enough to be this far apart. */
const BATCHES_PER_S = 5;

/**
 * Sends a file line by line, in batches, one after the other. Sent again, as after a crash, each event is still one: its
 * identity is that of its line.
 * @throws AppError when it cannot go on; `plan.tally` then says what became of the lines before
 */
export async function importFile(plan: ImportPlan): Promise<void> {
  const { file, format, ratePerS, tally } = plan;
  const maxEvents = ratePerS === 0 ? MAX_EVENTS : Math.min(MAX_EVENTS, Math.ceil(ratePerS / BATCHES_PER_S));
  const send = sender(plan);
  let texts: string[] = [];
  let characters = 0;
  let endByte = 0;
  for await (const { number, text, endByte: lineEnd } of format(file, await readFileIdentity(file))) {
    if (text === undefined) {
      tally.unparsableLine(number);
      continue;
    }
    if (texts.length === maxEvents || (texts.length > 0 && characters + text.length > MAX_CHARACTERS)) {
      await send(texts, endByte);
      texts = [];
      characters = 0;
    }
    texts.push(text);
    characters += text.length;
    endByte = lineEnd;
  }
  if (texts.length > 0) await send(texts, endByte);
}

function sender({ client, tally, ratePerS, onProgress, signal }: ImportPlan) {
  const started = performance.now();
  let sent = 0;
  return async (texts: readonly string[], endByte: number): Promise<void> => {
    if (ratePerS > 0) {
      const due = started + (sent / ratePerS) * 1000;
      await pause(Math.max(0, due - performance.now()), signal);
    }
    if (signal.aborted) throw new AppError('unavailable', 'interrupted');
    tally.verdict(await client.post(texts));
    sent += texts.length;
    onProgress(endByte);
  };
}
