import { invalid, show } from '../../common/errors.ts';
import { isLongerThan } from '../../events/parameters.ts';
import { MAX_NAME_CHARACTERS } from '../../events/event.ts';

/** Something that people do: an event with this name, and with this category if there is one. */
export interface Step {
  readonly category?: string | undefined;
  readonly name: string;
}

/** What people are known by. */
export const PEOPLE = ['user', 'session_id'] as const;
export type Person = (typeof PEOPLE)[number];

/** What a step is, as the end of a sentence. */
export const STEP_WORDS = `a name, or a category and a name with :: between them, each of 1 to ${MAX_NAME_CHARACTERS} characters`;

const SEPARATOR = '::';

/**
 * @param parameter that the text came in, for the error
 * @throws AppError `invalid` when it is no step
 */
export function parseStep(text: string, parameter: string): Step {
  const end = text.indexOf(SEPARATOR);
  const category = end === -1 ? undefined : text.slice(0, end);
  const name = end === -1 ? text : text.slice(end + SEPARATOR.length);
  if (!isPart(name) || (category !== undefined && !isPart(category))) {
    throw invalid([{ path: parameter, message: `received ${show(text)}, expected ${STEP_WORDS}` }]);
  }
  return { category, name };
}

function isPart(text: string): boolean {
  return text !== '' && !isLongerThan(text, MAX_NAME_CHARACTERS);
}

/**
 * Whether an event is this step, as SQL; its values are parameters: see `stepParams`.
 * @param columns SQL for the name and the category of the event
 */
export function isStep(step: Step, prefix: string, { name, category } = COLUMNS): string {
  const isName = `${name} = {${prefix}_name:String}`;
  return step.category === undefined ? isName : `${isName} AND ${category} = {${prefix}_category:String}`;
}

const COLUMNS = { name: 'name', category: 'category' };

export function stepParams({ category, name }: Step, prefix: string): Readonly<Record<string, string>> {
  return { [`${prefix}_name`]: name, ...(category === undefined ? {} : { [`${prefix}_category`]: category }) };
}

/** The names of steps, each once. */
export function namesOf(steps: readonly Step[]): string[] {
  return [...new Set(steps.map(({ name }) => name))];
}
