import { connectAny, type Nodes } from '../../../server/clickhouse/nodes.ts';
import { defaults } from '../../../server/config/config.ts';
import { KnownHours } from '../../../server/queries/counted/known-hours.ts';
import { createQuestions, type Questions, type QuestionsDependencies } from '../../../server/queries/questions.ts';
import { testEndpoint } from './clickhouse.ts';
import type { MigratedDatabase } from './migrated-database.ts';

export interface DatabaseQuestions {
  readonly nodes: Nodes;
  readonly questions: Questions;
  /** Ends the connections. */
  close(): Promise<void>;
}

/** The questions of a service over a database, through no cache. */
export function databaseQuestions(
  { name }: Pick<MigratedDatabase, 'name'>,
  nowMs: () => number,
  others: Partial<Pick<QuestionsDependencies, 'rowsOfASet' | 'wholeSinceS' | 'known'>> = {},
): DatabaseQuestions {
  const options = { endpoint: testEndpoint(), database: name };
  const nodes = connectAny({ ...options, role: 'query' });
  const ingestNodes = connectAny({ ...options, role: 'ingest' });
  const questions = createQuestions({
    nodes,
    liveNodes: nodes,
    ingestNodes,
    known: new KnownHours(),
    limits: defaults.questions,
    cache: { ttlMs: 0 },
    nowMs,
    isOneServer: true,
    hasShards: false,
    ...others,
  });
  return {
    nodes,
    questions,
    close: async () => {
      await nodes.close();
      await ingestNodes.close();
    },
  };
}
