import { Disclosure } from '../../components/disclosure.tsx';
import { StoredText } from '../../components/stored-text.tsx';
import type { PartWords } from './health-words.ts';
import { Sign } from './sign.tsx';

/** One part on a row: its name, its state, what there is to say about it, and what to do. */
export function PartRow({ part: { name, tone, state, sentence, todo, details } }: { readonly part: PartWords }) {
  return (
    <li class="health-part">
      <Sign tone={tone} />
      <h3>{name}</h3>
      <span class="health-state">{state !== '' && <StoredText text={state} />}</span>
      <div class="health-words">
        {sentence !== '' && (
          <p>
            <StoredText text={sentence} />
          </p>
        )}
        {todo !== undefined && (
          <p>
            <strong>What to do:</strong> {todo}
          </p>
        )}
        {details.length > 0 && (
          <Disclosure summary="Details">
            {() => (
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
          </Disclosure>
        )}
      </div>
    </li>
  );
}
