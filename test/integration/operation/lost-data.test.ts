import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { Closing } from '../../../server/closing.ts';
import { health } from '../../support/http/health.ts';
import { eventually } from '../../support/http/outcome.ts';
import { startServer } from '../../support/server/server-process.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('A service whose database is removed while it runs', function lost() {
  this.timeout(180_000);
  let closing: Closing;

  beforeEach(() => {
    closing = new Closing();
  });
  afterEach(async () => closing.close());

  for (const workers of ['1', '2']) {
    it(`with WORKERS=${workers}: says so, keeps what comes, and ships it once a person has started it again`, async () => {
      const directory = await tempDir();
      closing.add('data', () => directory.remove());
      const first = await startServer({ DATA_DIR: directory.path, WORKERS: workers });
      closing.add('first', () => first.stop());
      const hour = Date.now();
      const post = async (url: string, user: string) => {
        const target = `${url}/analytics?timestamp=${hour}&user=${user}&click`;
        expect((await fetch(target, { method: 'POST' })).status).to.equal(204);
      };
      const clicks = async (url: string) => {
        const answer = await fetch(`${url}/analytics?timestamp=${hour}`, { headers: { 'Cache-Control': 'no-cache' } });
        return /clicks,(\d+)/.exec(await answer.text())?.[1];
      };
      await post(first.url, 'before');
      await eventually(async () => expect(await clicks(first.url)).to.equal('1'));

      await rm(path.join(directory.path, 'clickhouse', 'data'), { recursive: true });
      await post(first.url, 'after');
      await eventually(async () => {
        const { status, parts } = await health(first);
        expect(status).to.equal('degraded');
        expect(parts.clickhouse.state).to.equal('unavailable');
        expect(parts.clickhouse.error).to.match(/data of the embedded ClickHouse .* is gone.*start the service again/);
        expect(parts.backlog.events).to.equal(1);
      });
      expect(await first.stop()).to.equal(0);

      const second = await startServer({ DATA_DIR: directory.path, WORKERS: workers });
      closing.add('second', () => second.stop());
      await eventually(async () => expect(await clicks(second.url)).to.equal('1'), 60_000);
    });
  }
});
