import { useEffect, useState } from 'preact/hooks';
import { useZone } from '../../hooks/use-zone.ts';
import { messageAt } from '../../api/sentence.ts';
import { useTopStream } from '../../hooks/use-top-stream.ts';
import type { View, ViewProps } from '../../state/view.ts';
import { QuestionForm } from './question-form.tsx';
import { streamPathOf, VIEW_ID } from './question.ts';
import { QuickChoice } from './quick-choice.tsx';
import { LiveStatus } from './live-status.tsx';
import { TopAnswer } from './top-answer.tsx';
import { useFirstWindow } from './use-first-window.ts';
import { scopeOf, titleOf } from './words.ts';
import './top.css';

/** What there is most of, as it changes. */
export const top: View = { id: VIEW_ID, title: 'Top', Content: Top };

function Top({ query }: ViewProps) {
  const question = useFirstWindow(query);
  const zone = useZone();
  const path = streamPathOf(question);
  const [heldPath, setHeldPath] = useState<string>();
  // Another question is always followed; what is held is a list that is there.
  useEffect(() => setHeldPath(undefined), [path]);
  const isHeld = heldPath === path;
  const { status, list, retry } = useTopStream(path, { isHeld });
  const issues = status.state === 'ended' ? status.error.issues : [];
  return (
    <section aria-labelledby="top-list">
      <QuickChoice question={question} error={messageAt(issues, 'by')} />
      <QuestionForm question={question} issues={issues} />
      <div class="section-head">
        <h2 id="top-list">{titleOf(question)}</h2>
        <span class="section-note top-scope">{scopeOf(question, zone)}</span>
        <LiveStatus
          status={status}
          list={list}
          isHeld={isHeld}
          onHold={(hold) => setHeldPath(hold ? path : undefined)}
        />
      </div>
      <TopAnswer question={question} status={status} list={list} isHeld={isHeld} retry={retry} />
    </section>
  );
}
