import { expect } from 'chai';
import { Closing } from '../../server/closing.ts';
import { tempDir } from '../support/temp-dir.ts';
import { SHOWN_BY, isBreak, type Break } from './harness/breaks/breaks.ts';
import { ClickHouseProcess } from './harness/clickhouse-process.ts';
import { whyNoLoopDisk } from './harness/disks/loop-disk.ts';
import { outcomeLine } from './harness/report.ts';
import { runScenario, type Outcome, type RunOptions } from './harness/run-scenario.ts';
import { scenarioNamed } from './scenarios/all.ts';

/** What `npm test` runs: each kind of fault once, in about a minute. `npm run faults` is all of them. */
const SELECTION = [
  'server-dies-at-fail-points',
  'kills-at-random',
  'clickhouse-killed-inside-insert',
  'commit-fault-minutes',
  'erase-under-load',
  'clickhouse-stopped',
  'clickhouse-refuses-unknown-table',
  'connection-cut-after-commit',
  'disk-full',
  'journal-shipped-again',
  'hostile-clients',
];

/** The promise is two seconds; the machines of others that run the suite may be busy with anything. */
const BUSY_FRESH_MS = 15_000;

describe('Under faults', () => {
  const closing = new Closing();
  let clickhouse: ClickHouseProcess;
  let directory: string;

  before(async () => {
    const temporary = await tempDir();
    closing.add('directory', () => temporary.remove());
    directory = temporary.path;
    clickhouse = await ClickHouseProcess.start(`${directory}/clickhouse`);
    closing.add('ClickHouse', () => clickhouse.stop());
  });
  after(async () => closing.close());

  async function run(name: string, { broken, freshMs }: Pick<RunOptions, 'broken' | 'freshMs'> = {}): Promise<Outcome> {
    const hits = { passed: new Map(), died: new Map() };
    const seed = broken ?? name;
    return await runScenario({
      scenario: scenarioNamed(name),
      seed,
      clickhouse,
      directory,
      hits,
      broken,
      ...(freshMs === undefined ? {} : { freshMs }),
    });
  }

  for (const name of SELECTION) {
    it(`no acknowledged event is lost and none is counted twice: ${name}`, async function () {
      this.timeout(180_000);
      const outcome = await run(name, { freshMs: BUSY_FRESH_MS });
      // A scenario says itself what this machine lacks for it: a loop device, or strace.
      if (outcome.skipped !== undefined) this.skip();
      expect(outcome.violations, outcomeLine(outcome)).to.deep.equal([]);
      expect(outcome.acknowledged).to.be.above(0);
    });
  }

  /** In what is said of the violation. */
  const NOTICED: Readonly<Record<Break, string>> = {
    'ack-before-fsync': 'an acknowledged event is stored',
    'segment-removed-early': 'an acknowledged event is stored',
    'view-without-ids': 'the views count what the raw table holds, hour by hour',
    'removal-unsynced': 'had been removed, and came back',
    'inserts-delayed': 'a click is seen within two seconds, whatever waits',
    'view-without-users': 'the views count what the raw table holds, hour by hour',
  };

  for (const [broken, scenario] of Object.entries(SHOWN_BY)) {
    it(`the harness notices the break ${broken}`, async function () {
      this.timeout(180_000);
      // What was not synced comes back from a disk alone that can be cut off.
      if (broken === 'removal-unsynced' && (await whyNoLoopDisk()) !== undefined) this.skip();
      if (!isBreak(broken)) throw new Error(`${broken} is no break`);
      const { violations } = await run(scenario, { broken });
      const said = violations.map(({ promise, facts }) => `${promise}: ${facts.join('; ')}`);
      expect(said.join('\n')).to.include(NOTICED[broken]);
    });
  }
});
