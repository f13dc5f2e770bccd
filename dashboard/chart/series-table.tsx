import { Count } from '../components/count.tsx';
import { DataTable, type Column } from '../components/data-table.tsx';
import { StoredText } from '../components/stored-text.tsx';
import { endOf, type ChartData } from './chart-data.ts';
import { fullLabel } from './time-labels.ts';

export interface SeriesTableProps {
  readonly data: ChartData;
  readonly caption: string;
  readonly linkAt: (index: number) => string | undefined;
}

interface Row {
  readonly index: number;
  readonly ms: number;
}

/** The figures of a chart, the latest first; each interval leads to its events. */
export function SeriesTable({ data, caption, linkAt }: SeriesTableProps) {
  const rows = data.times.map((ms, index) => ({ ms, index })).toReversed();
  return (
    <div class="series-table">
      <DataTable caption={caption} columns={columnsOf(data, linkAt)} rows={rows} rowId={({ ms }) => String(ms)} />
    </div>
  );
}

function columnsOf(data: ChartData, linkAt: SeriesTableProps['linkAt']): readonly Column<Row>[] {
  const isShown = data.lines.some(({ before }) => before !== undefined);
  return [
    {
      id: 'time',
      header: `${data.interval.charAt(0).toUpperCase()}${data.interval.slice(1)}`,
      cell: ({ index, ms }) => {
        const text = fullLabel(ms, data.interval, data.zone);
        const href = linkAt(index);
        const isSoFar = data.isUnfinished && endOf(data, index) === data.endMs;
        return (
          <>
            {href === undefined ? text : <a href={href}>{text}</a>}
            {isSoFar && <span class="section-note"> so far</span>}
          </>
        );
      },
    },
    ...data.lines.flatMap((line): Column<Row>[] => [
      {
        id: `now ${line.key}`,
        header: <StoredText text={line.label} />,
        isNumber: true,
        cell: ({ index }) => <Count value={line.values[index] ?? 0} />,
      },
      ...(isShown
        ? [
            {
              id: `before ${line.key}`,
              header: 'Before',
              isNumber: true,
              cell: ({ index }: Row) => (line.before ? <Count value={line.before.values[index] ?? 0} /> : '–'),
            },
          ]
        : []),
    ]),
  ];
}
