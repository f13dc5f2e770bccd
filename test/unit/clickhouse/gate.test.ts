import { expect } from 'chai';
import { NotReady } from '../../../server/clickhouse/errors.ts';
import type { Finding } from '../../../server/clickhouse/self-check/finding.ts';
import { Gate, type GateDependencies } from '../../../server/clickhouse/self-check/gate.ts';
import { failure } from '../../support/http/outcome.ts';
import { silentLog } from '../../support/logs.ts';
import { clickhouseError } from '../shipping/shipping-by-hand.ts';

/** CANNOT_PARSE_TEXT: the rows are refused. */
const REFUSAL = clickhouseError('6');

describe('The gate, when rows are refused', () => {
  it('takes them for refused although there is something to warn of', async () => {
    expect(await thrownWith('warning')).to.equal(REFUSAL);
  });

  it('says that ClickHouse is not ready when the tables are not as they should be', async () => {
    expect(await thrownWith('blocking')).to.be.instanceOf(NotReady);
  });
});

describe('The gate, when it is closed', () => {
  it('does not wait for the end of a migration', async function () {
    this.timeout(20_000);
    let isMigrating = false;
    const migrate = async () => {
      isMigrating = true;
      await new Promise(() => undefined);
    };
    const missing: Finding = { severity: 'blocking', what: 'events', found: 'none', expected: 'one', fix: 'none' };
    const gate = gateWith({ migrate, check: async () => [missing] });
    void gate.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isMigrating).to.equal(true);
    await gate.close();
    expect(gate.state).to.equal('closed');
  });
});

/** What an INSERT ends with whose rows are refused, when the tables are found like that. */
async function thrownWith(severity: Finding['severity']): Promise<unknown> {
  const gate = gateWith({
    checkTables: async () => [{ severity, what: 'events', found: 'this', expected: 'that', fix: 'none' }],
  });
  try {
    await gate.start();
    return await failure(
      gate.pass(async () => {
        throw REFUSAL;
      }),
    );
  } finally {
    await gate.close();
  }
}

function gateWith(parts: Partial<GateDependencies>): Gate {
  return new Gate({
    migrate: async () => undefined,
    check: async () => [],
    checkTables: async () => [],
    log: silentLog,
    nowMs: () => 0,
    random: () => 0,
    ...parts,
  });
}
