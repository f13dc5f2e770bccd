import { useService } from '../../api/service.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { useStore } from '../../hooks/use-store.ts';
import { curl } from '../../text/curl.ts';

/** Instead of figures, where nothing has ever come: how to send the first event. It is replaced by itself. */
export function Welcome() {
  const hasKey = useStore(useService().session.credentials).key !== undefined;
  const line = lineFor(window.location.origin, hasKey);
  return (
    <section class="welcome" aria-labelledby="welcome">
      <h2 id="welcome">Send your first event</h2>
      <p>
        Copy this line into a terminal{hasKey && ', with a key that may write in KEY'}. What it sends is here within two
        seconds.
      </p>
      <div class="copy-line">
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
        <pre tabIndex={0} role="region" aria-label="The line">
          {line}
        </pre>
        <CopyButton text={line} what="the line" />
      </div>
      <p class="waiting" role="status">
        <span class="spinner" aria-hidden="true" /> Waiting for your first event…
      </p>
      <p class="section-note">
        Applications send events the same way; the <a href="/docs">API documentation</a> has the details.
      </p>
    </section>
  );
}

function lineFor(origin: string, hasKey: boolean): string {
  const event = '{"name":"signup","user":"ada","data":{"plan":"pro"}}';
  return `${curl(hasKey)} ${origin}/events -H 'Content-Type: application/json' -d '${event}'`;
}
