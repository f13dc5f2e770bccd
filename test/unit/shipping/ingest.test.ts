import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { access, chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { defaults } from '../../../server/config/config.ts';
import { Backlog } from '../../../server/journal/backlog.ts';
import { withFrame } from '../../../server/journal/checksum-frame.ts';
import { disown } from '../../../server/journal/owner-directory.ts';
import { createMetrics } from '../../../server/metrics/metrics.ts';
import { openIngest, type Ingest, type IngestDependencies } from '../../../server/shipping/ingest.ts';
import { silentLog } from '../../support/logs.ts';
import { eventually } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { unprivileged } from '../../support/unprivileged.ts';
import { idsOf, row } from './shipping-by-hand.ts';

type Call = (...args: string[]) => Promise<unknown>;

const OWNER = '20240101000000001-00000000';

describe('A journal that is taken over', function () {
  this.timeout(20_000);
  let temp: TempDir;
  let segment: string;
  let ingest: Ingest | undefined;
  let restore: () => void;
  /** The ids that ClickHouse has. */
  let stored: string[];

  beforeEach(async () => {
    temp = await tempDir();
    const directory = path.join(temp.path, 'journal', OWNER);
    await disown(directory);
    segment = path.join(directory, `events-${OWNER}-00000001.ndjson`);
    restore = () => undefined;
    stored = [];
  });
  afterEach(async () => {
    restore();
    await ingest?.close();
    await temp.remove();
  });

  const take: IngestDependencies['insert'] = async ({ rows }) => void stored.push(...idsOf(await text(await rows())));

  async function open(insert: IngestDependencies['insert']): Promise<Ingest> {
    const backlog = new Backlog();
    ingest = await openIngest({
      dataDir: temp.path,
      limits: defaults.journal,
      insert,
      backlog,
      metrics: createMetrics(backlog, Date.now),
      onStoring: () => undefined,
      onStored: () => undefined,
      log: silentLog,
      nowMs: Date.now,
      random: () => 0,
      hit: () => undefined,
    });
    return ingest;
  }

  /** Does something once, directly before a call of `node:fs/promises` for a path. */
  function before(name: 'lstat' | 'rename', suffix: string, act: (file: string) => Promise<void>): void {
    const { [name]: real }: Record<string, Call> = Object(fs.promises);
    if (real === undefined) throw new Error(`expected files to have ${name}`);
    let isDone = false;
    const intercepted = async (...args: string[]) => {
      const [file = ''] = args;
      if (!isDone && file.endsWith(suffix)) {
        isDone = true;
        await act(file);
      }
      return await real(...args);
    };
    const put = (call: Call) => {
      Object.assign(fs.promises, { [name]: call });
      syncBuiltinESMExports();
    };
    restore = () => put(real);
    put(intercepted);
  }

  async function writeDamaged(): Promise<void> {
    const [good, bad] = [withFrame(row('good')), withFrame(row('bad'))];
    bad[3] = 0x20;
    await writeFile(segment, Buffer.concat([bad, good]));
  }

  it('is shipped without its damaged rows although a person empties the quarantine just then', async () => {
    await writeDamaged();
    const kept = path.join(temp.path, 'journal', 'quarantine', 'kept');
    await disown(path.dirname(kept));
    await writeFile(kept, 'of earlier');
    before('lstat', '/kept', async (file) => rm(file));
    await open(take);
    await eventually(() => expect(stored).to.deep.equal(['good']), 1000);
  });

  it('is rid of what cannot be a segment: that goes into quarantine, and keeps nothing else back', async () => {
    const beside = (name: string) => path.join(path.dirname(segment), `${name}.ndjson`);
    await writeFile(segment, withFrame(row('good')));
    await writeFile(beside('clicks-a-00000001'), '');
    await mkdir(beside('events-a-00000009'));
    await symlink('/etc/hostname', beside('events-a-00000008'));
    execFileSync('mkfifo', [beside('events-a-00000007')]);
    await writeFile(path.join(temp.path, 'journal', 'quarantine'), 'in the way');
    const server = await open(take);
    await eventually(() => expect(stored).to.deep.equal(['good']), 1000);
    await rm(path.join(temp.path, 'journal', 'quarantine'));
    await eventually(() => expect(server.health().quarantined).to.equal(4));
    const held = ['clicks-a-00000001', ...[7, 8, 9].map((number) => `events-a-0000000${number}`)];
    expect((await readdir(path.join(temp.path, 'journal', 'quarantine'))).sort()).to.deep.equal(
      held.map((name) => `${name}.ndjson`),
    );
    expect(await readdir(path.join(temp.path, 'journal'))).to.have.length(2);
  });

  it('is not forgotten when anything but the file itself is missing', async () => {
    await writeDamaged();
    // As when another server, with a part of the same name, is quicker.
    before('rename', '.part', async (file) => rm(file));
    await open(take);
    await eventually(() => expect(stored).to.deep.equal(['good']), 5000);
    expect((await readdir(path.join(temp.path, 'journal', 'quarantine'))).length).to.equal(1);
  });

  it('waits while this user may not read it, says how that changes, and is shipped when it has', async () => {
    await writeFile(segment, withFrame(row('shut')));
    await chmod(segment, 0o000);
    for (const above of ['.', 'journal', path.join('journal', OWNER)]) await chmod(path.join(temp.path, above), 0o777);
    const server = await unprivileged(async () => {
      const opened = await open(take);
      await eventually(() =>
        expect(opened.health().journalError).to.match(/EACCES.*: chown -R \d+ '\S+'; chmod -R u\+rwX '/),
      );
      return opened;
    });
    expect([server.health().accepting, server.health().quarantined, stored]).to.deep.equal([true, 0, []]);
    const [directory = ''] = (await readdir(path.join(temp.path, 'journal'))).filter((name) => name !== OWNER);
    await chmod(path.join(temp.path, 'journal', directory, path.basename(segment)), 0o600);
    await eventually(() => expect(stored).to.deep.equal(['shut']));
    await eventually(() => expect(server.health().journalError).to.equal(undefined));
  });

  it('is left alone by a server whose INSERTs fail, also while the next one hangs', async () => {
    await rm(path.dirname(segment), { recursive: true });
    let tries = 0;
    const hanging = deferred<void>();
    const server = await open(async () => {
      tries += 1;
      if (tries > 1) await hanging.promise;
      throw new Error('the connection was cut');
    });
    const event = { application: '', sessionId: '', user: '', category: 'c', name: 'n', data: '{}' };
    await server.accept(event);
    await eventually(() => expect(tries).to.equal(2));
    await disown(path.dirname(segment));
    await writeFile(segment, withFrame(row('waits')));
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await access(segment);
    hanging.resolve();
  });
});
