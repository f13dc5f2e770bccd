/**
 * A model of how events come from a request to ClickHouse, small enough to try every order of steps and crashes. It says
 * what the code does, not how: a journal that is synced before the answer, segments that are sent until ClickHouse has
 * them, takeover, bisection without notes, views of identities, repair and erasure.
 *
 * Rows are letters: `a` and `b` are events, `x` is one that ClickHouse refuses. A text of letters is a group of rows.
 */
export interface State {
  /** What clients may still send, `a` twice: a client that got no answer sends again. */
  readonly unsent: string;
  readonly acknowledged: string;
  readonly servers: readonly Server[];
  /** On disk and synced; sorted. */
  readonly segments: readonly Segment[];
  /** Removed, with the directory not synced yet: a power cut brings them back. */
  readonly removed: readonly Segment[];
  /** INSERTs under way whose server is gone; they may come to their end at any time. */
  readonly orphans: readonly string[];
  /** Rows of the raw table, each as often as it is there. */
  readonly raw: string;
  /** What the views count, each identity as often as it is counted. */
  readonly counted: string;
  readonly rejected: string;
  readonly erased: string;
  /** How many faults may still happen. */
  readonly faults: number;
}

interface Server {
  readonly isAlive: boolean;
  /** Written and not synced. */
  readonly memory: string;
  /** Synced rows of the open segment. */
  readonly open: string;
}

interface Segment {
  readonly owner: number;
  readonly rows: string;
  /** Its INSERT is under way. */
  readonly isSent: boolean;
  /** What its server knows of its bisection; forgotten when it dies. */
  readonly isGoodStored: boolean;
  readonly isBadKept: boolean;
}

/** What is built wrong on purpose, to see that the model notices. */
export type Sabotage =
  'acknowledge before sync' | 'remove before stored' | 'count rows' | 'swallow what was sent before';

export type Step = readonly [name: string, next: State];

const BAD = 'x';

export const initial: State = {
  unsent: 'aabx',
  acknowledged: '',
  servers: [
    { isAlive: true, memory: '', open: '' },
    { isAlive: true, memory: '', open: '' },
  ],
  segments: [],
  removed: [],
  orphans: [],
  raw: '',
  counted: '',
  rejected: '',
  erased: '',
  faults: 2,
};

/** Every step that can come next. */
export function* steps(state: State, sabotage?: Sabotage): Generator<Step> {
  for (const index of state.servers.keys()) yield* serverSteps(state, index, sabotage);
  for (const [index, segment] of state.segments.entries()) yield* segmentSteps(state, index, segment, sabotage);
  for (const rows of new Set(state.orphans))
    for (const after of partly({ ...state, orphans: without(state.orphans, rows) }, rows, sabotage))
      yield ['an INSERT of a server that is gone ends', after];
  if (state.removed.length > 0) yield ['the directory is synced', { ...state, removed: [] }];
  if (distinct(state.raw) !== distinct(state.counted + state.raw) || missing(state) !== '')
    yield ['repair', { ...state, counted: sorted(state.counted + missing(state)) }];
  if (canErase(state, 'a')) yield ['erase', erase(state, 'a')];
  if (state.faults > 0) yield ['power cut', powerCut({ ...state, faults: state.faults - 1 })];
}

function* serverSteps(state: State, index: number, sabotage?: Sabotage): Generator<Step> {
  const server = state.servers[index];
  if (server === undefined) return;
  const set = (change: Partial<Server>): State => ({
    ...state,
    servers: state.servers.map((other, at) => (at === index ? { ...other, ...change } : other)),
  });
  if (!server.isAlive) {
    yield [`server ${index} starts`, set({ isAlive: true })];
    return;
  }
  for (const row of new Set(state.unsent)) {
    const received = set({ memory: sorted(server.memory + row) });
    const acknowledged =
      sabotage === 'acknowledge before sync' ? distinct(state.acknowledged + row) : state.acknowledged;
    yield [`server ${index} receives ${row}`, { ...received, acknowledged, unsent: state.unsent.replace(row, '') }];
  }
  if (server.memory !== '')
    yield [
      `server ${index} syncs and answers`,
      {
        ...set({ memory: '', open: sorted(server.open + server.memory) }),
        acknowledged: distinct(state.acknowledged + server.memory),
      },
    ];
  if (server.open !== '') {
    const segments = sortedSegments([...state.segments, sealed(index, server.open)]);
    yield [`server ${index} seals`, { ...set({ open: '' }), segments }];
  }
  for (const segment of state.segments) {
    if (state.servers[segment.owner]?.isAlive !== false) continue;
    const mine = sealed(index, segment.rows);
    yield [`server ${index} takes over`, withSegments(state, replaced(state.segments, segment, mine))];
  }
  if (state.faults > 0) yield [`server ${index} is killed`, killed({ ...state, faults: state.faults - 1 }, index)];
}

function* segmentSteps(state: State, index: number, segment: Segment, sabotage?: Sabotage): Generator<Step> {
  if (state.servers[segment.owner]?.isAlive !== true) return;
  const change = (next: Partial<Segment>) => replaced(state.segments, segment, { ...segment, ...next });
  const gone = state.segments.filter((_, at) => at !== index);
  const { rows } = segment;
  const good = rows.replaceAll(BAD, '');
  if (!segment.isSent) {
    yield ['INSERT', withSegments(state, change({ isSent: true }))];
  } else if (good === rows) {
    if (sabotage === 'remove before stored') {
      yield ['removed, and not stored', { ...state, segments: gone, orphans: [...state.orphans, rows] }];
    }
    yield [
      'stored',
      { ...stored(state, rows, sabotage), segments: gone, removed: sortedSegments([...state.removed, segment]) },
    ];
    if (state.faults > 0)
      for (const after of partly({ ...state, faults: state.faults - 1 }, rows, sabotage))
        yield ['the INSERT fails', withSegments(after, change({ isSent: false }))];
  } else {
    // ClickHouse refuses it: bisected, in steps of which nothing is written down.
    if (!segment.isGoodStored)
      yield ['the good rows are stored', withSegments(stored(state, good, sabotage), change({ isGoodStored: true }))];
    if (!segment.isBadKept) {
      const rejected = distinct(state.rejected + BAD);
      yield ['the bad row is kept', { ...withSegments(state, change({ isBadKept: true })), rejected }];
    }
    if (segment.isGoodStored && segment.isBadKept)
      yield ['bisected', { ...state, segments: gone, removed: sortedSegments([...state.removed, segment]) }];
  }
}

/** Both tables have the rows; the views count identities, so what they have they take again. */
function stored(state: State, rows: string, sabotage?: Sabotage): State {
  if (
    sabotage === 'swallow what was sent before' &&
    rows.split('').every((row) => state.raw.includes(row) || state.counted.includes(row))
  )
    return state;
  return counted({ ...state, raw: atMostTwice(state.raw + rows) }, rows, sabotage);
}

function counted(state: State, rows: string, sabotage?: Sabotage): State {
  const all = state.counted + rows;
  return { ...state, counted: sabotage === 'count rows' ? sorted(all) : distinct(all) };
}

/** ClickHouse may have the rows of an INSERT that failed in the raw table, in the views, in both, or in neither. */
function partly(state: State, rows: string, sabotage?: Sabotage): State[] {
  const good = rows.replaceAll(BAD, '');
  if (good !== rows) return [state];
  return [
    state,
    { ...state, raw: atMostTwice(state.raw + rows) },
    counted(state, rows, sabotage),
    stored(state, rows, sabotage),
  ];
}

function killed(state: State, index: number): State {
  const { open = '' } = state.servers[index] ?? {};
  const mine = state.segments.filter(({ owner }) => owner === index);
  const sent = mine.filter(({ isSent }) => isSent).map(({ rows }) => rows);
  const left = mine.map(({ rows }) => sealed(index, rows));
  const others = state.segments.filter(({ owner }) => owner !== index);
  return {
    ...state,
    servers: state.servers.map((server, at) => (at === index ? { isAlive: false, memory: '', open: '' } : server)),
    segments: sortedSegments([...others, ...left, ...(open === '' ? [] : [sealed(index, open)])]),
    orphans: [...state.orphans, ...sent].sort(),
  };
}

/** Of the whole machine. What was removed and not synced is there again. */
function powerCut(state: State): State {
  const off = [...state.servers.keys()].reduce(killed, state);
  const back = off.removed.map(({ owner, rows }) => sealed(owner, rows));
  return { ...off, segments: sortedSegments([...off.segments, ...back]), removed: [] };
}

/** It takes what waits in journals first, and is refused while any of it is under way. */
function canErase(state: State, row: string): boolean {
  if (state.erased.includes(row) || !state.acknowledged.includes(row) || state.unsent.includes(row)) return false;
  const waiting = [...state.servers.flatMap(({ memory, open }) => [memory, open]), ...state.orphans];
  const onDisk = [...state.segments, ...state.removed].map(({ rows }) => rows);
  return ![...waiting, ...onDisk].some((rows) => rows.includes(row));
}

function erase(state: State, row: string): State {
  const { raw, counted } = state;
  return { ...state, raw: raw.replaceAll(row, ''), counted: counted.replaceAll(row, ''), erased: state.erased + row };
}

/** What is wrong in this state, whatever comes next; undefined when nothing is. */
export function violation(state: State): string | undefined {
  const onDisk = [...state.segments.map(({ rows }) => rows), ...state.servers.map(({ open }) => open)].join('');
  for (const row of state.acknowledged) {
    const isKept = (onDisk + state.raw + state.rejected + state.erased).includes(row);
    if (!isKept) return `${row} was acknowledged, and is nowhere`;
  }
  for (const row of state.erased)
    if ((state.raw + state.counted).includes(row)) return `${row} was erased, and is there`;
  return undefined;
}

/** What is wrong once nothing is under way any more and no fault happens; undefined when nothing is. */
export function violationAtRest(state: State): string | undefined {
  if (state.raw.includes(BAD)) return 'a refused row is stored';
  const identities = distinct(state.raw);
  if (state.counted !== identities) return `counted ${state.counted}, stored ${identities}`;
  const kept = identities + state.rejected + state.erased;
  const lost = state.acknowledged.split('').filter((row) => !kept.includes(row));
  return lost.length > 0 ? `lost ${lost.join('')}` : undefined;
}

/** Nothing is under way, and everyone is alive. */
export function isAtRest(state: State): boolean {
  const isIdle = state.servers.every(({ isAlive, memory, open }) => isAlive && memory === '' && open === '');
  return isIdle && state.segments.length === 0 && state.orphans.length === 0 && state.unsent === '';
}

function missing(state: State): string {
  return distinct(state.raw)
    .split('')
    .filter((row) => !state.counted.includes(row))
    .join('');
}

function sealed(owner: number, rows: string): Segment {
  return { owner, rows, isSent: false, isGoodStored: false, isBadKept: false };
}

function withSegments(state: State, segments: readonly Segment[]): State {
  return { ...state, segments };
}

function replaced(segments: readonly Segment[], from: Segment, to: Segment): readonly Segment[] {
  const at = segments.indexOf(from);
  return sortedSegments(segments.map((segment, index) => (index === at ? to : segment)));
}

function sortedSegments(segments: readonly Segment[]): readonly Segment[] {
  return [...segments].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function without(texts: readonly string[], text: string): readonly string[] {
  const at = texts.indexOf(text);
  return texts.filter((_, index) => index !== at);
}

function sorted(rows: string): string {
  return rows.split('').sort().join('');
}

function distinct(rows: string): string {
  return sorted([...new Set(rows)].join(''));
}

/** More copies than two say nothing new, and there would be no end of states. */
function atMostTwice(rows: string): string {
  return sorted(rows).replaceAll(/(.)\1{2,}/g, '$1$1');
}
