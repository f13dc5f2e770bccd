import path from 'node:path';
import { expect } from 'chai';
import { createSegment, isHistoric, isSegmentFile, tableOf } from '../../../server/journal/segment.ts';

const NAME = 'events-20240101000000000-0a1b2c3d-00000001';

describe('createSegment', () => {
  it('names the file after the table and the id, as the files that a start takes over are named', () => {
    const segment = createSegment('/journal/me', 'rejected_events', '20240101-0a1b-00000001', 42);
    expect(segment).to.deep.equal({
      name: 'rejected_events-20240101-0a1b-00000001',
      table: 'rejected_events',
      path: '/journal/me/rejected_events-20240101-0a1b-00000001.ndjson',
      openedMs: 42,
      rows: 0,
      bytes: 0,
      historicRows: 0,
    });
    expect(isSegmentFile(path.basename(segment.path))).to.equal(true);
  });

  it('knows other files as such', () => {
    for (const file of ['lock', '.DS_Store', `${NAME}.ndjson.gz`, `${NAME}.tmp`, 'events.ndjson']) {
      expect(isSegmentFile(file), file).to.equal(false);
    }
  });
});

describe('isHistoric', () => {
  it('goes by the clock, also while the time of receipt is ahead of it', () => {
    const [dayUs, clockUs] = [86_400_000_000, 1_700_000_000_000_000];
    const stamp = { receivedAtUs: clockUs + 3 * dayUs, clockUs, eventId: '' };
    const event = { application: '', sessionId: '', user: '', category: 'c', name: 'n', data: '{}' };
    for (const days of [0, 1, 2])
      expect(isHistoric({ ...event, timestampUs: clockUs - days * dayUs }, stamp)).to.equal(false);
    expect(isHistoric({ ...event, timestampUs: clockUs - 2 * dayUs - 1 }, stamp)).to.equal(true);
    expect(isHistoric(event, stamp)).to.equal(false);
  });
});

describe('tableOf', () => {
  it('is the table in the name of a file, when the service has such a table', () => {
    expect(tableOf(`/somewhere/${NAME}.ndjson`)).to.equal('events');
    expect(tableOf('rejected_events-a-1.ndjson')).to.equal('rejected_events');
    for (const file of ['clicks-a-1.ndjson', 'eventsa-1.ndjson', 'x_events-a-1.ndjson'])
      expect(tableOf(file), file).to.equal(undefined);
  });
});
