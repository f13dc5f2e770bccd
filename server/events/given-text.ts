import { show, type Issue } from '../common/errors.ts';
import { MAX_NAME_CHARACTERS } from './event.ts';
import { isLongerThan, type Query } from './parameters.ts';

/** Where a text comes from, and how to speak of it. */
export interface TextSource {
  /** For the errors. */
  readonly path: string;
  /** `one user name` */
  readonly one: string;
  /** `a user name` */
  readonly any: string;
  readonly encoding: string;
}

/** A text of 1 to 256 characters, given once. Returns an empty one and adds an issue otherwise. */
export function givenText(value: Query[string], source: TextSource, issues: Issue[]): string {
  const problem = textProblem(value, source);
  if (problem === undefined && typeof value === 'string') return value;
  issues.push({ path: source.path, message: `received ${show(value)}, expected ${problem}` });
  return '';
}

function textProblem(value: Query[string], { one, any, encoding }: TextSource): string | undefined {
  if (typeof value !== 'string') return one;
  if (value === '') return `${any} that is not empty`;
  if (isLongerThan(value, MAX_NAME_CHARACTERS)) return `at most ${MAX_NAME_CHARACTERS} characters`;
  // What is put for bytes that are not UTF-8; kept, it would make different names one.
  if (value.includes('\uFFFD')) return `${any} in ${encoding}`;
  return undefined;
}
