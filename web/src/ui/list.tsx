// A table that scrolls in its own frame, and on a narrow screen is a card for each row: there every
// value stands beside its column's title.
import type {ComponentChildren} from 'preact';
import {useMedia} from './hooks';

const kColumnsMany = 7;
const kNarrow = 640;  // pixels
const kMiddle = 1040;  // of many columns

export interface Column<T> {
  title: string;  // "": of a column that needs none to be seen; say `name` then
  name?: string;
  cell: (item: T, index: number) => ComponentChildren;
  head?: boolean;  // what the row is about
  kind?: string | ((item: T) => string);  // classes of its cells
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  items: T[];
  keyOf: (item: T, index: number) => string | number;
  rowClass?: (item: T, index: number) => string;
  kind?: string;  // classes of the table
  tall?: boolean;  // many rows: it scrolls
}

// The roles are said though they are the elements' own: cards are no tables to some browsers.
export function List<T>({label, columns, items, keyOf, rowClass, kind, tall}: Props<T>) {
  const cards = useMedia(`(max-width: ${columns.length < kColumnsMany ? kNarrow : kMiddle}px)`);
  return (
    <div class={`scroll list ${tall ? 'tall' : ''} ${cards ? 'cards' : ''}`} tabIndex={0}
      role="region" aria-label={label}>
      <table role="table" {...(kind ? {class: kind} : {})}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column.name ?? column.title} scope="col" role="columnheader">
                {column.title || <span class="hidden">{column.name}</span>}</th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {items.map((item, i) => (
            <tr key={keyOf(item, i)} role="row" class={rowClass?.(item, i) ?? ''}>
              {columns.map((column) => <Cell key={column.name ?? column.title} column={column}
                item={item} index={i} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<T>({column, item, index}: {column: Column<T>; item: T; index: number}) {
  const kind = typeof column.kind === 'function' ? column.kind(item) : column.kind;
  const more = {...(kind ? {class: kind} : {}), 'data-title': column.title};
  return column.head
    ? <th scope="row" role="rowheader" {...more}>{column.cell(item, index)}</th>
    : <td role="cell" {...more}>{column.cell(item, index)}</td>;
}
