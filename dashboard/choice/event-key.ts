import type { KnownName } from '../api/questions.ts';

/** Which events are meant; empty for any. */
export interface Of {
  readonly category: string;
  readonly name: string;
}

const BETWEEN = '::';

/** As the steps of a funnel are written: `category::name`; without a category the name alone. */
export function keyOf({ category, name }: Of): string {
  return category === '' ? name : `${category}${BETWEEN}${name}`;
}

/** The event of a key; of a name alone, its category where only one has it. A name may look like a key. */
export function eventOf(key: string, names: readonly KnownName[]): Of {
  const known = names.find((one) => keyOf(one) === key);
  if (known !== undefined) return { category: known.category, name: known.name };
  const named = names.filter(({ name }) => name === key);
  // For the service it is every event that is written like this.
  const at = named.length > 0 ? -1 : key.indexOf(BETWEEN);
  if (at !== -1) return { category: key.slice(0, at), name: key.slice(at + BETWEEN.length) };
  return { category: named.length === 1 ? (named[0]?.category ?? '') : '', name: key };
}

/**
 * The event that was chosen by its key, or by what it is called: that is in the field, and may be typed too.
 * @param others than those of the names, whose labels count too
 */
export function chosenEvent(text: string, names: readonly KnownName[], others: readonly Of[]): Of {
  const isKey = names.some((one) => keyOf(one) === text);
  const called = isKey ? undefined : [...others, ...names].find((one) => labelOf(one, names) === text);
  return called === undefined ? eventOf(text, names) : { category: called.category, name: called.name };
}

/** What people call it: its name, with its category where several have the name. */
export function labelOf({ category, name }: Of, names: readonly KnownName[]): string {
  if (name === '') return category === '' ? '' : `All of ${category}`;
  const isShared = category !== '' && names.some((one) => one.name === name && one.category !== category);
  return isShared ? `${name} (${category})` : name;
}
