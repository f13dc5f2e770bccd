import { expect } from 'chai';
import { readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runningEngine, startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import type { ClickHouseEndpoint, Credentials } from '../../../server/clickhouse/endpoint.ts';
import { ROLES } from '../../../server/clickhouse/endpoint.ts';
import { Closing } from '../../../server/closing.ts';
import { silentLog } from '../../support/logs.ts';
import { ask } from '../../support/http/ask.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir } from '../../support/temp-dir.ts';

const DATABASE = 'test_users';
/** TCP_LISTEN, as in net/tcp_states.h of Linux. */
const LISTENING = '0A';

describe('The users of the embedded engine', function () {
  this.timeout(60_000);
  let engine: Engine;
  let directory: string;
  const closing = new Closing();

  const start = async (): Promise<Engine> => startEngine({ directory, log: silentLog, database: DATABASE });

  before(async () => {
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    directory = path.join(temporary.path, 'clickhouse');
    engine = await start();
    closing.add('engine', () => engine.close());
    await ask(engine.endpoint, 'admin', `CREATE DATABASE ${DATABASE}`);
    await ask(engine.endpoint, 'admin', `CREATE TABLE ${DATABASE}.numbers (n UInt8) ENGINE = MergeTree ORDER BY n`);
    await ask(engine.endpoint, 'ingest', `INSERT INTO ${DATABASE}.numbers VALUES (7)`);
  });
  after(() => closing.close());

  const passwordFile = () => path.join(directory, 'passwords.json');

  it('have random passwords, in a file that only this account can read', async () => {
    const { mode } = await stat(passwordFile());
    expect(mode & 0o777).to.equal(0o600);
    expect((await stat(directory)).mode & 0o077).to.equal(0);
    const kept = JSON.parse(await readFile(passwordFile(), 'utf8')) as Record<string, string>;
    expect(Object.keys(kept)).to.have.members([...ROLES]);
    const passwords = Object.values(kept);
    expect(new Set(passwords).size).to.equal(ROLES.length);
    for (const password of passwords) expect(password).to.have.length.of.at.least(32);
    for (const role of ROLES) expect(engine.endpoint[role].password).to.equal(kept[role]);
    expect(await runningEngine(directory)).to.deep.equal(engine.endpoint);
  });

  it('come by way of HTTP on this machine, and there is no other way in', async function () {
    if (process.platform !== 'linux') this.skip();
    const [url] = engine.endpoint.urls;
    const { port } = new URL(url);
    expect(await listeningOn(engine.pid)).to.deep.equal([`127.0.0.1:${port}`]);
  });

  it('are nobody without them', async () => {
    for (const username of [...ROLES, 'nobody']) {
      for (const password of ['', 'x']) {
        const problem = await failure(ask(as(engine.endpoint, { username, password }), 'admin', 'SELECT 1'));
        expect(String(problem), username).to.include('Authentication failed');
      }
    }
  });

  it('do not include one with whom anybody gets anything: default, which has none', async () => {
    const other = as(engine.endpoint, { username: 'default', password: '' });
    for (const query of [
      'SELECT 1',
      'SELECT currentUser()',
      `SELECT count() FROM ${DATABASE}.numbers`,
      `INSERT INTO ${DATABASE}.numbers VALUES (1)`,
      'SYSTEM STOP LISTEN HTTP',
      'SYSTEM SHUTDOWN',
      `DROP DATABASE ${DATABASE}`,
      'SET max_query_size = 1000',
      "KILL QUERY WHERE user = 'default'",
      "SELECT file('/etc/passwd')",
    ]) {
      expect(String(await failure(ask(other, 'admin', query))), query).to.include('Max query size exceeded');
    }
    // As short as it may be: a digit, which is its own answer.
    expect(await ask(other, 'admin', '1')).to.equal('1');
    const [url] = engine.endpoint.urls;
    for (const setting of [
      'max_query_size=0',
      'max_query_size=100000',
      'profile=default',
      'readonly=0',
      'session_id=x',
    ]) {
      const answer = await fetch(`${url}/?${setting}`, { method: 'POST', body: 'SELECT 42' });
      expect(answer.status, setting).to.be.oneOf([400, 403, 500]);
      expect(await answer.text(), setting).to.not.match(/^42/);
    }
    expect(await ask(engine.endpoint, 'admin', `SELECT count() FROM ${DATABASE}.numbers`)).to.equal('1');
  });

  it('keep their passwords, and get some where a directory has none, or a broken file', async () => {
    const first = engine.endpoint;
    await engine.close();
    engine = await start();
    expect(engine.endpoint.admin).to.deep.equal(first.admin);
    for (const spoil of [() => rm(passwordFile()), () => writeFile(passwordFile(), '{"admin":')]) {
      await engine.close();
      await spoil();
      engine = await start();
      expect(engine.endpoint.admin).not.to.deep.equal(first.admin);
      expect((await stat(passwordFile())).mode & 0o777).to.equal(0o600);
      expect(await ask(engine.endpoint, 'analyst', `SELECT count() FROM ${DATABASE}.numbers`)).to.equal('1');
    }
  });
});

/** The addresses that a process listens on, by what Linux says of its sockets: proc(5). */
async function listeningOn(pid: number): Promise<string[]> {
  const files = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(files.map(async (file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
  const own = new Set(targets.map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
  const tables = await Promise.all(['tcp', 'tcp6'].map(async (name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')));
  const sockets = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  const listening = sockets.filter(([, , , state, , , , , , inode]) => state === LISTENING && own.has(inode));
  return listening.map(([, local = '']) => addressOf(local));
}

/** In hexadecimal digits, the address as a number of this machine's byte order. */
function addressOf(local: string): string {
  const [address = '', port = ''] = local.split(':');
  const bytes = Buffer.from(address, 'hex').toReversed();
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`;
}

function as(endpoint: ClickHouseEndpoint, admin: Credentials): ClickHouseEndpoint {
  return { ...endpoint, admin };
}
