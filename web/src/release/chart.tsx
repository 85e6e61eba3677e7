// Stable and canary on one axis over time, with the steps, the limit and the interval; or the
// evidence against what rolls back. A figure with a sentence, a table of the same numbers and a
// cursor for the arrow keys.
import {useEffect, useRef, useState} from 'preact/hooks';
import uPlot from 'uplot';
import {clock, count, kNone, percent, share, short} from '../text/format';
import {text} from '../text/messages';
import {useDark, useZone} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import type {Curves} from './curves';

export interface Mark {
  t: number;
  label: string;
}

interface Props {
  title: string;
  summary: string;
  curves: Curves;
  marks: Mark[];
  what: 'values' | 'evidence';
  unit: 'share' | 'number';
  height?: number;
}

const kLimitRoom = 58;  // for its name, right of the curves
const kTableRowsMax = 200;
const kPointsShown = 60;
// The clock has whole seconds: ticks closer than that would repeat themselves.
const kTimeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
  43200, 86400];
const kLimitNames = {values: 'Limit', evidence: 'Rolls back'};
const kSync = uPlot.sync('release');

interface Line {
  name: string;
  values: (number | null)[];
  colour: string;  // a variable of the style sheet
  dash?: number[];
  points?: boolean;
  width?: number;
}

function linesOf(props: Props): Line[] {
  const c = props.curves;
  if (props.what === 'evidence') {
    return [
      {name: 'Evidence', values: c.evidence, colour: '--canary', width: 2},
      {name: kLimitNames.evidence, values: c.t.map(() => 100), colour: '--fail', dash: [10, 6]},
    ];
  }
  return [
    {name: 'Stable', values: c.stable, colour: '--stable', width: 2},
    {name: 'Canary', values: c.canary, colour: '--canary', dash: [6, 4], points: true, width: 2},
    ...(c.limit.some((value) => value !== null)
      ? [{name: kLimitNames.values, values: c.limit, colour: '--fail', dash: [12, 6]}] : []),
  ];
}

// A single value makes no line.
function isLonely({values}: Line): boolean {
  return values.filter((value) => value !== null).length === 1;
}

function shown(props: Props, value: number | null | undefined): string {
  if (value === null || value === undefined) return kNone;
  if (props.what === 'evidence') return percent(value);
  return props.unit === 'share' ? share(value) : short(value);
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function withAlpha(hex: string, alpha: number): string {
  const n = parseInt(hex.slice(1), 16);
  return `rgba(${(n >> 16) & 255},${(n >> 8) & 255},${n & 255},${alpha})`;
}

// The plan's steps as upright lines with their weight.
function drawMarks(u: uPlot, marks: Mark[]): void {
  const ctx = u.ctx;
  const {left, top, width, height} = u.bbox;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour('--line-strong');
  ctx.fillStyle = colour('--text-dim');
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.lineWidth = ratio;
  ctx.setLineDash([]);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  let labelEnd = -Infinity;
  const places = marks.map((mark) => ({label: mark.label,
    at: Math.round(u.valToPos(mark.t, 'x', true))}));
  // Of what was before, the last is in force at the left edge.
  const before = places.filter(({at}) => at < left - 1).length - 1;
  for (const [i, {label, at}] of places.entries()) {
    if (i < before || at > left + width + 1) continue;
    const x = Math.max(at, left);
    if (i > before) {
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
    }
    const size = ctx.measureText(label).width;
    if (x > labelEnd && x + size < left + width) {
      ctx.fillText(label, x - ratio, top - 2 * ratio);
      labelEnd = x + size + 2 * ratio;
    }
  }
  ctx.restore();
}

// What a limit is called, beside its end.
function drawLimit(u: uPlot, name: string): void {
  const at = u.series.findIndex((series) => series.label === name);
  const value = at < 0 ? null : [...u.data[at] ?? []].reverse().find((each) => each !== null);
  if (value === null || value === undefined) return;
  const ctx = u.ctx;
  const ratio = devicePixelRatio;
  const y = u.valToPos(value, 'y', true);
  if (y < u.bbox.top - 1) return;
  ctx.save();
  ctx.fillStyle = colour('--fail');
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(name.toLowerCase(), u.bbox.left + u.bbox.width + 4 * ratio, y);
  ctx.restore();
}

function options(props: Props, lines: Line[], size: {width: number; height: number},
  zone: 'local' | 'utc', onCursor: (index: number | null) => void): uPlot.Options {
  const dim = colour('--text-dim');
  const grid = {stroke: colour('--line'), width: 1};
  const axis = {stroke: dim, grid, ticks: grid, font: '12px system-ui, sans-serif'};
  const band = props.what === 'values';
  const series: uPlot.Series[] = [{}];
  for (const line of lines) {
    series.push({
      label: line.name,
      stroke: colour(line.colour),
      width: line.width ?? 1.5,
      ...(line.dash ? {dash: line.dash} : {}),
      points: line.points
        ? {show: props.curves.t.length <= kPointsShown || isLonely(line), size: 6,
          stroke: colour(line.colour),
          fill: colour('--surface')}
        : {show: isLonely(line), size: 6},
      spanGaps: false,
    });
  }
  if (band) {
    series.push({stroke: 'transparent', width: 0, points: {show: false}},
      {stroke: 'transparent', width: 0, points: {show: false}});
  }
  const n = series.length;
  return {
    width: size.width,
    height: size.height,
    tzDate: (t: number) => zone === 'utc' ? uPlot.tzDate(new Date(t * 1000), 'Etc/UTC')
      : new Date(t * 1000),
    padding: [16, kLimitRoom, 0, 0],
    series,
    ...(band
      ? {bands: [{series: [n - 2, n - 1], fill: withAlpha(colour('--canary'), 0.16)}]} : {}),
    scales: {
      x: {time: true},
      y: {range: (_u: uPlot, _min: number, max: number): [number, number] => {
        const top = props.what === 'evidence' ? Math.max(110, max * 1.05) : max * 1.15;
        return [0, Number.isFinite(top) && top > 0 ? top : 1];
      }},
    },
    axes: [
      {...axis, size: 28, space: 90, incrs: kTimeSteps,
        values: (_u: uPlot, ticks: number[], _axis: number, _space: number, step: number) =>
          ticks.map((t) => step < 60 ? clock(t, zone)
            : clock(t, zone).replace(/:\d\d(Z?)$/, '$1'))},
      {...axis, size: 62,
        values: (_u: uPlot, ticks: number[]) => ticks.map((v) => shown(props, v))},
    ],
    legend: {show: false},
    cursor: {sync: {key: kSync.key}, drag: {x: true, y: false}, points: {size: 7}},
    hooks: {
      draw: [(u: uPlot) => drawMarks(u, props.marks),
        (u: uPlot) => drawLimit(u, kLimitNames[props.what])],
      setCursor: [(u: uPlot) => onCursor(u.cursor.idx ?? null)],
    },
  };
}

function dataOf(props: Props, lines: Line[]): uPlot.AlignedData {
  const c = props.curves;
  const rows: (number | null)[][] = lines.map((line) => line.values);
  if (props.what === 'values') rows.push(c.upper, c.lower);
  return [c.t, ...rows] as uPlot.AlignedData;
}

export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [table, setTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const dark = useDark();
  const zone = useZone();
  const lines = linesOf(props);
  const height = props.height ?? 240;
  const points = props.curves.t.length;
  // Drawn anew where what the options hold changes; data alone is set.
  const shape = JSON.stringify([dark, zone, table, height, props.what, props.unit, props.marks,
    points > kPointsShown, points > 0, lines.map(isLonely)]);
  useEffect(() => {
    const element = place.current;
    if (!element || points === 0) return undefined;
    const u = new uPlot(options(props, lines, {width: element.clientWidth, height}, zone, setAt),
      dataOf(props, lines), element);
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
    plot.current?.setData(dataOf(props, lines));
  }, [props.curves]);

  const move = (event: KeyboardEvent) => {
    const u = plot.current;
    if (!u || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    const from = u.cursor.idx ?? points - 1;
    const next = Math.min(points - 1, Math.max(0, from + (event.key === 'ArrowLeft' ? -1 : 1)));
    u.setCursor({left: u.valToPos(props.curves.t[next] ?? 0, 'x'), top: height / 2});
  };
  const index = at ?? points - 1;
  return (
    <figure class="chart">
      <figcaption>
        <strong>{props.title}</strong>
        <span class="dim"> {props.summary}</span>
      </figcaption>
      <div class="legend">
        {lines.map((line) => (
          <span key={line.name} class={`key ${line.name.toLowerCase().replace(' ', '-')}`}>
            {line.name} <b>{shown(props, line.values[index])}</b>
          </span>
        ))}
        {props.what === 'values' && props.curves.upper.some((v) => v !== null) && (
          <span class="key interval">95 % interval{' '}
            <b>[{shown(props, props.curves.lower[index])},
              {' '}{shown(props, props.curves.upper[index])}]</b>
          </span>
        )}
        <span class="dim">n = {count(props.curves.n[index])} canary
          {points > 0 ? ` at ${clock(props.curves.t[index], zone)}` : ''}</span>
        <button type="button" class="small" aria-pressed={table}
          onClick={() => setTable(!table)}>{table ? text.asChart : text.asTable}</button>
      </div>
      {points === 0 ? <div class="hatched chart-none">No samples yet.</div>
        : table ? <PointTable {...props} lines={lines} zone={zone} /> : (
          <div ref={place} class="plot" tabIndex={0} role="application" onKeyDown={move}
            aria-label={`${props.title}. Arrow keys move through time. ${props.summary}`} />
        )}
    </figure>
  );
}

function PointTable(props: Props & {lines: Line[]; zone: 'local' | 'utc'}) {
  const c = props.curves;
  const first = Math.max(0, c.t.length - kTableRowsMax);
  const rows = c.t.map((t, i) => ({t, i})).slice(first).reverse();
  return (
    <List label={`${props.title} as a table`} tall items={rows} keyOf={({t}) => t} columns={[
      {title: 'Time', head: true, cell: ({t}) => clock(t, props.zone)},
      ...props.lines.map((line): Column<{t: number; i: number}> => (
        {title: line.name, cell: ({i}) => shown(props, line.values[i])})),
      ...(props.what === 'values' ? [{title: '95 % interval',
        cell: ({i}: {i: number}) => `[${shown(props, c.lower[i])}, ${shown(props, c.upper[i])}]`}]
        : []),
      {title: 'Canary’s n', cell: ({i}) => count(c.n[i])},
    ]} />
  );
}
