import { capitalised, sentence } from '../../api/sentence.ts';
import { detailsOf, textOf, type Detail, type Members } from './details.ts';
import { backlogWords, clickhouseWords, journalWords, schemaWords, shipperWords } from './part-words.ts';
import { toneOf } from './tone.ts';
import { splitState, type Words } from './words.ts';

/** The answer of `GET /health`. Later versions have parts that this page has not heard of. */
export interface HealthAnswer {
  readonly status: string;
  readonly parts: Readonly<Record<string, unknown>>;
}

export interface PartWords extends Words {
  readonly id: string;
  readonly name: string;
  /** Whatever else the part says. */
  readonly details: readonly Detail[];
}

interface KnownPart {
  readonly name: string;
  readonly words: (members: Members) => Words;
  /** The members that the words are made of. */
  readonly uses: readonly string[];
}

const KNOWN: ReadonlyMap<string, KnownPart> = new Map(
  Object.entries({
    journal: { name: 'Taking events', words: journalWords, uses: ['state', 'error'] },
    backlog: {
      name: 'Waiting for ClickHouse',
      words: backlogWords,
      uses: ['events', 'bytes', 'segments', 'oldest_waiting_seconds'],
    },
    shipper: {
      name: 'Sending to ClickHouse',
      words: shipperWords,
      uses: ['state', 'error', 'refused_segments'],
    },
    clickhouse: { name: 'ClickHouse', words: clickhouseWords, uses: ['state', 'error', 'version'] },
    schema: { name: 'Tables', words: schemaWords, uses: ['state'] },
  }),
);

/** Every part in words, in the order of the service. An error that several have is said by one of them. */
export function partsInWords({ parts }: HealthAnswer): PartWords[] {
  return Object.entries(saidOnce(parts)).map(([id, part]) => {
    const members = membersOf(part);
    const { name, words, uses } = KNOWN.get(id) ?? {
      name: nameOf(id),
      words: anyWords,
      uses: ['state', 'error'],
    };
    const rest = Object.entries(members).filter(([member]) => !uses.includes(member));
    return { id, name, ...words(members), details: detailsOf(Object.fromEntries(rest)) };
  });
}

/** The whole in words. Without figures that change: it is read out each time that it does. */
export function headline(answer: HealthAnswer): Words {
  const troubled = partsInWords(answer).filter(({ tone }) => tone === 'warn' || tone === 'bad');
  switch (answer.status) {
    case 'ok':
      return { tone: 'good', state: 'All is well', sentence: 'Events are accepted, and reach ClickHouse.' };
    case 'degraded':
      return { tone: 'warn', ...degraded(answer, troubled) };
    case 'not ready':
      return { tone: 'bad', state: 'No events are accepted', sentence: reasons(troubled) };
    default:
      return { tone: 'neutral', state: `The service is ${answer.status}`, sentence: reasons(troubled) };
  }
}

function degraded({ parts }: HealthAnswer, troubled: readonly PartWords[]) {
  const isUnavailable = textOf(membersOf(parts['clickhouse']), 'state') === 'unavailable';
  if (!isUnavailable) return { state: 'Events are accepted, and something needs a look', sentence: reasons(troubled) };
  return {
    state: 'Events are accepted, and ClickHouse is unavailable',
    sentence:
      'They are safe on the disk of this service and are sent once ClickHouse is back. Until then, questions about what is stored have no answer.',
  };
}

function reasons(troubled: readonly PartWords[]): string {
  if (troubled.length === 0) return '';
  return `Have a look at: ${troubled.map(({ name }) => name).join(', ')}.`;
}

/** The parts without the errors that ClickHouse, or a part before, has already said. */
function saidOnce(parts: HealthAnswer['parts']): HealthAnswer['parts'] {
  const said = new Set<string>();
  const without = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => without(item));
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([name, text]) => {
      if (name !== 'error' || typeof text !== 'string') return true;
      const isNew = !said.has(text);
      said.add(text);
      return isNew;
    });
    return Object.fromEntries(kept.map(([name, inner]) => [name, without(inner)]));
  };
  const clickhouse = without(parts['clickhouse']);
  const others = Object.entries(parts).map(([id, part]) => [id, id === 'clickhouse' ? clickhouse : without(part)]);
  return Object.fromEntries(others) as HealthAnswer['parts'];
}

/** A part that this page has not heard of: its own words. */
function anyWords(members: Members): Words {
  const error = textOf(members, 'error') ?? '';
  const { state, reason } = splitState(textOf(members, 'state') ?? '');
  return {
    tone: toneOf(state, error !== ''),
    state,
    sentence: [reason, error]
      .filter((text) => text !== '')
      .map(sentence)
      .join(' '),
  };
}

/** A part that is no object is taken for its state. */
function membersOf(part: unknown): Members {
  return typeof part === 'object' && part !== null ? { ...part } : { state: part };
}

function nameOf(id: string): string {
  return capitalised(id.replaceAll(/[_-]+/g, ' '));
}
