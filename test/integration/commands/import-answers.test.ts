import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { expect } from 'chai';
import { eventText } from '../../support/http/events-api.ts';
import { accept, busy, hangUp, runImport, startFake, startImport } from '../../support/server/run-import.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('npm run import', () => {
  let directory: TempDir;
  before(async () => {
    directory = await tempDir();
  });
  after(() => directory.remove());

  const file = async (name: string, content: string | Buffer) => {
    const target = path.join(directory.path, name);
    await writeFile(target, content);
    return target;
  };

  it('tries again after 429, 502, 503 and a broken connection, and sends the key', async function () {
    this.timeout(20_000);
    const fake = await startFake([busy(503), busy(429), busy(502), hangUp, accept]);
    try {
      const target = await file('one.ndjson', eventText());
      const { exitCode, stdout, stderr } = await runImport(target, '--url', fake.url);
      expect(exitCode, stderr).to.equal(0);
      expect(stdout).to.contain('1 accepted');
      expect(stderr).to.match(/waiting \d\.\d s: 503: busy\n/);
      expect(fake.requests).to.have.length(5);
      expect(new Set(fake.requests.map(({ body }) => body)).size).to.equal(1);
      expect(fake.requests[0]?.authorization).to.equal('Bearer the-key');
    } finally {
      await fake.close();
    }
  });

  it('says once what to do while no service answers, and which variable has the key when it is refused', async function () {
    this.timeout(20_000);
    const fake = await startFake([
      hangUp,
      hangUp,
      (response) => void response.writeHead(401).end('{"detail":"no key"}'),
    ]);
    try {
      const { exitCode, stderr } = await runImport(await file('key.ndjson', eventText()), '--url', fake.url);
      expect(exitCode).to.equal(1);
      const [first, second, last] = stderr.split('\n');
      expect(first).to.match(/^waiting .*; start the service with npm start, or name another with --url$/);
      expect(second)
        .to.match(/^waiting /)
        .and.not.include('npm start');
      expect(last).to.match(/401: no key; set CLICKHOUR_API_KEY to a key that may do this$/);
    } finally {
      await fake.close();
    }
  });

  it('stops with a summary when the service refuses for good, or the file cannot be read', async () => {
    const fake = await startFake([accept, (response) => void response.writeHead(403).end('{"detail":"no role"}')]);
    try {
      const lines = Array.from({ length: 1500 }, () => eventText());
      const target = await file('refused.ndjson', lines.join('\n'));
      const { exitCode, stdout, stderr } = await runImport(target, '--url', fake.url);
      expect(exitCode).to.equal(1);
      expect(stdout).to.contain('1 accepted');
      expect(stderr).to.contain(`Stopped before the end of ${target}: 403: no role`);
    } finally {
      await fake.close();
    }
    const missing = await runImport(path.join(directory.path, 'missing'));
    expect(missing.exitCode).to.equal(1);
    expect(missing.stderr).to.contain('ENOENT').and.not.contain('    at ');
  });

  it('stops with a summary at Ctrl-C, which npm passes on once more', async () => {
    const interrupt = (response: ServerResponse) => {
      running.interrupt();
      setTimeout(() => running.interrupt(), 20);
      setTimeout(() => busy(503)(response), 40);
    };
    const fake = await startFake([accept, interrupt]);
    const target = await file('interrupted.ndjson', Array.from({ length: 1500 }, () => eventText()).join('\n'));
    const running = startImport(target, '--url', fake.url);
    try {
      const { exitCode, stdout, stderr } = await running.ended;
      expect(exitCode).to.equal(1);
      expect(stdout).to.contain('1 accepted');
      expect(stderr).to.contain(`Stopped before the end of ${target}: interrupted`);
    } finally {
      await fake.close();
    }
  });

  it('exits 1 when nothing was accepted', async () => {
    const fake = await startFake([
      (response) => void response.writeHead(400).end('{"accepted":0,"rejected":[{"reason":"name","errors":[]}]}'),
    ]);
    try {
      const { exitCode, stdout } = await runImport(await file('bad.ndjson', '{}'), '--url', fake.url);
      expect(exitCode).to.equal(1);
      expect(stdout).to.contain('0 accepted, 1 rejected');
      const empty = await runImport(await file('empty.ndjson', '\n'), '--url', fake.url);
      expect(empty.exitCode).to.equal(1);
    } finally {
      await fake.close();
    }
  });

  it('sends the same events under the same identities when it is run again', async () => {
    const fake = await startFake([accept]);
    try {
      const target = await file(
        'same.ndjson',
        '{"name":"a"}\n{"name":"a"}\n{"name":"b","event_id":"own","timestamp":1}',
      );
      for (let times = 0; times < 2; times += 1) await runImport(target, '--url', fake.url);
      const [first, second] = fake.requests.map(({ body }) => body);
      expect(second).to.equal(first);
      const ids = (first ?? '').split('\n').map((line) => (JSON.parse(line) as { event_id: string }).event_id);
      expect(new Set(ids).size).to.equal(3);
      expect(ids[2]).to.equal('own');
    } finally {
      await fake.close();
    }
  });

  it('says of lines that are not UTF-8 that they are not, and sends the others', async () => {
    const fake = await startFake([accept]);
    try {
      const target = await file('windows.csv', Buffer.from('name,user\na,Ren\xe9\nb,Ren\xe8\nc,ann\n', 'latin1'));
      const { exitCode, stdout } = await runImport(target, '--format', 'csv', '--url', fake.url);
      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/unparsable 2\n {2}lines 2, 3\n {2}2 of them not UTF-8; convert .*iconv/);
      expect(fake.requests.map(({ body }) => body).join())
        .to.include('ann')
        .and.not.include('Ren');
    } finally {
      await fake.close();
    }
  });

  it('explains itself', async () => {
    const { exitCode, stdout } = await runImport('--help');
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('Usage: npm run import').and.contain('Example:');
  });

  it('exits 2 with the usage when the arguments are wrong', async () => {
    for (const args of [
      [],
      ['a', 'b'],
      ['a', '--format', 'xml'],
      ['a', '--all'],
      ['a', '--rate', '0'],
      ['a', '--url', 'nowhere'],
      ['a', '--url', 'http://127.0.0.1:1/?a=1'],
    ]) {
      const { exitCode, stderr } = await runImport(...args);
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(stderr).to.contain('Usage: npm run import');
    }
  });
});
