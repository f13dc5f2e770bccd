import os from 'node:os';
import { connect } from '../../server/clickhouse/client.ts';
import type { ClickHouseEndpoint } from '../../server/clickhouse/endpoint.ts';

/** What a measurement ran on: figures mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly clickhouse: string;
}

export async function describeMachine(endpoint: ClickHouseEndpoint): Promise<Machine> {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    clickhouse: await clickhouseVersion(endpoint),
  };
}

async function clickhouseVersion(endpoint: ClickHouseEndpoint): Promise<string> {
  const client = connect({ endpoint, role: 'admin' });
  try {
    const result = await client.query({ query: 'SELECT version()', format: 'TabSeparated' });
    return (await result.text()).trim();
  } finally {
    await client.close();
  }
}
