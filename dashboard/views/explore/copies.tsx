import { CopyButton } from '../../components/copy-button.tsx';
import type { ChartData } from '../../chart/chart-data.ts';
import type { SeriesOfRange } from '../../api/questions.ts';
import { pathOf } from '../../hooks/use-series.ts';
import { useStore } from '../../hooks/use-store.ts';
import { useService } from '../../api/service.ts';
import type { Bounds } from '../../state/range.ts';
import { withZone } from '../../state/zone.ts';
import { curl } from '../../text/curl.ts';
import { csvOf } from './csv.ts';
import { sqlOf } from './sql.ts';

export interface CopiesProps {
  readonly data: ChartData;
  readonly question: SeriesOfRange;
  readonly bounds: Bounds;
  /** Whether the data are of this question, and not of the one before. */
  readonly isCurrent: boolean;
}

/** The same elsewhere: for a colleague, a spreadsheet, a program, a console. */
export function Copies({ data, question, bounds, isCurrent }: CopiesProps) {
  const { navigation, session } = useService();
  const hasKey = useStore(session.credentials).key !== undefined;
  const { origin } = window.location;
  const link = () => `${origin}${withZone(`/${navigation.search.get()}`, data.zone)}`;
  return (
    <fieldset class="copies" disabled={!isCurrent}>
      <span class="section-note">Copy</span>
      <CopyButton label="Link" what="the link" text={link} />
      <CopyButton label="CSV" what="the figures as CSV" text={() => csvOf(data)} />
      <CopyButton
        label="API call"
        what="the API call"
        text={() => `${curl(hasKey)} '${origin}${pathOf(question, bounds)}'`}
      />
      <CopyButton label="SQL" what="the query as SQL" text={() => sqlOf(question, bounds)} />
    </fieldset>
  );
}
