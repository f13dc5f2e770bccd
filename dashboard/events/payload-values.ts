import { isMember } from '../text/data-path.ts';

/** A value in a payload, as the service compares it. */
export interface PayloadValue {
  /** `data.` and names. */
  readonly path: string;
  readonly value: string;
}

const MAX_VALUES = 40;
const MAX_CHARACTERS = 200;
const MAX_DEPTH = 10;

/** The values that others may have too; not those in arrays, very long ones, and numbers that a page cannot hold exactly. */
export function valuesIn(text: string): PayloadValue[] {
  const found: PayloadValue[] = [];
  const walk = (value: unknown, path: string, depth: number) => {
    if (found.length >= MAX_VALUES || value === null || Array.isArray(value) || depth > MAX_DEPTH) return;
    if (typeof value === 'object') {
      for (const [member, inner] of Object.entries(value)) {
        if (isMember(member)) walk(inner, `${path}.${member}`, depth + 1);
      }
      return;
    }
    const shown = textOf(value);
    if (shown !== undefined) found.push({ path, value: shown });
  };
  walk(parsed(text), 'data', 0);
  return found;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : undefined;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' && value.length <= MAX_CHARACTERS ? value : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
