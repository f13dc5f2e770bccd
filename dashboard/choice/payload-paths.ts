import { isMember, withoutData } from '../text/data-path.ts';
import type { Option } from './options.ts';

const MAX_DEPTH = 6;
const MAX_PATHS = 300;

/** The paths of values in payloads, each with one value as an example. */
export function pathsIn(payloads: readonly unknown[]): Option[] {
  const examples = new Map<string, string>();
  const walk = (value: unknown, path: string, depth: number) => {
    if (examples.size >= MAX_PATHS || Array.isArray(value)) return;
    if (typeof value !== 'object' || value === null) {
      if (value !== null && !examples.has(path))
        examples.set(path, (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 24));
      return;
    }
    if (depth >= MAX_DEPTH) return;
    for (const [member, inner] of Object.entries(value)) {
      if (isMember(member)) walk(inner, `${path}.${member}`, depth + 1);
    }
  };
  for (const payload of payloads) {
    if (typeof payload === 'object' && payload !== null) walk(payload, 'data', 0);
  }
  return [...examples]
    .map(([path, example]) => ({ value: path, label: withoutData(path), note: `such as ${example}` }))
    .sort((one, other) => (one.value < other.value ? -1 : 1));
}
