import { useState } from 'preact/hooks';
import { Count } from '../../components/count.tsx';
import { DataTable, type Column } from '../../components/data-table.tsx';
import { Time } from '../../components/time.tsx';
import type { HourCounts } from '../../text/hours.ts';
import { SERIES } from './series.ts';

const COLUMNS: readonly Column<HourCounts>[] = [
  { id: 'hour', header: 'Hour beginning', cell: ({ hour }) => <Time iso={hour} precision="minute" /> },
  ...SERIES.map(({ id, label }) => ({
    id,
    header: label,
    isNumber: true,
    cell: (counts: HourCounts) => <Count value={counts[id]} />,
  })),
];

/** The figures of the chart in words, the latest first, for those who cannot see it or want to copy them. */
export function HoursTable({ hours }: { readonly hours: readonly HourCounts[] }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="hours-table" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>The same figures as a table</summary>
      {isOpen && (
        <DataTable
          caption="Counts of each hour, the latest first"
          columns={COLUMNS}
          rows={hours.toReversed()}
          rowId={({ hour }) => hour}
        />
      )}
    </details>
  );
}
