import { formatBytes, formatCount, formatDuration } from '../../text/format.ts';
import { sentence } from '../../api/sentence.ts';
import { numberOf, textOf, type Members } from './details.ts';
import { toneOf } from './tone.ts';
import { splitState, type Words } from './words.ts';

/** Older than this, an event is not merely on its way. */
const BEHIND_SECONDS = 10;

export function journalWords(members: Members): Words {
  const state = textOf(members, 'state') ?? 'unknown';
  const error = textOf(members, 'error');
  const sentence =
    state === 'ok'
      ? 'Each event is on disk before it is answered.'
      : `Events are answered with 503${error === undefined ? '' : `, because of this: ${error}`}.`;
  const todo =
    state === 'ok' ? undefined : 'Free space on the disk of DATA_DIR, and see that the service may write there.';
  return { tone: toneOf(state, error !== undefined), state: state === 'ok' ? 'accepting' : state, sentence, todo };
}

export function backlogWords(members: Members): Words {
  const waiting = [
    { count: numberOf(members, 'events'), noun: 'event' },
    { count: numberOf(members, 'rejected_events'), noun: 'rejected event' },
  ].filter(({ count }) => count > 0);
  const oldestSeconds = numberOf(members, 'oldest_waiting_seconds');
  if (waiting.length === 0) {
    return { tone: 'good', state: 'none', sentence: 'ClickHouse has every event that was accepted.' };
  }
  const size = `${formatBytes(numberOf(members, 'bytes'))} in ${counted(numberOf(members, 'segments'), 'segment')}`;
  return {
    tone: oldestSeconds < BEHIND_SECONDS ? 'good' : 'warn',
    state: waiting.map(({ count, noun }) => counted(count, noun)).join(', '),
    sentence: `${size}, safe on disk. The oldest came ${formatDuration(oldestSeconds)} ago.`,
  };
}

const SHIPPING: ReadonlyMap<string, string> = new Map(
  Object.entries({
    idle: 'Nothing is to be sent.',
    sending: 'Events are on their way.',
    waiting: 'Events wait for their turn.',
    unavailable: 'It is tried again in a moment.',
    closed: 'This service is being stopped.',
  }),
);

export function shipperWords(members: Members): Words {
  const state = textOf(members, 'state') ?? 'unknown';
  const error = textOf(members, 'error');
  const refused = numberOf(members, 'refused_segments');
  const sentences = [
    SHIPPING.get(state),
    error === undefined ? undefined : `The last try failed: ${error}.`,
    refused === 0
      ? undefined
      : `ClickHouse refuses ${counted(refused, 'segment')}: kept on disk, and tried again from time to time.`,
  ];
  return {
    tone: toneOf(state, error !== undefined || refused > 0),
    state,
    sentence: sentences.filter((sentence) => sentence !== undefined).join(' '),
    todo: refused === 0 ? undefined : 'The log of the service has what ClickHouse says about each; none is deleted.',
  };
}

export function clickhouseWords(members: Members): Words {
  const state = textOf(members, 'state') ?? 'unknown';
  const error = textOf(members, 'error');
  const version = textOf(members, 'version');
  const isPartly = state === 'partly unavailable';
  const answers = isPartly ? 'Some nodes answer' : 'It answers';
  const silent = isPartly ? 'Others do not' : 'It does not answer';
  const sentences = [
    version === undefined ? undefined : `${answers}, with version ${version}.`,
    error === undefined ? undefined : `${silent}: ${error}.`,
  ];
  return {
    tone: toneOf(state, error !== undefined),
    state,
    sentence: sentences.filter((sentence) => sentence !== undefined).join(' '),
    todo:
      state === 'up'
        ? undefined
        : 'Start it, or correct CLICKHOUSE_URL. It is tried again by itself; nothing is lost meanwhile.',
  };
}

export function schemaWords(members: Members): Words {
  const { state, reason } = splitState(textOf(members, 'state') ?? 'unknown');
  const hasFindings = Array.isArray(members['findings']) && members['findings'].length > 0;
  return {
    // Whatever else they are, events wait until they are ready.
    tone: state === 'ready' ? toneOf(state, hasFindings) : toneOf(state, true),
    state,
    todo: state === 'not migrated' ? 'Run npm run migrate.' : undefined,
    sentence: state === 'ready' ? 'They are those of this version of the service.' : reason && sentence(reason),
  };
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
