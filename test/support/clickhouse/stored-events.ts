import { expect } from 'chai';
import { testEndpoint } from './clickhouse.ts';
import { eventually } from '../http/outcome.ts';
import { rowsOf } from './stored.ts';

export interface StoredEvent {
  readonly event_id: string;
  readonly application: string;
  readonly session_id: string;
  readonly category: string;
  readonly name: string;
  readonly data: string;
  /** Microseconds since the epoch. */
  readonly us: string;
}

export interface StoredRejection {
  readonly reason: string;
  readonly errors: string;
  readonly payload: string;
  readonly application: string;
}

/** The events of a database that match a condition, each once, in the order in which they came. */
export async function storedEvents(database: string, where: string): Promise<StoredEvent[]> {
  const query = `SELECT event_id, application, session_id, category, name, data,
      toString(toUnixTimestamp64Micro(timestamp)) AS us
    FROM deduplicated_events WHERE ${where} ORDER BY received_at`;
  return await rowsOf<StoredEvent>(testEndpoint(), database, query);
}

/** What a database has of what was rejected, in the order in which it came. */
export async function storedRejections(database: string): Promise<StoredRejection[]> {
  const query = 'SELECT reason, errors, payload, application FROM rejected_events FINAL ORDER BY received_at';
  return await rowsOf<StoredRejection>(testEndpoint(), database, query);
}

/** Waits until so many events of a name are there. */
export async function expectStored(database: string, name: string, count: number): Promise<void> {
  await eventually(async () => expect(await storedEvents(database, `name = '${name}'`)).to.have.length(count));
}

/** Waits until a payload is there once, rejected for that reason. */
export async function expectRejected(database: string, payload: string, reason: string): Promise<void> {
  await eventually(async () => {
    const rows = (await storedRejections(database)).filter((row) => row.payload === payload);
    expect(rows.map((row) => row.reason)).to.deep.equal([reason]);
  });
}

/** Fails when ClickHouse refuses a segment of the service, so that its events would wait for ever. */
export async function expectNoRefusedSegment(url: string): Promise<void> {
  const { parts } = (await (await fetch(`${url}/health`)).json()) as {
    parts: { shipper: { refused_segments: number } };
  };
  expect(parts.shipper.refused_segments, 'segments that ClickHouse refuses').to.equal(0);
}
