import { StoredLine, StoredText } from '../components/stored-text.tsx';
import { Time } from '../components/time.tsx';
import { userTo } from '../state/links.ts';
import type { ListedEvent } from './listed-event.ts';
import './events.css';

export interface EventLineProps {
  readonly event: ListedEvent;
  /** The link to all that is known of it. */
  readonly href: string;
  /** Whether the day is said elsewhere. */
  readonly isTimeOnly?: boolean;
  /** Whether the user is said elsewhere. */
  readonly isOfUser?: boolean;
}

/** More of the data than a line has room for. */
const PREVIEW_CHARACTERS = 160;

/** An event on one line: when, what, of which category, who, and the beginning of its data. */
export function EventLine({ event, href, isTimeOnly = false, isOfUser = false }: EventLineProps) {
  const { name, category, user, data, timestamp } = event;
  return (
    <li class={isOfUser ? 'event-line of-user' : 'event-line'}>
      <a class="event-time" href={href}>
        <Time iso={timestamp} precision={isTimeOnly ? 'time' : 'second'} zone="implied" />
      </a>
      <span class="event-what">
        <StoredLine text={name} />
        <span class="tag">
          <StoredText text={category} />
        </span>
      </span>
      {!isOfUser && <span class="event-who">{user === '' ? <StoredLine text="" /> : <UserLink user={user} />}</span>}
      <code class="event-data">
        <StoredLine text={data === '{}' ? '' : data.slice(0, PREVIEW_CHARACTERS)} />
      </code>
    </li>
  );
}

/** Leads to the timeline of a user. */
export function UserLink({ user }: { readonly user: string }) {
  return (
    <a class="filter-link" href={userTo(user)}>
      <StoredLine text={user} />
    </a>
  );
}
