import { isMember } from './data-path.ts';

/** The text of a payload, and how many members its objects have together, those that are given twice counted twice. */
export interface DataText {
  readonly text: string;
  readonly members: number;
}

/** Half of a surrogate pair, which can only be given as an escape. */
const HALF = /\p{Surrogate}/u;
const MAX_SHAPE_CHARACTERS = 1024;
/** Whole numbers from here on may be more than 64 bits can hold. */
const LARGE = 2 ** 63;

/**
 * Which paths of a payload lead to objects and arrays, as `,venue,event,tags,`: those that can be asked for, in the order
 * in which they come. Of every other path ClickHouse's typed column then says what the text says, to the letter. Empty
 * where it may not: where ClickHouse takes the payload for another (a name with a dot in it is to it a path of two), or the
 * list would be too long.
 *
 * Objects are on the list because the typed column knows values alone: to it `{}` is nothing.
 * @param data as `JSON.parse` gives it; of at most `TYPED_LIMITS.maxDepth`
 * @returns undefined where ClickHouse refuses the payload: a member or a path given twice, a number beyond 64 bits, half of
 * a surrogate pair. It must not see that one: a value that it had read by then is given to the event after it
 * (ClickHouse 26.7, beyond `max_dynamic_paths`)
 */
export function shapeOf(data: object, { text, members }: DataText): string | undefined {
  const walk = new Walk(text.includes('\\u'));
  walk.members(data as JsonObject, '');
  // JSON.parse keeps one of the members that are given twice.
  if (walk.isRefused || walk.count !== members) return undefined;
  if (walk.hasDots) return hasPathTwice(data as JsonObject, '', new Set()) ? undefined : '';
  return walk.shape.length <= MAX_SHAPE_CHARACTERS ? walk.shape : '';
}

/** Whether an object of a payload has a member twice, of which `JSON.parse` keeps the last, and ClickHouse reads the first. */
export function hasMemberTwice(data: object, { members }: DataText): boolean {
  return membersOf(data) !== members;
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value as readonly unknown[]) count += membersOf(item);
  else for (const name in value) count += 1 + membersOf((value as JsonObject)[name]);
  return count;
}

type JsonObject = Readonly<Record<string, unknown>>;

class Walk {
  shape = ',';
  count = 0;
  isRefused = false;
  hasDots = false;
  readonly #mayHoldHalves: boolean;

  constructor(mayHoldHalves: boolean) {
    this.#mayHoldHalves = mayHoldHalves;
  }

  /** @param prefix of the paths to the members; undefined where none can be asked for */
  members(object: JsonObject, prefix: string | undefined): void {
    for (const name in object) {
      this.count += 1;
      const isAskable = isMember(name);
      if (!isAskable && HALF.test(name)) this.isRefused = true;
      if (!isAskable && name.includes('.')) this.hasDots = true;
      this.#value(object[name], isAskable && prefix !== undefined ? prefix + name : undefined);
    }
  }

  #value(value: unknown, path: string | undefined): void {
    if (typeof value === 'string') {
      if (this.#mayHoldHalves && HALF.test(value)) this.isRefused = true;
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value) || (Math.abs(value) >= LARGE && Number.isInteger(value))) this.isRefused = true;
    } else if (typeof value === 'object' && value !== null) {
      this.#branch(value, path);
    }
  }

  #branch(value: object, path: string | undefined): void {
    if (path !== undefined) this.shape += `${path},`;
    if (Array.isArray(value)) for (const item of value as readonly unknown[]) this.#value(item, undefined);
    else this.members(value as JsonObject, path === undefined ? undefined : `${path}.`);
  }
}

/** Whether two values have the same path, names with dots taken for paths; in arrays, item by item. */
function hasPathTwice(object: JsonObject, prefix: string, seen: Set<string>): boolean {
  return Object.entries(object).some(([name, value]) => {
    const path = prefix + name;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return hasPathTwice(value as JsonObject, `${path}.`, seen);
    const isSeen = seen.has(path);
    seen.add(path);
    return isSeen || (Array.isArray(value) && hasPathTwiceInside(value));
  });
}

function hasPathTwiceInside(items: readonly unknown[]): boolean {
  return items.some((item) => {
    if (Array.isArray(item)) return hasPathTwiceInside(item);
    return typeof item === 'object' && item !== null && hasPathTwice(item as JsonObject, '', new Set());
  });
}
