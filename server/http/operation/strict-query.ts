import { invalid, show, type Issue } from '../../common/errors.ts';
import { nearest } from '../../common/words.ts';
import type { RequestContext } from './context.ts';
import type { Operation } from './operation.ts';
import { expectEncoded, queryOf } from './parameters.ts';

/** More slips than that are not listed one by one. */
const MAX_ISSUES = 10;
const MAX_NAME_CHARACTERS = 80;

/**
 * Whether an operation refuses what it does not know in its query: questions do, because one whose filter is misspelt
 * would be answered with everything. Ingest takes what senders add, and what is open to anyone (health, pages and their
 * files) means the same with whatever a load balancer or a browser adds.
 */
export function isStrict({ method, access }: Pick<Operation, 'method' | 'access'>): boolean {
  return method === 'get' && (access === 'read' || access === 'scoped read');
}

/**
 * Makes the check of the query of a question.
 * @returns a function that throws AppError `invalid` for a parameter that is not known, naming the nearest that is, and
 * for what is not percent-encoded UTF-8
 */
export function strictQuery({ path, query }: Operation): (ctx: RequestContext) => void {
  const known = new Set(Object.keys(query?.properties ?? {}));
  return (ctx) => {
    const { querystring } = ctx;
    if (querystring === '') return;
    if (querystring.includes('%')) expectEncoded('query', querystring);
    const issues: Issue[] = [];
    for (const name of Object.keys(queryOf(ctx))) {
      if (known.has(name)) continue;
      issues.push({ path: name.slice(0, MAX_NAME_CHARACTERS), message: unknown(name, known, path) });
      if (issues.length === MAX_ISSUES) break;
    }
    if (issues.length > 0) throw invalid(issues);
  };
}

function unknown(name: string, known: ReadonlySet<string>, path: string): string {
  const meant = nearest(name, known);
  const expected =
    known.size === 0
      ? `no parameters for ${path}`
      : meant === undefined
        ? `one of ${[...known].join(', ')}`
        : `${meant}, or another of ${path}`;
  return `received the parameter ${show(name)}, which is not known, expected ${expected}`;
}
