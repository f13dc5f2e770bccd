import { CopyButton } from '../../components/copy-button.tsx';

/** Instead of figures, where nothing has ever come: how to send the first event. It is replaced by itself. */
export function Welcome() {
  const line = lineFor(window.location.origin);
  return (
    <section class="welcome" aria-labelledby="welcome">
      <h2 id="welcome">Send your first event</h2>
      <p>Copy this line into a terminal. What it sends is here within two seconds.</p>
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

function lineFor(origin: string): string {
  const event = '{"name":"signup","user":"ada","data":{"plan":"pro"}}';
  return `curl ${origin}/events -H 'Content-Type: application/json' -d '${event}'`;
}
