import { GIB, KIB, MIB } from '../common/units.ts';
import { SECRETS } from './secret-files.ts';
import { variables } from './variables.ts';

/** One variable, in words. */
export interface VariableHelp {
  readonly name: string;
  /** As one would set it; empty: unset. */
  readonly default: string;
  /** What it is counted in; empty when it is no quantity. */
  readonly unit: string;
  /** What is accepted. */
  readonly expected: string;
  readonly meaning: string;
}

/** What no variable accepts but those that take any text. */
const WRONG = '\u0000';

/** Every variable of the service, in the order in which they are declared. */
export function variableHelp(): readonly VariableHelp[] {
  const all: [string, Variable][] = Object.entries(variables);
  const own = all.map(([name, variable]) => ({
    name,
    default: defaultText(name, variable.default),
    unit: unitOf(name),
    expected: expectedBy(variable),
    meaning: variable.desc ?? '',
  }));
  const files = SECRETS.map((name) => ({
    name: `${name}_FILE`,
    default: '',
    unit: '',
    expected: 'a file that can be read',
    meaning: `A file that holds ${name}, as orchestrators hand out secrets; one of the two`,
  }));
  return [...own, ...files];
}

interface Variable {
  readonly default?: unknown;
  readonly desc?: string;
  readonly _parse: (input: string) => unknown;
}

function defaultText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  // Lists are empty by default.
  if (typeof value !== 'number') return '';
  if (!name.endsWith('_BYTES')) return String(value);
  const [size, unit] = value % GIB === 0 ? [GIB, 'GiB'] : value % MIB === 0 ? [MIB, 'MiB'] : [KIB, 'KiB'];
  return `${value / size}${unit}`;
}

function unitOf(name: string): string {
  if (name.endsWith('_MS')) return 'ms';
  if (name.endsWith('_BYTES')) return 'bytes';
  return name.endsWith('_DAYS') ? 'days' : '';
}

/** In the words with which it refuses what is wrong. */
function expectedBy({ _parse: parse }: Variable): string {
  try {
    parse(WRONG);
    return 'text';
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    return /expected (.*)$/s.exec(message)?.[1] ?? 'see below';
  }
}
