import path from 'node:path';
import { expect } from 'chai';
import { createSegment, isSegmentFile, tokenOf } from '../../../server/ingest/segment.ts';

const NAME = 'events-20240101000000000-0a1b2c3d-00000001';

describe('createSegment', () => {
  it('names the file after the table and the id, as the files that a start takes over are named', () => {
    const segment = createSegment('/journal/me', 'rejected_events', '20240101-0a1b-00000001', 42);
    expect(segment).to.deep.equal({
      name: 'rejected_events-20240101-0a1b-00000001',
      table: 'rejected_events',
      path: '/journal/me/rejected_events-20240101-0a1b-00000001.ndjson',
      firstRowMs: 42,
      rows: 0,
      bytes: 0,
      isRecovered: false,
      notes: [],
    });
    expect(isSegmentFile(path.basename(segment.path))).to.equal(true);
  });

  it('knows other files as such', () => {
    for (const file of ['lock', '.DS_Store', `${NAME}.ndjson.gz`, `${NAME}.tmp`, 'events.ndjson']) {
      expect(isSegmentFile(file), file).to.equal(false);
    }
  });
});

describe('tokenOf', () => {
  it('is the name of the segment for all rows, and says which rows for some', () => {
    const segment = { ...createSegment('/journal/me', 'events', 'a-1', 0), rows: 10 };
    expect(tokenOf(segment, { from: 0, to: 10 })).to.equal('events-a-1');
    expect(tokenOf(segment, { from: 0, to: 5 })).to.equal('events-a-1:0-5');
    expect(tokenOf(segment, { from: 9, to: 10 })).to.equal('events-a-1:9-10');
  });
});
