// One chart: a figure with a sentence, its drawing, a table of the same numbers, a cursor for the
// arrow keys, and a legend that leaves series out.
import {useEffect, useRef, useState} from 'preact/hooks';
import uPlot from 'uplot';
import {clock, count, kNone} from '../text/format';
import {text} from '../text/messages';
import {useDark, useZone} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import {
  dataOf, type Drawn, isLonely, keyOf, kInterval, type Line, linesOf, optionsOf, shown,
} from './plot';
import {setSpan, type Span, toggle, useHidden} from './span';

interface Props extends Drawn {
  title: string;
  summary: string;
  span: Span;
  height?: number;
}

const kTableRowsMax = 200;

// The looks in the time that is shown: first and last, -1 where there is none.
function within(t: number[], span: Span): [number, number] {
  const first = t.findIndex((each) => each >= (span.from ?? -Infinity));
  let last = t.length - 1;
  while (last >= 0 && (t[last] ?? 0) > (span.to ?? Infinity)) --last;
  return first < 0 || last < first ? [-1, -1] : [first, last];
}

// "[0.1 %, 0.56 %]" of the interval at a look.
function between(props: Drawn, i: number): string {
  const {lower, upper} = props.curves;
  return typeof lower[i] === 'number' ? `[${shown(props, lower[i])}, ${shown(props, upper[i])}]`
    : kNone;
}

export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const span = useRef(props.span);
  span.current = props.span;
  const [table, setTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const hidden = useHidden();
  const dark = useDark();
  const zone = useZone();
  const lines = linesOf(props);
  const height = props.height ?? 240;
  const points = props.curves.t.length;
  const [first, last] = within(props.curves.t, props.span);
  // Drawn anew where what the options hold changes; data alone is set.
  const shape = JSON.stringify([dark, zone, table, height, props.what, props.unit, props.marks,
    last >= 0, lines.map(isLonely), [...hidden]]);
  useEffect(() => {
    const element = place.current;
    if (!element || last < 0) return undefined;
    const u = new uPlot(optionsOf(props, lines, hidden, {width: element.clientWidth, height}, zone,
      {span: () => span.current, onCursor: setAt, onSpan: setSpan}),
    dataOf(props, lines, hidden), element);
    plot.current = u;
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0) u.setSize({width: element.clientWidth, height});
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.current = null;
      u.destroy();
    };
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(dataOf(props, lines, hidden));
  }, [props.curves, props.span]);

  // Nearer to the cursor, or back.
  const zoom = (u: uPlot, by: number) => {
    const {min, max} = u.scales.x ?? {};
    if (typeof min !== 'number' || typeof max !== 'number') return;
    const t = props.curves.t;
    const middle = Math.min(max, Math.max(min, t[u.cursor.idx ?? last] ?? max));
    const [from, to] = [middle - (middle - min) * by, middle + (max - middle) * by];
    if (to - from < 4) return;
    setSpan({from: from <= (t[0] ?? 0) ? null : from, to: to >= (t[points - 1] ?? 0) ? null : to});
  };
  const press = (event: KeyboardEvent) => {
    const u = plot.current;
    if (!u || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (by !== undefined) {
      const next = Math.min(last, Math.max(first, (u.cursor.idx ?? last) + by));
      u.setCursor({left: u.valToPos(props.curves.t[next] ?? 0, 'x'), top: height / 2});
    } else if (event.key === '+' || event.key === '-') {
      zoom(u, event.key === '+' ? 0.5 : 2);
    } else if (event.key === '0') {
      setSpan({from: null, to: null});
    } else {
      return;
    }
    event.preventDefault();
  };
  const index = at === null || at < first || at > last ? last : at;
  const band = props.what === 'values' && props.curves.upper.some((v) => v !== null);
  const names = [...lines.map(({name}) => name), ...(band ? [kInterval] : [])];
  const c = props.curves;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{props.title}</strong>
        <span class="dim"> {props.summary}</span>
      </figcaption>
      <div class="legend">
        <span class="keys-of-chart" role="group" aria-label={`Series of ${props.title}`}>
          {names.map((name, i) => (
            <button key={name} type="button" class={`key ${keyOf(name)}`}
              aria-pressed={!hidden.has(keyOf(name))}
              title="Leave out or show; with Ctrl: show it alone"
              onClick={(event) => toggle(keyOf(name), hidden, names.map(keyOf),
                event.ctrlKey || event.metaKey)}>
              {name}{' '}
              <b>{name === kInterval ? between(props, index)
                : shown(props, lines[i]?.values[index])}</b>
            </button>
          ))}
        </span>
        <span class="dim">n = {count(c.n[index])} canary
          {last >= 0 ? ` at ${clock(c.t[index], zone)}` : ''}</span>
        <button type="button" class="small as" aria-pressed={table}
          onClick={() => setTable(!table)}>{table ? text.asChart : text.asTable}</button>
      </div>
      {points === 0 ? <div class="hatched chart-none">No samples yet.</div>
        : last < 0 ? <div class="hatched chart-none">No look in this time.</div>
          : table ? (
            <PointTable {...props} lines={lines} zone={zone} first={first} last={last} />
          ) : (
            <div ref={place} class={`plot ${dark ? 'dark' : ''}`} tabIndex={0} role="application"
              onKeyDown={press}
              aria-label={`${props.title}. Arrow keys move through time, plus and minus look ` +
                `closer and back, 0 shows all. ${props.summary}`} />
          )}
    </figure>
  );
}

function PointTable(props: Props & {
  lines: Line[]; zone: 'local' | 'utc'; first: number; last: number;
}) {
  const c = props.curves;
  const first = Math.max(props.first, props.last + 1 - kTableRowsMax);
  const rows = c.t.map((t, i) => ({t, i})).slice(first, props.last + 1).reverse();
  return (
    <List label={`${props.title} as a table`} tall items={rows} keyOf={({t}) => t} columns={[
      {title: 'Time', head: true, cell: ({t}) => clock(t, props.zone)},
      ...props.lines.map((line): Column<{t: number; i: number}> => (
        {title: line.name, cell: ({i}) => shown(props, line.values[i])})),
      ...(props.what === 'values' ? [{title: kInterval,
        cell: ({i}: {i: number}) => between(props, i)}]
        : []),
      {title: 'Canary’s n', cell: ({i}) => count(c.n[i])},
    ]} />
  );
}
