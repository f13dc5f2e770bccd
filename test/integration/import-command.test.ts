import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventText } from '../support/events-api.ts';
import { expectStored, storedEvents, storedRejections } from '../support/stored-events.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const PROGRAM = fileURLToPath(new URL('../../server/cli/import.js', import.meta.url));

/** Runs the command as npm does, without a terminal. */
async function runImport(
  ...args: string[]
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, CLICKHOUR_API_KEY: 'the-key' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { exitCode, stdout, stderr };
}

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

/** A server that answers each request as the next of `answers` says, and the last one for ever. */
async function startFake(answers: readonly ((response: ServerResponse) => void)[]) {
  const requests: { readonly authorization: string | undefined; readonly body: string }[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const index = requests.length;
    requests.push({ authorization: request.headers.authorization, body: await text(request) });
    (answers[index] ?? answers.at(-1))?.(response);
  };
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, requests, close };
}

const busy = (status: number) => (response: ServerResponse) =>
  void response.writeHead(status, { 'Retry-After': '1' }).end('{"detail":"busy"}');
const hangUp = (response: ServerResponse) => void response.destroy();
const accept = (response: ServerResponse) =>
  void response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"accepted":1,"rejected":[]}');

describe('npm run import', () => {
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
    const lines = [
      '\ufeff' + good,
      '',
      good,
      '{"cut":',
      eventText({ timestamp: 'soon' }),
      'x',
      `${good}\r`,
      '7',
    ];
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
    const { exitCode, stdout } = await runImport(
      target,
      '--format',
      'rsvp',
      '--url',
      service.url,
      '--rate',
      '1000',
    );
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('1 accepted, 3 rejected, 1 unparsable');
    expect(stdout).to.contain('× data.venue: received nothing, expected an object');
    expect(stdout).to.contain('× data.event.time: received nothing, expected a whole number');
    await expectStored(service.database, 'rsvp', 1);
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

  it('tries again after 429, 503 and a broken connection, and sends the key', async function () {
    this.timeout(20_000);
    const fake = await startFake([busy(503), busy(429), hangUp, accept]);
    try {
      const target = await file('one.ndjson', eventText());
      const { exitCode, stdout, stderr } = await runImport(target, '--url', fake.url);
      expect(exitCode, stderr).to.equal(0);
      expect(stdout).to.contain('1 accepted');
      expect(stderr).to.match(/waiting \d\.\d s: 503: busy\n/);
      expect(fake.requests).to.have.length(4);
      expect(new Set(fake.requests.map(({ body }) => body)).size).to.equal(1);
      expect(fake.requests[0]?.authorization).to.equal('Bearer the-key');
    } finally {
      await fake.close();
    }
  });

  it('sends a batch that is too large for the service in smaller ones', async () => {
    const small = await startTestApp({ maxBodyBytes: 5_000 });
    try {
      const lines = Array.from({ length: 200 }, () => eventText({ name: 'small' }));
      const target = await file(
        'many.ndjson',
        [...lines, eventText({ data: { x: 'y'.repeat(6_000) } })].join('\n'),
      );
      const { exitCode, stdout } = await runImport(target, '--url', small.url);
      expect(exitCode).to.equal(0);
      expect(stdout).to.contain('200 accepted, 1 rejected').and.contain('too_large 1');
      await expectStored(small.database, 'small', 200);
    } finally {
      await small.remove();
    }
  });

  it('stops with a summary when the service refuses for good, or the file cannot be read', async () => {
    const fake = await startFake([
      accept,
      (response) => void response.writeHead(403).end('{"detail":"no role"}'),
    ]);
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

  it('exits 2 with the usage when the arguments are wrong', async () => {
    for (const args of [
      [],
      ['a', 'b'],
      ['a', '--format', 'csv'],
      ['a', '--rate', '0'],
      ['a', '--url', 'nowhere'],
    ]) {
      const { exitCode, stderr } = await runImport(...args);
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(stderr).to.contain('Usage: npm run import');
    }
  });
});
