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
 * where it may not: where ClickHouse refuses the payload (a member given twice, a number beyond 64 bits, half of a
 * surrogate pair), takes it for another (a name with a dot in it is to it a path of two), or the list would be too long.
 *
 * Objects are on the list because the typed column knows values alone: to it `{}` is nothing.
 * @param data as `JSON.parse` gives it; of at most `TYPED_LIMITS.maxDepth`
 */
export function shapeOf(data: object, { text, members }: DataText): string {
  const walk = new Walk(text.includes('\\u'));
  walk.members(data as JsonObject, '');
  // JSON.parse keeps one of the members that are given twice.
  return walk.isFaithful && walk.count === members && walk.shape.length <= MAX_SHAPE_CHARACTERS ? walk.shape : '';
}

type JsonObject = Readonly<Record<string, unknown>>;

class Walk {
  shape = ',';
  count = 0;
  isFaithful = true;
  readonly #mayHoldHalves: boolean;

  constructor(mayHoldHalves: boolean) {
    this.#mayHoldHalves = mayHoldHalves;
  }

  /** @param prefix of the paths to the members; undefined where none can be asked for */
  members(object: JsonObject, prefix: string | undefined): void {
    for (const name in object) {
      this.count += 1;
      const isAskable = isMember(name);
      if (!isAskable && (name.includes('.') || HALF.test(name))) this.isFaithful = false;
      this.#value(object[name], isAskable && prefix !== undefined ? prefix + name : undefined);
    }
  }

  #value(value: unknown, path: string | undefined): void {
    if (typeof value === 'string') {
      if (this.#mayHoldHalves && HALF.test(value)) this.isFaithful = false;
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value) || (Math.abs(value) >= LARGE && Number.isInteger(value))) this.isFaithful = false;
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
