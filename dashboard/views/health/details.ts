import { formatBytes, formatCount, formatDuration } from '../../text/format.ts';

/** What a part says of itself. */
export type Members = Readonly<Record<string, unknown>>;

/** A name, and one or several lines about it. */
export interface Detail {
  readonly name: string;
  readonly lines: readonly string[];
}

/** More would fill the page. */
const MAX_LINES = 100;

/** Members that nobody has written words for, as names and lines. What says nothing is left out. */
export function detailsOf(members: Members): Detail[] {
  return Object.entries(members).flatMap(([name, value]) => {
    const lines = (Array.isArray(value) ? value : [value]).slice(0, MAX_LINES).map((item) => lineOf(name, item));
    const said = lines.filter((line) => line !== '');
    return said.length === 0 ? [] : [{ name: spaced(name), lines: said }];
  });
}

/** A member that is a text, if it is one. */
export function textOf(members: Members, name: string): string | undefined {
  const value = members[name];
  return typeof value === 'string' ? value : undefined;
}

/** A member that is a number; 0 if it is none. */
export function numberOf(members: Members, name: string): number {
  const value = members[name];
  return typeof value === 'number' ? value : 0;
}

function lineOf(name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return measured(name, value);
  if (Array.isArray(value)) return value.map((item) => lineOf(name, item)).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([member, item]) => `${spaced(member)} ${lineOf(member, item)}`)
      .join(' · ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A number with the unit that its name has. */
function measured(name: string, value: number): string {
  if (/(^|_)seconds$/.test(name)) return formatDuration(value);
  if (/(^|_)ms$/.test(name)) return `${formatCount(value)} ms`;
  if (/(^|_)bytes$/.test(name)) return formatBytes(value);
  return formatCount(value);
}

function spaced(name: string): string {
  return name.replaceAll(/_(seconds|ms|bytes)$/g, '').replaceAll(/[_-]+/g, ' ');
}
