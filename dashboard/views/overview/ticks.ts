const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact' });

/** What stands at the marks of the time axis: the hour, and the day below the first mark of each. In seconds. */
export function timeTicks(marks: readonly number[]): string[] {
  const days = marks.map((seconds) => DAY.format(seconds * 1000));
  const isDaily = marks.every((seconds) => seconds % 86_400 === 0);
  if (isDaily) return days;
  return marks.map((seconds, index) => {
    const hour = new Date(seconds * 1000).toISOString().slice(11, 16);
    return days[index] === days[index - 1] ? hour : `${hour}\n${days[index]}`;
  });
}

/** What stands at the marks of the axis of counts: `0`, `500`, `1K`, `1.5K`. */
export function countTicks(marks: readonly number[]): string[] {
  return marks.map((count) => COMPACT.format(count));
}
