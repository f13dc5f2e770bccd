import { show, type Issue } from '../common/errors.ts';
import { MAX_NAME_CHARACTERS } from './event.ts';
import { isLongerThan, type Query } from './query-parameters.ts';

const EXPECTED = `one text of 1 to ${MAX_NAME_CHARACTERS} characters in UTF-8`;
/** What is put for bytes that are not UTF-8; kept, it would make different names one. */
const NO_UTF8 = '\uFFFD';

/** A text of 1 to 256 characters, given once. Returns an empty one and adds an issue otherwise. */
export function givenText(value: Query[string], path: string, issues: Issue[]): string {
  const isOne = typeof value === 'string' && value !== '' && !isLongerThan(value, MAX_NAME_CHARACTERS);
  if (isOne && !value.includes(NO_UTF8)) return value;
  issues.push({ path, message: `received ${show(value)}, expected ${EXPECTED}` });
  return '';
}
