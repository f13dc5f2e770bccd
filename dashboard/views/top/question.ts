import { linkTo } from '../../state/location.ts';

/** The parameters of `GET /events/top` as they are written in a link and in the form; empty where one is not given. */
export interface TopQuestion {
  readonly by: string;
  /** What is counted; `events` unless given. */
  readonly measure: string;
  readonly window: string;
  readonly from: string;
  readonly to: string;
  readonly category: string;
  readonly name: string;
  readonly unique: string;
  readonly where: readonly string[];
  readonly show: string;
  readonly limit: string;
}

export const VIEW_ID = 'top';

/** What the service counts by and over what time, unless it is told. */
const BY = 'name';
const NOTHING_GIVEN: TopQuestion = {
  by: BY,
  measure: '',
  window: '',
  from: '',
  to: '',
  category: '',
  name: '',
  unique: '',
  where: [],
  show: '',
  limit: '',
};

/** What the view asks when its link says nothing. Not the service's own default, which looks at everything. */
export const FIRST_QUESTION: TopQuestion = { ...NOTHING_GIVEN, window: '1h' };

/** Whether a link says anything of what is asked. */
export function isAsked(query: URLSearchParams): boolean {
  return Object.keys(NOTHING_GIVEN).some((name) => query.has(name));
}

/** The question of a link. Its values are passed on as they are, so that the service says what is wrong with them. */
export function readQuestion(query: URLSearchParams): TopQuestion {
  if (!isAsked(query)) return FIRST_QUESTION;
  const text = (name: keyof TopQuestion) => query.get(name) ?? '';
  return {
    by: text('by') || BY,
    measure: text('measure'),
    window: text('window'),
    from: text('from'),
    to: text('to'),
    category: text('category'),
    name: text('name'),
    unique: text('unique'),
    where: query.getAll('where').filter((condition) => condition !== ''),
    show: text('show'),
    limit: text('limit'),
  };
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
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(question)) {
    for (const item of [value].flat()) if (item !== '') parameters.append(name, item);
  }
  return `/events/top/stream?${parameters.toString()}`;
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
