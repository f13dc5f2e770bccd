import { Type } from 'typebox';
import type { Answer } from './operation.ts';

/** RFC 9457, with the findings about the request. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always `about:blank`: the status says which problem it is' }),
    title: Type.String({ description: 'The phrase of the status, such as `Bad Request`' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was received and what was expected' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'The parameter, or the path in the body' }),
          message: Type.String(),
        }),
      ),
    ),
  },
  { $id: 'Problem', description: 'RFC 9457' },
);

/** An answer that is a problem. */
export function problem(description: string): Answer {
  return { description, content: { 'application/problem+json': Problem } };
}

/** Nothing is wrong with the request, and a retry makes sense. */
export function tryLater(description: string, retryAfter = 'Seconds after which a retry makes sense'): Answer {
  return { ...problem(description), headers: { 'Retry-After': retryAfter } };
}
