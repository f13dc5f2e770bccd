import path from 'node:path';
import { expect } from 'chai';
import { FRAME_BYTES } from '../../../server/journal/checksum-frame.ts';
import { deferred } from '../../../server/common/deferred.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { interceptSyncs } from './disk.ts';
import { contents, journalIn, line, NOW_MS } from './journal-in-directory.ts';

const FIRST = 'events-owner-00000001.ndjson';
const SECOND = 'events-owner-00000002.ndjson';

describe('Journal', () => {
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

  /** Until `restore`, each sync of a file waits for what `intercept` does. */
  async function onSync(intercept: (sync: () => Promise<void>) => Promise<void>): Promise<void> {
    ({ restore } = await interceptSyncs(intercept));
  }

  it('answers only after the bytes are written and synced', async () => {
    const steps: string[] = [];
    const { journal } = journalIn(temp.path);
    await onSync(async (sync) => {
      await sync();
      steps.push(`synced ${(await contents(temp.path))[FIRST]}`);
      await new Promise((resolve) => setImmediate(resolve));
      steps.push('sync ended');
    });
    await journal.append(line('{"a":1}\n'));
    steps.push('answered');
    expect(steps).to.deep.equal(['synced {"a":1}\n', 'sync ended', 'answered']);
    await journal.close();
  });

  it('writes what arrives together as one group, in the order of arrival', async () => {
    const { journal, commits, backlog } = journalIn(temp.path);
    const rows = Array.from({ length: 1000 }, (_, index) => `{"row":${index},"text":"é🦊"}\n`);
    await Promise.all(rows.map(async (row) => journal.append(line(row))));
    expect(commits()).to.equal(1);
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: rows.join('') });
    expect([backlog.rows, backlog.bytes]).to.deep.equal([1000, Buffer.byteLength(rows.join('')) + FRAME_BYTES]);
    await journal.close();
  });

  it('writes what arrives during a sync as the next group', async () => {
    const { journal, commits } = journalIn(temp.path);
    const [syncing, goOn] = [deferred<void>(), deferred<void>()];
    await onSync(async (sync) => {
      syncing.resolve();
      await goOn.promise;
      await sync();
    });
    const first = journal.append(line('1\n'));
    await syncing.promise;
    const others = ['2\n', '3\n', '4\n'].map(async (row) => journal.append(line(row)));
    goOn.resolve();
    await first;
    expect(commits()).to.equal(1);
    await Promise.all(others);
    expect(commits()).to.equal(2);
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1\n2\n3\n4\n' });
    await journal.close();
  });

  it('keeps one segment open until it is asked to seal it, and goes on in the next', async () => {
    const { journal, sealed } = journalIn(temp.path);
    await journal.append(line('1\n'));
    await journal.append(line('2\n', 1));
    expect(journal.open).to.deep.equal({ rows: 2, historic: 1 });
    expect(await journal.seal()).to.deep.equal({
      name: 'events-owner-00000001',
      table: 'events',
      path: path.join(temp.path, FIRST),
      openedMs: NOW_MS,
      rows: 2,
      bytes: 4 + 2 * FRAME_BYTES,
      historicRows: 1,
    });
    expect([journal.open, sealed]).to.deep.equal([{ rows: 0, historic: 0 }, []]);
    expect(await journal.seal()).to.equal(undefined);
    await journal.append(line('3\n'));
    expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1\n2\n', [SECOND]: '3\n' });
    await journal.close();
    expect(sealed.map(({ name }) => name)).to.deep.equal(['events-owner-00000002']);
  });

  it('seals with what is on its way to the disk', async () => {
    const { journal } = journalIn(temp.path);
    const taken = journal.append(line('1\n'));
    expect(await journal.seal()).to.include({ rows: 1 });
    await taken;
    await journal.close();
  });

  it('seals a segment that nobody asks for when it is large enough', async () => {
    const { journal, nextSealed, sealed } = journalIn(temp.path, { segmentMaxBytes: 10 + 2 * FRAME_BYTES });
    await journal.append(line('12345678\n'));
    expect(sealed).to.deep.equal([]);
    const first = nextSealed();
    await journal.append(line('\n'));
    expect(await first).to.include({ name: 'events-owner-00000001', rows: 2, bytes: 10 + 2 * FRAME_BYTES });
    await journal.append(line('1\n'));
    await journal.close();
    expect(sealed.map(({ name, rows }) => [name, rows])).to.deep.equal([
      ['events-owner-00000001', 2],
      ['events-owner-00000002', 1],
    ]);
  });

  describe('at its limits', () => {
    it('refuses what would not fit into the journal, and stores nothing of it', async () => {
      const { journal, backlog, sealed } = journalIn(temp.path, { maxBytes: 10 + FRAME_BYTES });
      await journal.append(line('1234567\n'));
      const error = await failure(journal.append(line('no\n')));
      expect(error).to.include({ code: 'overloaded', retryAfterS: 60 });
      expect(error).to.have.property(
        'message',
        `The event was not stored: the journal holds ${8 + FRAME_BYTES} bytes that wait for ClickHouse, its limit is ${10 + FRAME_BYTES}`,
      );
      await journal.append(line('1\n'));
      await journal.close();
      expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1234567\n1\n' });

      const [segment] = sealed;
      if (segment !== undefined) backlog.remove(segment);
      expect(backlog.bytes).to.equal(0);
    });

    it('takes rows again once ClickHouse has what waited', async () => {
      const { journal, backlog, nextSealed } = journalIn(temp.path, {
        maxBytes: 4 + FRAME_BYTES,
        segmentMaxBytes: 4,
      });
      const sealed = nextSealed();
      await journal.append(line('123\n'));
      const segment = await sealed;
      expect(journal.appendError(0)).to.equal(undefined);
      expect(journal.appendError(1)).to.include({ code: 'overloaded' });
      backlog.remove(segment);
      await journal.append(line('4\n'));
      await journal.close();
    });

    it('refuses more than may wait for the disk, and stores nothing of it', async () => {
      const { journal } = journalIn(temp.path, { pendingMaxBytes: 4 });
      const taken = journal.append(line('123\n'));
      const error = await failure(journal.append(line('4\n')));
      expect(error).to.include({
        code: 'overloaded',
        retryAfterS: 1,
        message: 'The event was not stored: 4 bytes already wait for the disk, at most 4 may',
      });
      await taken;
      await journal.append(line('5\n'));
      await journal.close();
      expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '123\n5\n' });
    });

    it('counts the group that is on its way to the disk, against both limits', async () => {
      for (const limits of [{ maxBytes: 4 }, { pendingMaxBytes: 4 }]) {
        const { journal } = journalIn(temp.path, limits);
        const [syncing, goOn] = [deferred<void>(), deferred<void>()];
        await onSync(async (sync) => {
          syncing.resolve();
          await goOn.promise;
          await sync();
        });
        const taken = journal.append(line('123\n'));
        await syncing.promise;
        const refused = failure(journal.append(line('4\n')));
        goOn.resolve();
        expect(await refused).to.include({ code: 'overloaded' });
        await taken;
        restore();
        await journal.close();
        expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '123\n' });
        await temp.remove();
        temp = await tempDir();
      }
    });
  });

  describe('when it is closed', () => {
    it('makes durable what it took, seals it, and refuses what comes after', async () => {
      const { journal, sealed } = journalIn(temp.path);
      const taken = journal.append(line('1\n'));
      const closed = journal.close();
      const error = await failure(journal.append(line('2\n')));
      expect(error).to.include({
        code: 'overloaded',
        retryAfterS: 1,
        message: 'The event was not stored: this server is shutting down',
      });
      await taken;
      await closed;
      expect(sealed.map(({ name, rows, bytes }) => [name, rows, bytes])).to.deep.equal([
        ['events-owner-00000001', 1, 2 + FRAME_BYTES],
      ]);
      expect(await contents(temp.path)).to.deep.equal({ [FIRST]: '1\n' });
    });

    it('seals also the group that waited for the one on its way to the disk', async () => {
      const { journal, sealed } = journalIn(temp.path);
      const [syncing, goOn] = [deferred<void>(), deferred<void>()];
      await onSync(async (sync) => {
        syncing.resolve();
        await goOn.promise;
        await sync();
      });
      const taken = [journal.append(line('1\n'))];
      await syncing.promise;
      taken.push(journal.append(line('2\n')));
      const closed = journal.close();
      goOn.resolve();
      await Promise.all(taken);
      await closed;
      const rows = sealed.reduce((sum, segment) => sum + segment.rows, 0);
      expect(rows).to.equal(2);
    });

    it('leaves no file and seals nothing when it never wrote', async () => {
      const { journal, sealed } = journalIn(temp.path);
      await journal.close();
      await journal.close();
      expect(sealed).to.deep.equal([]);
      expect(await contents(temp.path)).to.deep.equal({});
    });
  });
});
