// How a chart is drawn: stable and canary on one axis over time, with the steps, the limit and the
// interval; or the evidence against what rolls back. uPlot draws; what it draws is from curves.ts.
import uPlot from 'uplot';
import {clock, kNone, percent, share, short} from '../text/format';
import {type Curves, gapsOf} from './curves';
import type {Span} from './span';

export interface Mark {
  t: number;
  label: string;
}

export interface Drawn {
  curves: Curves;
  marks: Mark[];
  what: 'values' | 'evidence';
  unit: 'share' | 'number';
}

const kNarrow = 480;
const kLimitRoom = 62;  // for its name, right of the curves
const kLimitGap = 8;  // beside a point at the end
const kEvidenceMost = 200;  // per cent: what is far beyond the limit does not press it flat
const kPointRoom = 10;  // pixels
// The clock has whole seconds: ticks closer than that would repeat themselves.
const kTimeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
  43200, 86400];
const kLimitNames = {values: 'Limit', evidence: 'Rolls back'};
export const kInterval = '95 % interval';
const kSync = uPlot.sync('release');

export interface Line {
  name: string;
  values: (number | null)[];
  colour: string;  // a variable of the style sheet
  dash?: number[];
  points?: boolean;
  width?: number;
}

export function linesOf(props: Drawn): Line[] {
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

// What a series is called in the address and the style sheet: "rolls-back".
export function keyOf(name: string): string {
  return name === kInterval ? 'interval' : name.toLowerCase().replace(' ', '-');
}

// A single value makes no line.
export function isLonely({values}: Line): boolean {
  return values.filter((value) => value !== null).length === 1;
}

export function shown(props: Drawn, value: number | null | undefined): string {
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
    const begin = Math.min(x - ratio, left + width + kLimitRoom * ratio - size);
    if (begin > labelEnd) {
      ctx.fillText(label, begin, top - 2 * ratio);
      labelEnd = begin + size + 3 * ratio;
    }
  }
  ctx.restore();
}

// What a limit is called, beside its end.
function drawLimit(u: uPlot, name: string): void {
  const at = u.series.findIndex((series) => series.label === name && series.show);
  const most = u.scales.x?.max ?? Infinity;
  const value = at < 0 ? null : [...u.data[at] ?? []]
    .filter((_, i) => (u.data[0][i] ?? 0) <= most).reverse().find((each) => each !== null);
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
  ctx.fillText(name.toLowerCase(), u.bbox.left + u.bbox.width + kLimitGap * ratio, y);
  ctx.restore();
}

// As many decimals as keep neighbouring ticks apart, and no more.
function tick(props: Drawn, value: number, step: number): string {
  const isShare = props.what === 'evidence' || props.unit === 'share';
  const scale = isShare && props.what !== 'evidence' ? 100 : 1;
  if (value === 0) return isShare ? '0\u202f%' : '0';
  let digits = 0;
  while (digits < 6 && Math.abs(step * scale * 10 ** digits -
      Math.round(step * scale * 10 ** digits)) > 1e-6) ++digits;
  const text = (value * scale).toFixed(digits).replace('-', '−');
  return isShare ? `${text}\u202f%` : text;
}

// Where nothing is drawn: values that are missing, and stretches without a look.
function unseen(u: uPlot, _series: number, _first: number, _last: number,
  missing: uPlot.Series.Gaps): uPlot.Series.Gaps {
  const place = (t: number) => Math.round(u.valToPos(t, 'x', true));
  const more = gapsOf([...u.data[0]]).map(([from, to]): [number, number] =>
    [place(from), place(to)]);
  return [...missing, ...more].sort((a, b) => a[0] - b[0]);
}

function roomForPoints(u: uPlot): boolean {
  const [first, last] = u.series[0]?.idxs ?? [0, 0];
  return (last - first) * kPointRoom < u.bbox.width / devicePixelRatio;
}

export interface Handlers {
  span: () => Span;
  onCursor: (index: number | null) => void;
  onSpan: (span: Span) => void;
}

const kSpanMin = 2;  // seconds
const kNoSpan: Span = {from: null, to: null};

// The stretch that was dragged over, if it is one.
function selected(u: uPlot): Span | null {
  const {left, width} = u.select;
  if (width < 4) return null;
  u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
  const from = Math.floor(u.posToVal(left, 'x'));
  const to = Math.ceil(u.posToVal(left + width, 'x'));
  return to - from >= kSpanMin ? {from, to} : null;
}

export function optionsOf(props: Drawn, lines: Line[], hidden: Set<string>,
  size: {width: number; height: number}, zone: 'local' | 'utc', on: Handlers): uPlot.Options {
  const dim = colour('--text-dim');
  const grid = {stroke: colour('--line'), width: 1};
  const axis = {stroke: dim, grid, ticks: grid, font: '12px system-ui, sans-serif'};
  const band = props.what === 'values' && !hidden.has(keyOf(kInterval));
  const series: uPlot.Series[] = [{}];
  for (const line of lines) {
    series.push({
      label: line.name,
      show: !hidden.has(keyOf(line.name)),
      stroke: colour(line.colour),
      width: line.width ?? 1.5,
      ...(line.dash ? {dash: line.dash} : {}),
      points: line.points
        ? {show: (u: uPlot) => isLonely(line) || roomForPoints(u), size: 6,
          stroke: colour(line.colour),
          fill: colour('--surface')}
        : {show: isLonely(line), size: 6},
      spanGaps: false,
      gaps: unseen,
    });
  }
  if (band) {
    series.push({stroke: 'transparent', width: 0, points: {show: false}, gaps: unseen},
      {stroke: 'transparent', width: 0, points: {show: false}, gaps: unseen});
  }
  const n = series.length;
  const bounded = props.what === 'evidence' && !hidden.has(keyOf(kLimitNames.evidence));
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
      x: {time: true, range: (_u: uPlot, min: number, max: number): [number, number] => {
        const from = on.span().from ?? min;
        const to = on.span().to ?? max;
        return from < to ? [from, to] : [from - 1, from + 1];
      }},
      y: {range: (_u: uPlot, _min: number, max: number): [number, number] => {
        const top = bounded ? Math.min(kEvidenceMost, Math.max(110, max * 1.05)) : max * 1.15;
        return [0, Number.isFinite(top) && top > 0 ? top : 1];
      }},
    },
    axes: [
      {...axis, size: 28, space: size.width < kNarrow ? 62 : 90, incrs: kTimeSteps,
        values: (_u: uPlot, ticks: number[], _axis: number, _space: number, step: number) =>
          ticks.map((t) => step < 60 ? clock(t, zone)
            : clock(t, zone).replace(/:\d\d(Z?)$/, '$1'))},
      {...axis, size: size.width < kNarrow ? 56 : 62,
        values: (_u: uPlot, ticks: number[], _axis: number, _space: number, step: number) =>
          ticks.map((value) => tick(props, value, step))},
    ],
    legend: {show: false},
    cursor: {sync: {key: kSync.key}, drag: {x: true, y: false, setScale: false}, points: {size: 7},
      bind: {dblclick: () => () => {
        on.onSpan(kNoSpan);
        return null;
      }}},
    hooks: {
      draw: [(u: uPlot) => drawMarks(u, props.marks),
        (u: uPlot) => drawLimit(u, kLimitNames[props.what])],
      setCursor: [(u: uPlot) => on.onCursor(u.cursor.idx ?? null)],
      setSelect: [(u: uPlot) => {
        const span = selected(u);
        if (span) on.onSpan(span);
      }],
    },
  };
}

export function dataOf(props: Drawn, lines: Line[], hidden: Set<string>): uPlot.AlignedData {
  const c = props.curves;
  const rows: (number | null)[][] = lines.map((line) => line.values);
  if (props.what === 'values' && !hidden.has(keyOf(kInterval))) rows.push(c.upper, c.lower);
  return [c.t, ...rows] as uPlot.AlignedData;
}
