import { Type, type Static } from 'typebox';
import { formatTimeUs } from '../../events/time.ts';
import type { Category } from '../../queries/categories.ts';
import { MAX_NAMES, type EventName } from '../../queries/event-names.ts';
import { eventsJson } from './event-json.ts';
import { operation, type Operation } from '../operation/operation.ts';
import { asksForFresh, filtersOf, found } from './question-parameters.ts';
import { Categories, Events, EventsQuery, Names, NamesQuery, subjects } from './questions-schemas.ts';
import type { ReadingDependencies, ReadsOf } from './reads.ts';
import { rejectedOperations } from './rejected.ts';
import { topEvents } from './top-events.ts';

/** What was stored, event by event. */
export function questionsOperations(dependencies: ReadingDependencies): readonly Operation[] {
  const { reads } = dependencies;
  return [
    events(reads),
    names(reads),
    ...rejectedOperations(reads),
    topEvents(dependencies),
    eventsOf(reads, 'session_id', '/sessions', 'session'),
    eventsOf(reads, 'user', '/users', 'user'),
    categories(reads),
    eventsOf(reads, 'category', '/categories', 'category'),
  ];
}

const common = { method: 'get', tag: 'Events', access: 'scoped read' } as const;

const PAGING =
  'Ordered by timestamp, then by arrival; the oldest first unless `order=desc`. `from` is inclusive, `to` exclusive. ' +
  'Following `next_cursor` to the end gives each event once, also while events keep arriving: those that arrive ' +
  'meanwhile are in it when their place is still ahead. The other parameters must stay the same, except `limit`.';

function events(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events',
    summary: 'The events that match every filter',
    description: PAGING,
    query: EventsQuery,
    answers: found('A page; empty when nothing matches', Events),
    handle: async (ctx, { query }) => {
      ctx.body = eventsJson({}, await reads(ctx).ask('events', pageOf(query)));
      ctx.type = 'application/json';
    },
  });
}

/** The events that have the same value of a member, which is in the path. */
function eventsOf(reads: ReadsOf, member: keyof typeof subjects, collection: string, noun: string): Operation {
  return operation({
    ...common,
    path: `${collection}/:${member}`,
    summary: `The events of a ${noun}`,
    description: `${PAGING} A ${noun} that is not known has no events: it is answered with an empty page, not with 404.`,
    pathParameters: Type.Object({ [member]: subjects[member] }),
    query: Type.Omit(EventsQuery, [member]),
    answers: found('A page', Type.Object({ [member]: Type.String(), ...Events.properties })),
    handle: async (ctx, { path, query }) => {
      ctx.body = eventsJson(path, await reads(ctx).ask('events', pageOf({ ...query, ...path })));
      ctx.type = 'application/json';
    },
  });
}

function categories(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/categories',
    summary: 'Every category, with what is known of it',
    description:
      'In alphabetical order, counted over everything that is stored. An acknowledged event is in the answer within ' +
      '2 seconds; `Cache-Control: no-cache` skips the cache.',
    answers: found('The categories', Categories),
    handle: async (ctx) => {
      const known = await reads(ctx).ask('categories', { fresh: asksForFresh(ctx) });
      ctx.body = { categories: known.map(categoryJson) };
    },
  });
}

function names(reads: ReadsOf): Operation {
  return operation({
    ...common,
    path: '/events/names',
    summary: 'The names of events, with what is known of each',
    description:
      `The most frequent first, at most ${MAX_NAMES}, counted over everything that is stored. An acknowledged event is ` +
      'in the answer within 2 seconds; `Cache-Control: no-cache` skips the cache.',
    query: NamesQuery,
    answers: found('The names', Names),
    handle: async (ctx, { query: { category } }) => {
      const known = await reads(ctx).ask('names', { category, fresh: asksForFresh(ctx) });
      ctx.body = { names: known.map(nameJson) };
    },
  });
}

function pageOf({ order, limit, cursor, ...filters }: Static<typeof EventsQuery>) {
  return { order, limit, cursor, ...filtersOf(filters) };
}

function categoryJson({ category, events, sessions, firstUs, lastUs }: Category) {
  return { category, events, sessions, first: formatTimeUs(firstUs), last: formatTimeUs(lastUs) };
}

function nameJson({ category, name, events, firstUs, lastUs }: EventName) {
  return { category, name, events, first: formatTimeUs(firstUs), last: formatTimeUs(lastUs) };
}
