import path from 'node:path';
import { expect } from 'chai';
import { createSegment, isSegmentFile, tableOf } from '../../../server/journal/segment.ts';

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

describe('tableOf', () => {
  it('is the table in the name of a file, when the service has such a table', () => {
    expect(tableOf(`/somewhere/${NAME}.ndjson`)).to.equal('events');
    expect(tableOf('rejected_events-a-1.ndjson')).to.equal('rejected_events');
    for (const file of ['clicks-a-1.ndjson', 'eventsa-1.ndjson', 'x_events-a-1.ndjson'])
      expect(tableOf(file), file).to.equal(undefined);
  });
});
