/** Longer names are nobody's slip of a key, and are not compared. */
const MAX_CHARACTERS = 40;

/**
 * The candidate that somebody who wrote `name` most likely meant.
 * @returns undefined when none is near: more than a third of its characters would have to change
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_CHARACTERS) return undefined;
  let found: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const changes = changesBetween(name.toLowerCase(), candidate.toLowerCase());
    if (changes < least && changes <= Math.max(1, Math.ceil(candidate.length / 3))) {
      found = candidate;
      least = changes;
    }
  }
  return found;
}

/** How many characters to put in, take out or replace (Levenshtein's distance). */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
