/** Users as which ClickHouse really refuses an INSERT; a proxy can send the service's requests as one of them. */
export const USERS = {
  /** 241 MEMORY_LIMIT_EXCEEDED */
  frugal: { username: 'frugal', password: '' },
  /** 164 READONLY */
  reader: { username: 'reader', password: '' },
  /** 202 TOO_MANY_SIMULTANEOUS_QUERIES, while another of its queries runs */
  crowded: { username: 'crowded', password: '' },
  /** 497 ACCESS_DENIED */
  stranger: { username: 'stranger', password: '' },
  /** 201 QUOTA_EXCEEDED */
  rationed: { username: 'rationed', password: '' },
  /** 516 AUTHENTICATION_FAILED */
  impostor: { username: 'ingest', password: 'not the password' },
} as const;

/** For `users.d`. */
export const FAULT_USERS = `<clickhouse>
    <profiles>
        <frugal><max_memory_usage_for_user>1000</max_memory_usage_for_user><max_untracked_memory>0</max_untracked_memory></frugal>
        <reader><readonly>1</readonly></reader>
        <crowded><max_concurrent_queries_for_user>1</max_concurrent_queries_for_user></crowded>
    </profiles>
    <quotas>
        <none_left><interval><duration>3600</duration><query_inserts>1</query_inserts></interval></none_left>
    </quotas>
    <users>
        ${user('frugal', 'frugal', 'default', 'GRANT INSERT ON test_*.*')}
        ${user('reader', 'reader', 'default', 'GRANT SELECT ON test_*.*')}
        ${user('crowded', 'crowded', 'default', 'GRANT INSERT, SELECT ON test_*.*')}
        ${user('stranger', 'default', 'default', 'GRANT SELECT ON test_nothing.*')}
        ${user('rationed', 'default', 'none_left', 'GRANT INSERT ON test_*.*')}
    </users>
</clickhouse>
`;

function user(name: string, profile: string, quota: string, grant: string): string {
  const loopback = '<networks><ip>127.0.0.1</ip><ip>::1</ip></networks>';
  const grants = `<grants><query>${grant}</query></grants>`;
  return `<${name}><password/>${loopback}<profile>${profile}</profile><quota>${quota}</quota>${grants}</${name}>`;
}
