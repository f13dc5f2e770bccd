import { Type, type Static, type TObject, type TSchema } from 'typebox';
import type { Role } from '../../auth/caller.ts';
import type { RequestContext } from './context.ts';
import { parameterReader, pathOf, queryOf } from './parameters.ts';

/**
 * Who may ask: callers with the role, or with `open` anyone. `read` is for what tells of every application, and refuses
 * callers that read their own alone; `scoped read` is for what is answered through `Reads`. `ingest` is `write` for what
 * finds the key in the query or the body: it asks for the role itself, when it has the key.
 */
export type Access = Role | 'scoped read' | 'ingest' | 'open';

/**
 * One thing that can be asked of the service, declared once: the router, the access check, the validation of the
 * parameters and the OpenAPI document all come from this record.
 */
export interface Operation {
  readonly method: 'get' | 'post';
  /** As the router takes it: `/sessions/:session_id`. */
  readonly path: string;
  readonly tag: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly query?: TObject;
  readonly pathParameters?: TObject;
  /** Request headers that mean something to it alone. */
  readonly headers?: TObject;
  readonly body?: Body;
  /** What it answers, by status. What every operation may answer (400, 401, 403 and so on) is added to it. */
  readonly answers: Readonly<Record<number, Answer>>;
  readonly handle: (ctx: RequestContext) => Promise<void> | void;
}

/** Schemas by media type. One with an `$id` becomes a component of the document, under that name. */
export type Content = Readonly<Record<string, TSchema>>;

export interface Body {
  readonly description: string;
  readonly content: Content;
}

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  /** What its headers say, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

const NONE = Type.Object({});

export interface Declaration<Q extends TObject, P extends TObject> extends Omit<Operation, 'handle'> {
  readonly query?: Q;
  readonly pathParameters?: P;
  /** Gets the parameters as their schemas say. */
  readonly handle: (ctx: RequestContext, parameters: Parameters<Q, P>) => Promise<void> | void;
}

export interface Parameters<Q extends TObject, P extends TObject> {
  readonly query: Static<Q>;
  readonly path: Static<P>;
}

/** An operation whose parameters are validated before it is handled; a wrong one is answered with 400. */
export function operation<Q extends TObject = typeof NONE, P extends TObject = typeof NONE>(
  declaration: Declaration<Q, P>,
): Operation {
  const { handle, query = NONE, pathParameters = NONE } = declaration;
  const readQuery = parameterReader<Q>(query as Q);
  const readPath = parameterReader<P>(pathParameters as P);
  return {
    ...declaration,
    handle: (ctx) => handle(ctx, { query: readQuery(queryOf(ctx)), path: readPath(pathOf(ctx)) }),
  };
}
