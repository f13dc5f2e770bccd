import { expect } from 'chai';
import { readdir, readFile, rename } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { runningEngine, startEngine, type Engine } from '../../../clickhouse/embedded/embedded.ts';
import { EngineInUse } from '../../../clickhouse/embedded/engine-owner.ts';
import { requireEnginePackages } from '../../../clickhouse/embedded/engine-packages.ts';
import type { ClickHouseEndpoint } from '../../../server/clickhouse/endpoint.ts';
import { Closing } from '../../../server/closing.ts';
import { AppError } from '../../../server/common/errors.ts';
import { createLogger } from '../../../server/common/log.ts';
import { ask } from '../../support/http/ask.ts';
import { isAlive, startEngineOwner } from '../../support/clickhouse/engine-owner.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe('the embedded engine', () => {
  let closing: Closing;
  let directory: string;

  beforeEach(async () => {
    closing = new Closing();
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    directory = path.join(temporary.path, 'clickhouse');
  });

  afterEach(() => closing.close());

  async function start(): Promise<Engine> {
    const engine = await startEngine({ directory, log: createLogger('silent'), database: 'test_*' });
    closing.add('engine', () => engine.close());
    return engine;
  }

  describe('keeps what it was given', () => {
    it('when it is closed and started again, on the same ports', async () => {
      const first = await start();
      await createNumbers(first.endpoint);
      await first.close();
      expect(isAlive(first.pid)).to.equal(false);

      const second = await start();
      expect(second.endpoint.urls[0]).to.equal(first.endpoint.urls[0]);
      expect(await countNumbers(second.endpoint)).to.equal('3');
    });

    it('when it is killed with -9: it is restarted on the same ports', async () => {
      const engine = await start();
      await createNumbers(engine.endpoint);
      const killed = engine.pid;
      process.kill(killed, 'SIGKILL');

      await eventually(async () => {
        expect(engine.pid).not.to.equal(killed);
        expect(await countNumbers(engine.endpoint)).to.equal('3');
      });
      await eventually(async () => {
        const state: unknown = JSON.parse(await readFile(path.join(directory, 'engine.json'), 'utf8'));
        expect(state).to.include({ pid: engine.pid, ownerPid: process.pid });
      });
    });

    it('when its owner is killed with -9: the next one, started at once, has it', async () => {
      const owner = await startEngineOwner(directory);
      await createNumbers(owner.endpoint);
      await owner.kill();

      const next = await start();
      expect(await countNumbers(next.endpoint)).to.equal('3');
      await eventually(() => expect(isAlive(owner.enginePid)).to.equal(false));
    });
  });

  it('ends within seconds when its owner is killed with -9', async () => {
    const owner = await startEngineOwner(directory);
    await owner.kill();
    await eventually(() => expect(isAlive(owner.enginePid)).to.equal(false));
    expect(await runningEngine(directory)).to.equal(undefined);
  });

  it('does not begin anew with an empty database when its data is removed, and goes on when it is put back', async () => {
    const engine = await start();
    await createNumbers(engine.endpoint);
    expect(engine.problem).to.equal(undefined);
    const { pid } = engine;
    await rename(path.join(directory, 'data'), path.join(directory, 'elsewhere'));
    expect(engine.problem).to.include(path.join(directory, 'data')).and.to.include('start the service again');
    await eventually(() => expect(isAlive(pid)).to.equal(false));
    await sleep(1_500);
    expect(engine.pid).to.equal(pid);
    expect(await runningEngine(directory)).to.equal(undefined);
    await rename(path.join(directory, 'elsewhere'), path.join(directory, 'data'));
    await eventually(async () => expect(await countNumbers(engine.endpoint)).to.equal('3'), 20_000);
    expect(engine.problem).to.equal(undefined);
  }).timeout(60_000);

  it('can be closed while it is being restarted, and leaves no process', async () => {
    const engine = await start();
    process.kill(engine.pid, 'SIGKILL');
    await engine.close();
    expect(isAlive(engine.pid)).to.equal(false);
    expect(await runningEngine(directory)).to.equal(undefined);
  });

  it('is found by other processes while it runs', async () => {
    expect(await runningEngine(directory)).to.equal(undefined);
    const owner = await startEngineOwner(directory);
    closing.add('owner', () => owner.kill());
    expect(await runningEngine(directory)).to.deep.equal(owner.endpoint);
  });

  it('refuses a directory that a live process uses, and says whose it is and what to do', async () => {
    const owner = await startEngineOwner(directory);
    closing.add('owner', () => owner.kill());
    const error = await failure(start());
    expect(error).to.be.instanceOf(AppError).with.property('code', 'unavailable');
    expect(error)
      .to.have.property('message')
      .that.includes(`process ${owner.pid}: stop it first, or set another DATA_DIR`);
  });

  it('is the engine of one process also while it does not answer, and no other starts its own', async () => {
    const engine = await start();
    await rename(path.join(directory, 'data'), path.join(directory, 'elsewhere'));
    await eventually(() => expect(isAlive(engine.pid)).to.equal(false));
    expect(await runningEngine(directory)).to.equal(undefined);
    expect(await failure(start()))
      .to.be.instanceOf(EngineInUse)
      .with.property('isShared', true);
    expect(await readdir(directory)).not.to.include('data');
  });

  it('is started by one of several that try at once, and by the next when that one is closed', async () => {
    const outcomes = await Promise.allSettled([start(), start(), start(), start()]);
    const [engine, ...others] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(others).to.deep.equal([]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).instanceOf(EngineInUse);
    await engine?.close();
    const next = await start();
    expect(await readdir(path.join(directory, 'owners'))).to.have.length(1);
    await next.close();
  });

  it('says in one sentence what to do where its packages do not exist', () => {
    expect(() => requireEnginePackages(withoutPlatformPackage))
      .to.throw(AppError, /^The embedded ClickHouse is not available here \(\S+, .*set CLICKHOUSE_URL=\S+ to use a/)
      .with.property('code', 'unavailable');
  });
});

async function createNumbers(endpoint: ClickHouseEndpoint): Promise<void> {
  await ask(endpoint, 'admin', 'CREATE DATABASE test_engine');
  await ask(endpoint, 'admin', 'CREATE TABLE test_engine.numbers (n UInt8) ENGINE = MergeTree ORDER BY n');
  await ask(endpoint, 'ingest', 'INSERT INTO test_engine.numbers SELECT arrayJoin([1, 2, 3])');
}

async function countNumbers(endpoint: ClickHouseEndpoint): Promise<string> {
  return ask(endpoint, 'query', 'SELECT count() FROM test_engine.numbers');
}

/** As on a machine for which npm found no library. */
function withoutPlatformPackage(name: string): string {
  if (name.startsWith('@chdb/')) throw new Error(`Cannot find module '${name}'`);
  return name;
}
