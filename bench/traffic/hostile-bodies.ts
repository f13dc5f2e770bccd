/** A request that costs the database more than it should, and the users whose events are in it, one each. */
export interface HostileRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly users: readonly string[];
}

/** A way to hold other people's events up. */
export interface Hostility {
  /** In kebab-case. */
  readonly name: string;
  /** What is sent, in a few words. */
  readonly what: string;
  /** Between two requests, in milliseconds. */
  readonly everyMs: number;
  /** How many requests; undefined: for as long as it lasts. */
  readonly requests: number | undefined;
  /** @param nextUser makes a user that was never there */
  readonly request: (nextUser: () => string, nowMs: number) => HostileRequest;
}

const YEAR_MS = 365.25 * 24 * 3600_000;
/** A little over a month, so that no month is left out and none is met twice in a row. */
const MONTH_MS = 30.5 * 24 * 3600_000;

let made = 0;
const newKey = () => `key_${(made += 1)}_${'x'.repeat(8)}`;

export const HOSTILITIES: readonly Hostility[] = [
  {
    name: 'history',
    what: 'clicks of the last 50 years, 130 a second',
    everyMs: 1000 / 130,
    requests: undefined,
    request: (nextUser, nowMs) => {
      const user = nextUser();
      const timestamp = Math.floor(nowMs - Math.random() * 50 * YEAR_MS);
      return {
        path: `/analytics?timestamp=${timestamp}&user=${user}&click`,
        headers: {},
        body: '',
        users: [user],
      };
    },
  },
  {
    name: 'new-keys',
    what: 'one body of 9 MB: 700 events that are each a tree of new keys',
    everyMs: 0,
    requests: 1,
    request: (nextUser, nowMs) => ndjson(700, nextUser, () => ({ timestamp: nowMs, data: tree(420) })),
  },
  {
    name: 'nested-arrays',
    what: 'six bodies of 8 events with arrays of 200 objects that each have an array of 60',
    everyMs: 100,
    requests: 6,
    request: (nextUser, nowMs) => ndjson(8, nextUser, () => ({ timestamp: nowMs, data: nestedArrays() })),
  },
  {
    name: 'months',
    what: 'six bodies of 680 events, each of another month',
    everyMs: 100,
    requests: 6,
    request: (nextUser, nowMs) =>
      ndjson(680, nextUser, (index) => ({
        timestamp: Math.max(0, Math.floor(nowMs - index * MONTH_MS)),
        data: {},
      })),
  },
  {
    name: 'trees',
    what: 'bodies of 60 events that are each a tree of new keys, one every 0.6 s',
    everyMs: 600,
    requests: undefined,
    request: (nextUser, nowMs) => ndjson(60, nextUser, () => ({ timestamp: nowMs, data: tree(420) })),
  },
];

function ndjson(count: number, nextUser: () => string, members: (index: number) => object): HostileRequest {
  const users = Array.from({ length: count }, nextUser);
  const lines = users.map((user, index) =>
    JSON.stringify({ name: 'hostile', category: 'hostile', session_id: 's', user, ...members(index) }),
  );
  const headers = { 'Content-Type': 'application/x-ndjson' };
  return { path: '/events', headers, body: lines.join('\n'), users };
}

/** Three levels, and at each a key that nobody has used before. */
function tree(leaves: number): object {
  const root: Record<string, Record<string, Record<string, number>>> = {};
  for (let branch = 0; branch < leaves / 20; branch += 1) {
    const twigs: Record<string, Record<string, number>> = {};
    for (let twig = 0; twig < 4; twig += 1) {
      twigs[newKey()] = Object.fromEntries(Array.from({ length: 5 }, (_, leaf) => [newKey(), leaf]));
    }
    root[newKey()] = twigs;
  }
  return root;
}

function nestedArrays(): object {
  return { [newKey()]: Array.from({ length: 200 }, (_, row) => ({ [`row_${row}`]: cells() })) };
}

function cells(): object[] {
  return Array.from({ length: 60 }, (_, cell) => ({ [`cell_${cell}`]: cell }));
}
