/** `1 event`, `312 events` */
export function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * Which of the known names was probably meant: the one that takes the fewest changes (a character added, left out,
 * another, or two that changed places), when that is at most a third of what was received.
 * @param received of any length; what is much longer than the known names is near none
 */
export function nearest(received: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly changes: number } | undefined;
  for (const name of known) {
    if (Math.abs(name.length - received.length) > name.length) continue;
    const changes = changesBetween(received, name);
    if (best === undefined || changes < best.changes) best = { name, changes };
  }
  return best !== undefined && best.changes <= Math.max(1, Math.floor(received.length / 3)) ? best.name : undefined;
}

/** The end of a sentence that refuses a name: which of the known ones was probably meant, if any. @param prefix of each */
export function didYouMean(received: string, known: Iterable<string>, prefix = ''): string {
  const meant = nearest(received, known);
  return meant === undefined ? '' : `; did you mean ${prefix}${meant}?`;
}

function changesBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= to.length; at += 1) {
      const isSame = from[row - 1] === to[at - 1];
      let changes = Math.min((current[at - 1] ?? 0) + 1, (last[at] ?? 0) + 1, (last[at - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1];
      if (isSwapped) changes = Math.min(changes, (beforeLast[at - 2] ?? 0) + 1);
      current.push(changes);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
