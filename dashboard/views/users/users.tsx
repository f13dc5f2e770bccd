import { useService } from '../../api/service.ts';
import type { TopList } from '../../api/stream.ts';
import { Combobox } from '../../choice/combobox.tsx';
import { useValues } from '../../choice/suggestions.ts';
import { AnswerPanel } from '../../components/answer-panel.tsx';
import { Bars } from '../../components/count.tsx';
import { EmptyPanel } from '../../components/state-panels.tsx';
import { useAnswer } from '../../hooks/use-answer.ts';
import { linkTo } from '../../state/location.ts';
import { userTo } from '../../state/links.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { withQuery } from '../../text/query.ts';
import { Timeline } from './timeline.tsx';
import './users.css';

/** What one user did; without one, who was here most. */
export const users: View = { id: 'users', title: 'Users', Content: Users };

function Users({ query }: ViewProps) {
  const { navigation } = useService();
  const user = query.get('user') ?? '';
  const suggestions = useValues('user');
  return (
    <>
      <section aria-label="Choose a user" class="user-choice">
        <Combobox
          label="User"
          value={user}
          {...suggestions}
          placeholder="Type or choose a user"
          takesAny
          forgetsTyped
          onChoose={(chosen) => navigation.navigate(chosen === '' ? linkTo('users') : userTo(chosen))}
        />
      </section>
      {user === '' ? <MostActive /> : <Timeline key={user} user={user} cursor={query.get('cursor') ?? ''} />}
    </>
  );
}

const MOST_ACTIVE = withQuery('/events/top', { by: 'user', limit: '20', window: '24h' });
const EVERY_MS = 10_000;

function MostActive() {
  const answer = useAnswer<TopList>(MOST_ACTIVE, { everyMs: EVERY_MS });
  return (
    <section aria-labelledby="most-active">
      <div class="section-head">
        <h2 id="most-active">Most active</h2>
        <span class="section-note">in the last 24 hours</span>
      </div>
      <AnswerPanel
        answer={answer}
        what="the users"
        isEmpty={({ top }) => top.every(({ key }) => key === '')}
        empty={<EmptyPanel title="No events with a user in the last 24 hours" />}
      >
        {({ top }) => <Bars entries={top.filter(({ key }) => key !== '')} hrefOf={userTo} />}
      </AnswerPanel>
    </section>
  );
}
