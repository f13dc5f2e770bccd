import { StoredText } from '../../components/stored-text.tsx';
import type { PartWords } from './health-words.ts';
import { Sign } from './sign.tsx';

/** One part: its name, its state, and what there is to say about it. */
export function PartCard({ part: { name, tone, state, sentence, details } }: { readonly part: PartWords }) {
  return (
    <li class="health-part">
      <div class="health-part-head">
        <h3>{name}</h3>
        {state !== '' && (
          <span class="health-state">
            <Sign tone={tone} />
            <StoredText text={state} />
          </span>
        )}
      </div>
      {sentence !== '' && (
        <p>
          <StoredText text={sentence} />
        </p>
      )}
      {details.length > 0 && (
        <dl class="facts">
          {details.map((detail) => (
            <div key={detail.name}>
              <dt>{detail.name}</dt>
              {detail.lines.map((line, index) => (
                <dd key={index}>
                  <StoredText text={line} />
                </dd>
              ))}
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
