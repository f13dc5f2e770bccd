/** What each reason means, in the order of the choices. */
const WORDS: Readonly<Record<string, { readonly label: string; readonly meaning: string }>> = {
  schema: { label: 'Schema', meaning: 'The data does not satisfy the schema of its category and name' },
  shape: { label: 'Shape', meaning: 'A member is missing, unknown, repeated, or not what it should be' },
  timestamp: { label: 'Timestamp', meaning: 'The timestamp is no time, or out of range' },
  malformed: { label: 'Malformed', meaning: 'The text is not JSON, or not UTF-8' },
  foreign_application: {
    label: 'Foreign application',
    meaning: 'The event claims another application than that of its key',
  },
  too_large: { label: 'Too large', meaning: 'The body was over a limit, and none of its events was stored' },
  refused_by_clickhouse: {
    label: 'Refused by ClickHouse',
    meaning: 'ClickHouse does not take the event, for the reason that it gives',
  },
  omitted: { label: 'Omitted', meaning: 'Stands for more rejections of one body, which are not kept' },
};

export interface ReasonWords {
  readonly id: string;
  readonly label: string;
  readonly meaning: string | undefined;
}

export const REASONS: readonly ReasonWords[] = Object.entries(WORDS).map(([id, words]) => ({ id, ...words }));

/** A reason in words; one that this page does not know yet, as it is. */
export function reasonWords(id: string): ReasonWords {
  return REASONS.find((reason) => reason.id === id) ?? { id, label: id, meaning: undefined };
}
