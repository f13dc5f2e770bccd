import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly id: string;
  readonly header: ComponentChildren;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the end, so that their digits are below each other. */
  readonly isNumber?: boolean;
  /** Left out on a narrow screen, where the row leads to what is in it. */
  readonly isExtra?: boolean;
}

export interface DataTableProps<Row> {
  /** What the table shows; read out before it. */
  readonly caption: string;
  readonly isCaptionHidden?: boolean;
  /** The first names its row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
}

/** Rows and columns. On a narrow screen the table scrolls in itself, also by keyboard, and the page does not. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, isCaptionHidden = false, columns, rows, rowId } = props;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <section class="table-scroll" aria-label={caption} tabIndex={0}>
      <table>
        <caption class={isCaptionHidden ? 'visually-hidden' : ''}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" class={classOf(column)}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowId(row)}>
              {columns.map((column, index) => (
                <Cell key={column.id} column={column} row={row} isHeader={index === 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CellProps<Row> {
  readonly column: Column<Row>;
  readonly row: Row;
  readonly isHeader: boolean;
}

function Cell<Row>({ column, row, isHeader }: CellProps<Row>) {
  const className = classOf(column);
  const content = column.cell(row);
  if (!isHeader) return <td class={className}>{content}</td>;
  return (
    <th scope="row" class={className}>
      {content}
    </th>
  );
}

function classOf<Row>({ isNumber, isExtra }: Column<Row>): string {
  return [isNumber === true ? 'number' : '', isExtra === true ? 'extra' : ''].join(' ').trim();
}
