import { invalid, show } from '../../common/errors.ts';

/** Where a value is in the `data` of an event: the names of the members that lead to it, outermost first. */
export interface DataPath {
  /** As it was asked for: `data.event.event_id`. */
  readonly text: string;
  /** `['event', 'event_id']` */
  readonly members: readonly string[];
}

/** That the value at a path, as text, is this one. */
export interface DataCondition {
  readonly path: DataPath;
  readonly value: string;
}

const MAX_MEMBERS = 10;
const MAX_MEMBER_CHARACTERS = 64;

/** `$browser` is PostHog's, `plan-name` anybody's. None of these characters ends a name in SQL, a list of paths, or a shape. */
const MEMBER = `[A-Za-z_$][A-Za-z0-9_$-]{0,${MAX_MEMBER_CHARACTERS - 1}}`;
const WHOLE_MEMBER = new RegExp(`^${MEMBER}$`);

/** The source of a regular expression for a path alone. Without the signs that separate paths from what follows. */
export const DATA_PATH = `data(?:\\.${MEMBER}){1,${MAX_MEMBERS}}`;

/** What a path is, as the end of a sentence. */
export const DATA_PATH_WORDS =
  `data followed by 1 to ${MAX_MEMBERS} names such as .event_id, each of at most ${MAX_MEMBER_CHARACTERS} letters, ` +
  'digits, _, $ and - that begins with neither a digit nor -';

/** Whether a name can be part of a path. */
export function isMember(name: string): boolean {
  return WHOLE_MEMBER.test(name);
}

const WHOLE = new RegExp(`^${DATA_PATH}$`);

/**
 * @param parameter that the text came in, for the error
 * @throws AppError `invalid` when the text is not a path
 */
export function parseDataPath(text: string, parameter: string): DataPath {
  if (!WHOLE.test(text)) {
    throw invalid([{ path: parameter, message: `received ${show(text)}, expected ${DATA_PATH_WORDS}` }]);
  }
  return { text, members: text.split('.').slice(1) };
}

/**
 * Reads `path:value` of the parameter `where`. The value is everything after the first colon: a path has none, and a value may.
 * @throws AppError `invalid` when there is no colon, or no path before it
 */
export function parseDataCondition(text: string): DataCondition {
  const colon = text.indexOf(':');
  if (colon === -1) {
    throw invalid([{ path: 'where', message: `received ${show(text)}, expected path:value` }]);
  }
  return { path: parseDataPath(text.slice(0, colon), 'where'), value: text.slice(colon + 1) };
}

/**
 * Reads the paths of the parameter `show`, with commas between them. One that is repeated counts once.
 * @throws AppError `invalid` when one of them is not a path
 */
export function parseDataPaths(text: string): DataPath[] {
  return [...new Set(text.split(','))].map((path) => parseDataPath(path, 'show'));
}
