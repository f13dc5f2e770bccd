import { expect } from 'chai';
import { formatBytes, formatDuration } from '../../../../dashboard/text/format.ts';
import { headline, partsInWords } from '../../../../dashboard/views/health/health-words.ts';

const WELL = {
  journal: { state: 'ok' },
  backlog: { events: 0, bytes: 0, segments: 0, oldest_waiting_seconds: 0 },
  shipper: { state: 'idle', refused_segments: 0 },
  clickhouse: { state: 'up', version: '26.7.2.1' },
  schema: { state: 'ready' },
};

function wordsOf(parts: Readonly<Record<string, unknown>>) {
  const [words] = partsInWords({ status: 'degraded', parts });
  if (words === undefined) throw new Error('expected a part');
  return words;
}

describe('The health of the service in words', () => {
  it('says in one sentence whether all is well', () => {
    expect(headline({ status: 'ok', parts: WELL })).to.include({ tone: 'good', state: 'All is well' });
    const unavailable = { ...WELL, clickhouse: { state: 'unavailable', error: 'connect ECONNREFUSED' } };
    expect(headline({ status: 'degraded', parts: unavailable })).to.deep.include({
      tone: 'warn',
      state: 'Events are accepted, and ClickHouse is unavailable',
    });
    const refusing = { ...WELL, journal: { state: 'refusing', error: 'ENOSPC' } };
    expect(headline({ status: 'not ready', parts: refusing })).to.deep.equal({
      tone: 'bad',
      state: 'No events are accepted',
      sentence: 'Have a look at: Taking events.',
    });
    expect(headline({ status: 'pondering', parts: {} })).to.include({ tone: 'neutral' });
  });

  it('calls no part bad while all is well', () => {
    expect(partsInWords({ status: 'ok', parts: WELL }).map(({ tone }) => tone)).to.deep.equal(Array(5).fill('good'));
  });

  it('says how much waits, and since when', () => {
    const backlog = { events: 1234, bytes: 3_400_000, segments: 1, oldest_waiting_seconds: 12.4 };
    expect(wordsOf({ backlog })).to.include({
      tone: 'warn',
      state: '1,234 events',
      sentence: '3.4 MB in 1 segment, safe on disk. The oldest came 12 s ago.',
    });
    expect(wordsOf({ backlog: { ...backlog, oldest_waiting_seconds: 0.4 } }).tone).to.equal('good');
    expect(wordsOf({ backlog: { ...backlog, rejected_events: 1 } }).state).to.equal('1,234 events, 1 rejected event');
  });

  it('says why something does not work', () => {
    expect(wordsOf({ shipper: { state: 'unavailable', refused_segments: 2, error: 'no disk' } })).to.include({
      tone: 'warn',
      sentence:
        'It is tried again in a moment. The last try failed: no disk. ClickHouse refuses 2 segments: kept on disk, and tried again from time to time.',
    });
    expect(wordsOf({ schema: { state: 'not migrated: tables that were there are gone' } })).to.include({
      tone: 'warn',
      state: 'not migrated',
      sentence: 'Tables that were there are gone.',
    });
  });

  it('says an error that several parts have once, where ClickHouse is, and what to do about it', () => {
    const error = 'connect ECONNREFUSED';
    const parts = {
      ...WELL,
      shipper: { state: 'unavailable', refused_segments: 0, error, lanes: { fresh: { error } } },
      clickhouse: { state: 'unavailable', error },
    };
    const words = partsInWords({ status: 'degraded', parts });
    expect(JSON.stringify(words).split(error)).to.have.length(2);
    const clickhouse = words.find(({ id }) => id === 'clickhouse');
    expect(clickhouse).to.include({ tone: 'warn', sentence: 'It does not answer: connect ECONNREFUSED.' });
    expect(clickhouse?.todo).to.contain('CLICKHOUSE_URL');
    expect(headline({ status: 'degraded', parts }).state).to.equal(
      'Events are accepted, and ClickHouse is unavailable',
    );
  });

  it('shows parts and members that it has not heard of', () => {
    expect(
      wordsOf({ self_check: { state: 'failed', error: 'no grant', last_run_seconds: 61, note: null } }),
    ).to.deep.equal({
      id: 'self_check',
      name: 'Self check',
      tone: 'bad',
      state: 'failed',
      sentence: 'No grant.',
      details: [{ name: 'last run', lines: ['1 min 1 s'] }],
    });
    expect(wordsOf({ workers: { state: 'incomplete', answering: 3, expected: 4 } }).details).to.deep.equal([
      { name: 'answering', lines: ['3'] },
      { name: 'expected', lines: ['4'] },
    ]);
    const nodes = [
      { node: 'a:8123', state: 'up', version: '26.7' },
      { node: 'b:8123', state: 'unavailable', error: 'refused' },
    ];
    const clickhouse = wordsOf({
      clickhouse: { state: 'partly unavailable', version: '26.7', error: 'refused', nodes },
    });
    expect(clickhouse.tone).to.equal('warn');
    expect(clickhouse.details).to.deep.equal([
      {
        name: 'nodes',
        lines: ['node a:8123 · state up · version 26.7', 'node b:8123 · state unavailable'],
      },
    ]);
    expect(wordsOf({ odd: 'fine' })).to.include({ name: 'Odd', state: 'fine', tone: 'neutral' });
    expect(wordsOf({ nothing: null })).to.include({ name: 'Nothing', tone: 'neutral' });
  });
});

describe('Lengths and sizes', () => {
  it('are said in the units that fit', () => {
    const durations = [0, 0.9, 12.9, 60, 303, 7_200, 90_061, -5].map(formatDuration);
    expect(durations).to.deep.equal([
      'less than 1 s',
      'less than 1 s',
      '12 s',
      '1 min',
      '5 min 3 s',
      '2 h',
      '1 d 1 h',
      'less than 1 s',
    ]);
    expect([0, 1, 999, 3_400_000, 5e15].map(formatBytes)).to.deep.equal([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '3.4 MB',
      '5000.0 TB',
    ]);
  });
});
