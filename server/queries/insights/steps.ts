import { invalid, show } from '../../common/errors.ts';
import { isLongerThan } from '../../events/query-parameters.ts';
import { MAX_NAME_CHARACTERS } from '../../events/event.ts';

/** Something that people do: any of these events. */
export type Step = readonly StepEvent[];

/** An event with this name, and with this category if there is one. */
interface StepEvent {
  readonly category?: string;
  readonly name: string;
}

/** What people are known by. */
export const PEOPLE = ['user', 'session_id'] as const;
export type Person = (typeof PEOPLE)[number];

/** What a step is, as the end of a sentence. */
export const STEP_WORDS = `a name, or a category and a name with :: between them, each of 1 to ${MAX_NAME_CHARACTERS} characters`;

const SEPARATOR = '::';
/** Each is a condition on every event. */
const MAX_PLACES = 10;

/**
 * Names and categories may hold `::` too, so that a text is the event of this name, and every one that is written like this.
 * @param parameter that the text came in, for the error
 * @throws AppError `invalid` when it is no step
 */
export function parseStep(text: string, parameter: string): Step {
  const named = isPart(text) ? [{ name: text }] : [];
  const splits = splitsOf(text).filter(({ category, name }) => isPart(category) && isPart(name));
  const refuse = (expected: string) =>
    invalid([{ path: parameter, message: `received ${show(text)}, expected ${expected}` }]);
  if (named.length + splits.length === 0) throw refuse(STEP_WORDS);
  if (splits.length > MAX_PLACES) throw refuse(`at most ${MAX_PLACES} places with ${SEPARATOR}`);
  return [...named, ...splits];
}

function splitsOf(text: string): Required<StepEvent>[] {
  const found: Required<StepEvent>[] = [];
  // Of three colons, the category or the name may have one.
  for (let at = text.indexOf(SEPARATOR); at !== -1; at = text.indexOf(SEPARATOR, at + 1)) {
    found.push({ category: text.slice(0, at), name: text.slice(at + SEPARATOR.length) });
  }
  return found;
}

function isPart(text: string): boolean {
  return text !== '' && !isLongerThan(text, MAX_NAME_CHARACTERS);
}

/**
 * Whether an event is this step, as SQL; its values are parameters: see `stepParams`.
 * @param columns SQL for the name and the category of the event
 */
export function isStep(step: Step, prefix: string, columns = COLUMNS): string {
  const conditions = step.map(({ category }, index) => {
    const isName = `${columns.name} = {${prefix}_${index}_name:String}`;
    return category === undefined ? isName : `${isName} AND ${columns.category} = {${prefix}_${index}_category:String}`;
  });
  return `(${conditions.join(' OR ')})`;
}

const COLUMNS = { name: 'name', category: 'category' };

export function stepParams(step: Step, prefix: string): Readonly<Record<string, string>> {
  const params = step.flatMap((event, index) =>
    Object.entries(event).map(([part, value]) => [`${prefix}_${index}_${part}`, value]),
  );
  return Object.fromEntries(params) as Record<string, string>;
}

/** Whether an event can be both. */
export function overlap(one: Step, other: Step): boolean {
  return one.some(({ category, name }) =>
    other.some(
      (event) =>
        event.name === name && (category === undefined || event.category === undefined || event.category === category),
    ),
  );
}

/** The names of steps, each once. */
export function namesOf(steps: readonly Step[]): string[] {
  return [...new Set(steps.flat().map(({ name }) => name))];
}
