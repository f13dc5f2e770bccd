import type { Event } from '../../../server/events/event.ts';
import { isRefusal, parseEvent, type ParseContext } from '../../../server/events/parse-event.ts';
import type { Refusal } from '../../../server/events/rejection.ts';

/** When events are parsed, unless a test says otherwise. */
export const NOW_MS = Date.UTC(2026, 0, 1);
export const context: ParseContext = {
  nowMs: NOW_MS,
  maxFutureMs: 1000,
  application: undefined,
  checkPayload: () => [],
  typedPaths: { allows: () => true },
};

/** Judges the text of one event, in a service without schemas or keys that may type all. */
export function parse(text: string | Buffer, overrides: Partial<ParseContext> = {}): Event | Refusal {
  return parseEvent(Buffer.from(text), { ...context, ...overrides });
}

export function accepted(text: string | Buffer, overrides: Partial<ParseContext> = {}): Event {
  const verdict = parse(text, overrides);
  if (isRefusal(verdict)) throw new Error(`refused: ${JSON.stringify(verdict)}`);
  return verdict;
}

export function refused(text: string | Buffer, overrides: Partial<ParseContext> = {}): Refusal {
  const verdict = parse(text, overrides);
  if (!isRefusal(verdict)) throw new Error(`accepted: ${JSON.stringify(verdict)}`);
  return verdict;
}

/** The text of an event, with members put in place of others, or `undefined` to leave them out. */
export function text(members: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ session_id: 's', category: 'c', name: 'n', data: {}, timestamp: 0, ...members });
}
