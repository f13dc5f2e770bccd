/** What the typed column of one event may have; see `TypedPaths`. */
export interface TypedLimits {
  /** Different paths that lead to a value. */
  readonly maxLeaves: number;
  /** Objects and arrays within each other; `{}` has a depth of 1. */
  readonly maxDepth: number;
  /** Of those, arrays. */
  readonly maxArrays: number;
  /** Characters of the name of a member. */
  readonly maxNameCharacters: number;
  /** Different paths of all events together. */
  readonly maxPaths: number;
}

export const TYPED_LIMITS: TypedLimits = {
  maxLeaves: 256,
  maxDepth: 10,
  maxArrays: 2,
  maxNameCharacters: 256,
  maxPaths: 2_000,
};

/** A place in payloads, with the places below it. */
interface Place {
  members: Map<string, Place> | undefined;
  /** What is in the arrays there. */
  items: Place | undefined;
  /** The number of the last event that has a value here; 0 for none. */
  leafOf: number;
}

/** A place that was not there before. */
interface Addition {
  readonly to: Place;
  /** Of the member; undefined for the items. */
  readonly name: string | undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Decides for each event whether ClickHouse may make the typed column `payload` of it. Every path is a column and a file
 * to ClickHouse, in each part and each merge: 20 inserts of 700 events with 64 new keys each took the engine from 0.4 to
 * 4.4 GiB and its merges over 30 s; with the keys drawn from 2,000, a merge takes 230 MB and 3 s. So an event is bounded,
 * and so is what all events of a process have together; one beyond that is stored without its typed column, and
 * questions read it from its text.
 *
 * Invariant: the places form a tree of at most `maxPaths` leaves, each of which some allowed event had. One that is not
 * allowed leaves nothing behind.
 */
export class TypedPaths {
  readonly #limits: TypedLimits;
  readonly #root = newPlace();
  #paths = 0;
  /** The number of the event at hand, how many leaves it has so far, and what it has brought. */
  #event = 0;
  #leaves = 0;
  #newPlaces: Addition[] = [];
  #newLeaves: Place[] = [];

  constructor(limits: TypedLimits = TYPED_LIMITS) {
    this.#limits = limits;
  }

  /** @param data the payload of an event that will be stored, as `JSON.parse` gives it */
  allows(data: object): boolean {
    this.#event += 1;
    this.#leaves = 0;
    const isAllowed = this.#takeMembers(data as JsonObject, this.#root, 1, 0);
    if (!isAllowed) this.#takeBack();
    if (this.#newPlaces.length > 0) this.#newPlaces = [];
    if (this.#newLeaves.length > 0) this.#newLeaves = [];
    return isAllowed;
  }

  #take(value: unknown, place: Place, depth: number, arrays: number): boolean {
    if (typeof value !== 'object' || value === null) return this.#takeLeaf(place);
    return Array.isArray(value)
      ? this.#takeItems(value, place, depth + 1, arrays + 1)
      : this.#takeMembers(value as JsonObject, place, depth + 1, arrays);
  }

  #takeMembers(value: JsonObject, place: Place, depth: number, arrays: number): boolean {
    const { maxDepth, maxNameCharacters } = this.#limits;
    if (depth > maxDepth) return false;
    let isEmpty = true;
    // Faster than Object.entries by half, and the same for what JSON.parse gives.
    for (const name in value) {
      isEmpty = false;
      if (name.length > maxNameCharacters) return false;
      const member = place.members?.get(name) ?? this.#addMember(place, name);
      if (!this.#take(value[name], member, depth, arrays)) return false;
    }
    // What is empty stands for itself, or empty objects would be places without end.
    return !isEmpty || depth === 1 || this.#takeLeaf(place);
  }

  #takeItems(value: readonly unknown[], place: Place, depth: number, arrays: number): boolean {
    const { maxDepth, maxArrays } = this.#limits;
    if (depth > maxDepth || arrays > maxArrays) return false;
    if (value.length === 0) return this.#takeLeaf(place);
    const items = place.items ?? this.#addItems(place);
    for (const item of value) if (!this.#take(item, items, depth, arrays)) return false;
    return true;
  }

  #takeLeaf(place: Place): boolean {
    if (place.leafOf === this.#event) return true;
    if (place.leafOf === 0) {
      if (this.#paths === this.#limits.maxPaths) return false;
      this.#paths += 1;
      this.#newLeaves.push(place);
    }
    place.leafOf = this.#event;
    this.#leaves += 1;
    return this.#leaves <= this.#limits.maxLeaves;
  }

  #addMember(to: Place, name: string): Place {
    const added = newPlace();
    to.members ??= new Map();
    to.members.set(name, added);
    this.#newPlaces.push({ to, name });
    return added;
  }

  #addItems(to: Place): Place {
    const added = newPlace();
    to.items = added;
    this.#newPlaces.push({ to, name: undefined });
    return added;
  }

  #takeBack(): void {
    this.#paths -= this.#newLeaves.length;
    for (const place of this.#newLeaves) place.leafOf = 0;
    for (const { to, name } of this.#newPlaces) {
      if (name === undefined) to.items = undefined;
      else to.members?.delete(name);
    }
  }
}

function newPlace(): Place {
  return { members: undefined, items: undefined, leafOf: 0 };
}
