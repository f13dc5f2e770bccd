import { CopyButton } from '../../components/copy-button.tsx';
import type { ChartData } from '../../chart/chart-data.ts';
import { pathOf, type SeriesOfRange } from '../../hooks/use-series.ts';
import { useService } from '../../api/service.ts';
import type { Bounds } from '../../state/range.ts';
import { withZone } from '../../state/zone.ts';
import { csvOf } from './csv.ts';
import { sqlOf } from './sql.ts';
import type { ExploreState } from './explore-state.ts';

export interface CopiesProps {
  readonly data: ChartData;
  readonly state: ExploreState;
  readonly question: SeriesOfRange;
  readonly bounds: Bounds;
}

/** The same elsewhere: for a colleague, a spreadsheet, a program, a console. */
export function Copies({ data, question, bounds }: CopiesProps) {
  const { navigation } = useService();
  const { origin } = window.location;
  const link = () => `${origin}${withZone(`/${navigation.search.get()}`, data.zone)}`;
  return (
    <div class="copies">
      <span class="section-note">Copy</span>
      <CopyButton label="Link" what="the link" text={link} />
      <CopyButton label="CSV" what="the figures as CSV" text={() => csvOf(data)} />
      <CopyButton label="API call" what="the API call" text={() => `curl '${origin}${pathOf(question, bounds)}'`} />
      <CopyButton label="SQL" what="the query as SQL" text={() => sqlOf(question, bounds)} />
    </div>
  );
}
