import { linkTo } from '../../state/location.ts';
import { listOf, textsOf, withQuery } from '../../text/query.ts';

export const VIEW_ID = 'top';

const TEXTS = ['by', 'measure', 'window', 'from', 'to', 'category', 'name', 'unique', 'show', 'limit'] as const;

/** The parameters of `GET /events/top` as they are written in a link and in the form; empty where one is not given. */
export interface TopQuestion extends Readonly<Record<(typeof TEXTS)[number], string>> {
  readonly where: readonly string[];
}

/** What the view asks when its link says nothing. Not the service's own default, which looks at everything. */
export const FIRST_QUESTION: TopQuestion = { ...given(new URLSearchParams()), window: '1h' };

/** Whether a link says anything of what is asked. */
export function isAsked(query: URLSearchParams): boolean {
  return [...TEXTS, 'where'].some((name) => query.has(name));
}

/** The question of a link. */
export function readQuestion(query: URLSearchParams): TopQuestion {
  return isAsked(query) ? given(query) : FIRST_QUESTION;
}

function given(query: URLSearchParams): TopQuestion {
  const texts = textsOf(query, TEXTS);
  // As the service does unless it is told.
  return { ...texts, by: texts.by || 'name', where: listOf(query, 'where') };
}

/** The link to the first question. */
export function linkToStart(): string {
  return linkTo(VIEW_ID);
}

/** The link to a question: that of the API, with `by` always, so that it is not taken for the first question. */
export function linkToQuestion(question: TopQuestion): string {
  return linkTo(VIEW_ID, { ...question });
}

/** The path of the stream that answers it. */
export function streamPathOf(question: TopQuestion): string {
  return withQuery('/events/top/stream', { ...question });
}

export function sameQuestion(one: TopQuestion, other: TopQuestion): boolean {
  return streamPathOf(one) === streamPathOf(other);
}

/** The paths of `show`, as the service reads them. */
export function shownPaths({ show }: TopQuestion): readonly string[] {
  return show === '' ? [] : [...new Set(show.split(','))];
}

/** How many of the parameters are given that can only be changed in the form. */
export function detailCount(question: TopQuestion): number {
  const { category, name, unique, where, show, limit } = question;
  return [category, name, unique, ...where, show, limit].filter((value) => value !== '').length;
}
