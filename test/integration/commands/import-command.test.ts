import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { expect } from 'chai';
import { MIB } from '../../../server/common/units.ts';
import { testEndpoint } from '../../support/clickhouse/clickhouse.ts';
import { eventText } from '../../support/http/events-api.ts';
import { runImport } from '../../support/server/run-import.ts';
import { rowsOf } from '../../support/clickhouse/stored.ts';
import { expectStored, storedEvents, storedRejections } from '../../support/clickhouse/stored-events.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const LONG_BYTES = 256 * MIB;

interface Rsvp {
  readonly member?: object;
  readonly venue?: object | undefined;
  readonly event?: object;
  readonly mtime?: number | undefined;
}

function rsvpText(changes: Rsvp = {}): string {
  return JSON.stringify({
    venue: { venue_name: 'Hall “A”', lon: 4.9, lat: 52.4, venue_id: 1 },
    response: 'yes',
    guests: 0,
    member: { member_id: 7, member_name: 'member-7' },
    rsvp_id: 1,
    mtime: 1489925470960,
    event: { event_name: 'Chess', event_id: 'e1', time: 1491613200000 },
    group: { group_city: 'Utrecht', group_topics: [{ urlkey: 'chess' }] },
    ...changes,
  });
}

async function packed(target: string): Promise<string> {
  await pipeline(createReadStream(target), createGzip({ level: 1 }), createWriteStream(`${target}.gz`));
  return `${target}.gz`;
}

describe('npm run import, into the service', () => {
  let service: TestApp;
  let directory: TempDir;

  before(async () => {
    service = await startTestApp();
    directory = await tempDir();
  });
  after(async () => {
    await service.remove();
    await directory.remove();
  });

  const file = async (name: string, content: string) => {
    const target = path.join(directory.path, name);
    await writeFile(target, content);
    return target;
  };

  it('sends the events of a file, and says what became of each line', async () => {
    const good = eventText({ name: 'imported' });
    const lines = ['\ufeff' + good, '', good, '{"cut":', eventText({ timestamp: 'soon' }), 'x', `${good}\r`, '7'];
    const target = await file('events.ndjson', lines.join('\n'));
    const { exitCode, stdout, stderr } = await runImport(target, '--url', service.url);
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.contain('accepted   3\nrejected   2\n');
    expect(stdout).to.match(/ {2}timestamp 1\n {4}1 × timestamp: received "soon", expected /);
    expect(stdout).to.match(/ {2}shape 1\n/);
    expect(stdout).to.contain('unparsable 2\n  lines 4, 6\n3 accepted, 2 rejected, 2 unparsable in ');
    await expectStored(service.database, 'imported', 3);
  });

  it('maps RSVPs, and leaves it to the schema what is missing in one', async () => {
    const texts = [
      rsvpText(),
      rsvpText({ venue: undefined }),
      rsvpText({ event: { event_name: 'Go', event_id: 'e2' } }),
      rsvpText({ member: {} }),
    ];
    const target = await file('rsvps.ndjson', `${texts.join('\n')}\n{"venue":{"ven`);
    const { exitCode, stdout } = await runImport(target, '--format', 'rsvp', '--url', service.url, '--rate', '1000');
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('2 accepted, 2 rejected, 1 unparsable');
    expect(stdout).to.contain('× data.venue: received nothing, expected an object');
    expect(stdout).to.contain('× data.event.time: received nothing, expected a whole number');
    await expectStored(service.database, 'rsvp', 2);
    const [stored] = await storedEvents(service.database, `name = 'rsvp'`);
    expect(stored).to.deep.include({
      session_id: 'meetup-7',
      category: 'meetup',
      us: '1489925470960000',
      data: texts[0],
    });
    const reasons = (await storedRejections(service.database)).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'schema')).to.have.length(2);
  });

  describe('with a line of 256 MiB', () => {
    const good = eventText({ name: 'beside' });
    /** Nothing of it is on the disk. */
    const withLongLine = async (name: string, format: 'events' | 'csv') => {
      const [head, line] = format === 'csv' ? ['name,text\n', 'beside,x'] : ['', good];
      const target = await file(name, `${head}${line}\n${line}\n`);
      await truncate(target, (await stat(target)).size + LONG_BYTES);
      await appendFile(target, `\n${line}\n`);
      return target;
    };
    let usualBytes: number;

    before(async () => {
      const { peakBytes } = await runImport(await file('usual.ndjson', good), '--url', service.url);
      usualBytes = peakBytes;
    });

    for (const [name, format] of [
      ['long.ndjson', 'events'],
      ['long.csv', 'csv'],
      ['packed.ndjson', 'events'],
    ] as const) {
      it(`skips and counts it, and holds no more than a part of it: ${name}`, async () => {
        const plain = await withLongLine(name, format);
        const target = name.startsWith('packed') ? await packed(plain) : plain;
        const imported = await runImport(target, '--url', service.url, '--format', format);
        const { exitCode, stdout, stderr, peakBytes } = imported;
        expect(exitCode, stderr).to.equal(0);
        expect(stdout).to.contain('accepted   3\nrejected   0\nunparsable 1\n');
        expect(stdout).to.contain('1 of them longer than 16 MiB');
        if (process.platform === 'linux') expect(peakBytes - usualBytes).to.be.below(LONG_BYTES / 2);
      });
    }
  });

  it('sends a batch that is too large for the service in smaller ones', async () => {
    const small = await startTestApp({ maxBodyBytes: 5_000 });
    try {
      const lines = Array.from({ length: 200 }, () => eventText({ name: 'small' }));
      const target = await file('many.ndjson', [...lines, eventText({ data: { x: 'y'.repeat(6_000) } })].join('\n'));
      const { exitCode, stdout } = await runImport(target, '--url', small.url);
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain('200 accepted, 1 rejected').and.contain('too_large 1');
      await expectStored(small.database, 'small', 200);
    } finally {
      await small.remove();
    }
  });

  it('changes no number when a file is imported again, also one that was cut short before', async () => {
    const lines = Array.from({ length: 1200 }, (_, at) => JSON.stringify({ name: `again-${at % 3}`, data: { at } }));
    const target = await file('again.ndjson', lines.join('\n'));
    for (let times = 0; times < 3; times += 1) {
      const { exitCode, stdout } = await runImport(target, '--url', service.url);
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain('1200 accepted, 0 rejected');
    }
    await expectCounted("name LIKE 'again-%'", 1200);
  });

  it('imports CSV, each record once, and keeps what is in no column of an event as data', async () => {
    const target = await file(
      'orders.csv',
      'timestamp,name,user,city\n2026-05-01 13:00:00,csv-order,ada,"Köln, ""Süd"""\n',
    );
    for (let times = 0; times < 2; times += 1) {
      const { exitCode, stdout } = await runImport(target, '--format', 'csv', '--url', service.url);
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain('1 accepted, 0 rejected, 0 unparsable');
    }
    await expectCounted("name = 'csv-order'", 1);
    const [stored] = await storedEvents(service.database, `name = 'csv-order'`);
    expect(stored).to.deep.include({
      category: 'event',
      session_id: 'ada',
      data: '{"city":"Köln, \\"Süd\\""}',
    });
  });

  /** How many identities there are, once they are stored. */
  async function expectCounted(where: string, expected: number): Promise<void> {
    const query = `SELECT toString(uniqExact(application, event_id, category, name, timestamp)) AS n FROM events WHERE ${where}`;
    let counted = '';
    for (const deadline = Date.now() + 10_000; Date.now() < deadline && counted !== String(expected); await sleep(50))
      counted = (await rowsOf<{ n: string }>(testEndpoint(), service.database, query))[0]?.n ?? '';
    expect(counted).to.equal(String(expected));
  }
});
