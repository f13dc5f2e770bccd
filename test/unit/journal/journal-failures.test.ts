import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { FRAME_BYTES } from '../../../server/journal/checksum-frame.ts';
import { deferred } from '../../../server/common/deferred.ts';
import { AppError, messageOf } from '../../../server/common/errors.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { keptLog } from '../../support/logs.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { interceptSyncs } from './disk.ts';
import { contents, journalIn, line } from './journal-in-directory.ts';

const FIRST = 'events-owner-00000001.ndjson';
const SECOND = 'events-owner-00000002.ndjson';

function expectRefused(errors: readonly unknown[], reason: RegExp): void {
  for (const error of errors) {
    expect(error).to.be.instanceOf(AppError).that.includes({ code: 'overloaded', retryAfterS: 5 });
    expect(error).to.have.property('message').that.matches(reason);
    expect(error).to.have.property('cause').that.is.instanceOf(Error);
  }
}

describe('Journal on a disk that fails', () => {
  let temp: TempDir;
  let restore: () => void;

  beforeEach(async () => {
    temp = await tempDir();
    restore = () => undefined;
  });

  afterEach(async () => {
    restore();
    await temp.remove();
  });

  /** The next sync fails, after the bytes were written; those after it work. */
  async function failNextSync(): Promise<void> {
    let failures = 1;
    ({ restore } = await interceptSyncs(async (sync) => {
      await sync();
      if (failures > 0) {
        failures -= 1;
        throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      }
    }));
  }

  it('refuses everyone in the group when the directory is gone, and takes rows again when it is back', async () => {
    const { journal, backlog, sealed } = journalIn(temp.path);
    await rm(temp.path, { recursive: true });
    const errors = await Promise.all(['1\n', '2\n', '3\n'].map(async (row) => failure(journal.append(line(row)))));
    expectRefused(errors, /^The event was not stored: the journal cannot be written: ENOENT/);
    expect(journal.lastError?.message).to.match(/^ENOENT/);
    expect([backlog.rows, backlog.segments]).to.deep.equal([0, 0]);

    await mkdir(temp.path);
    await journal.append(line('4\n'));
    expect(journal.lastError).to.equal(undefined);
    await journal.close();
    expect(await contents(temp.path)).to.deep.equal({ [SECOND]: '4\n' });
    expect(sealed.map(({ rows }) => rows)).to.deep.equal([1]);
  });

  it('is failing for as long as it asks its callers to stay away, and a success ends it at once', async () => {
    const { journal, advance } = journalIn(temp.path);
    await rm(temp.path, { recursive: true });
    await failure(journal.append(line('1\n')));
    expect(journal.isFailing).to.equal(true);
    advance(4999);
    expect(journal.isFailing).to.equal(true);
    advance(1);
    expect(journal.isFailing).to.equal(false);
    await failure(journal.append(line('2\n')));
    expect(journal.isFailing).to.equal(true);
    // A clock that goes back makes it no longer.
    advance(-3_600_000);
    expect(journal.isFailing).to.equal(false);
    await failure(journal.append(line('3\n')));
    expect(journal.isFailing).to.equal(true);
    await mkdir(temp.path);
    await journal.append(line('4\n'));
    expect(journal.isFailing).to.equal(false);
    await journal.close();
  });

  it('has nobody else wait while the disk does not answer, and takes rows again when it does', async () => {
    const answer = deferred<void>();
    ({ restore } = await interceptSyncs(async (sync) => {
      await answer.promise;
      await sync();
    }));
    const { log, lines } = keptLog();
    const { journal, backlog, advance } = journalIn(temp.path, {}, log);
    const first = journal.append(line('1\n'));
    // So that the write is under way.
    await eventually(async () => expect(await readdir(temp.path)).to.deep.equal([FIRST]));
    advance(10_000);
    const second = journal.append(line('2\n'));
    advance(1);
    const refused = await failure(journal.append(line('3\n')));
    expect(refused).to.be.instanceOf(AppError).that.includes({ code: 'overloaded', retryAfterS: 5 });
    expect(messageOf(refused)).to.equal('The event was not stored: the disk has not answered for 10 s');
    await failure(journal.append(line('again\n')));
    expect(lines.map(({ msg }) => msg)).to.deep.equal(['the disk of the journal does not answer; events get 503']);
    expect(backlog.rows).to.equal(0);
    answer.resolve();
    await Promise.all([first, second]);
    await journal.append(line('4\n'));
    await journal.close();
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1\n2\n4\n' });
  });

  it('logs an outage once, and the next one again', async () => {
    const { log, lines } = keptLog();
    const { journal } = journalIn(temp.path, {}, log);
    for (let outage = 1; outage <= 2; outage += 1) {
      await rm(temp.path, { recursive: true });
      for (const row of ['1\n', '2\n', '3\n']) await failure(journal.append(line(row)));
      expect(lines.map(({ msg }) => msg)).to.deep.equal(Array(outage).fill('the journal could not be written'));
      await mkdir(temp.path);
      await journal.append(line('4\n'));
      expect(await journal.seal()).to.have.property('rows', 1);
    }
    await journal.close();
  });

  it('never writes into a file that is already there', async () => {
    const { journal } = journalIn(temp.path);
    await writeFile(path.join(temp.path, FIRST), 'of another\n');
    expectRefused([await failure(journal.append(line('1\n')))], /EEXIST/);
    await journal.append(line('2\n'));
    await journal.close();
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: 'of another\n', [SECOND]: '2\n' });
  });

  it('cuts a group that could not be synced off, keeps the rows before it, and goes on in a new segment', async () => {
    const { journal, backlog, sealed } = journalIn(temp.path);
    await journal.append(line('1\n'));
    await failNextSync();
    const errors = await Promise.all(['2\n', '3\n'].map(async (row) => failure(journal.append(line(row)))));
    expectRefused(errors, /EIO/);
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1\n' });
    expect(sealed.map(({ name, rows, bytes }) => [name, rows, bytes])).to.deep.equal([
      ['events-owner-00000001', 1, 2 + FRAME_BYTES],
    ]);
    await journal.append(line('4\n'));
    expect(backlog.rows).to.equal(2);
    await journal.close();
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1\n', [SECOND]: '4\n' });
  });

  it('leaves no file behind when the first group of a segment could not be synced', async () => {
    const { journal, sealed } = journalIn(temp.path);
    await failNextSync();
    expectRefused([await failure(journal.append(line('1\n')))], /EIO/);
    expect(await contents(temp.path)).to.deep.equal({});
    await journal.close();
    expect(sealed).to.deep.equal([]);
  });

  it('cuts off what was written of a group when the disk became full in the middle of it', async () => {
    const program = fileURLToPath(new URL('full-disk-main.js', import.meta.url));
    // A limit on the size of a file is a full disk for one process: a write is cut short, the next one fails.
    const command = 'ulimit -f 8 && exec "$0" "$1" "$2"';
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, program, temp.path]);
    const { limit, answers, sealed } = JSON.parse(stdout);
    expect(limit).to.match(/EFBIG/);
    expect(answers).to.deep.equal({
      before: 'stored',
      within: Array(10).fill('overloaded'),
      after: 'stored',
    });
    expect(sealed).to.deep.equal([
      ['events-owner-00000001', 1],
      ['events-owner-00000002', 1],
    ]);
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: 'before\n', [SECOND]: 'after\n' });
  });
});
