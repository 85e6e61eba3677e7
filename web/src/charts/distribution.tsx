// How a histogram's values lie on both sides, over the current step: how many at or below each
// bound (as steps), or in each bucket (as bars). Bounds stand evenly apart, as they mostly grow by
// factors.
import {useEffect, useRef, useState} from 'preact/hooks';
import type {Buckets, Release} from '../api/types';
import {count, share, short} from '../text/format';
import {text} from '../text/messages';
import {List} from '../ui/list';
import {setQuery, usePlace} from '../ui/router';

export interface Bar {
  above: number;  // the bound before; -Infinity of the first
  upTo: number;  // Infinity of the last
  stable: number;  // share of its side
  canary: number;
  stableN: number;
  canaryN: number;
  stableBelow: number;  // share at or below upTo
  canaryBelow: number;
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

// Without the empty buckets at both ends; nothing where a side has no values.
export function barsOf({bounds, stable, canary}: Buckets): Bar[] {
  const [stableAll, canaryAll] = [sum(stable), sum(canary)];
  if (!(stableAll > 0) || !(canaryAll > 0) || bounds.length === 0) return [];
  let [stableSum, canarySum] = [0, 0];
  const all = stable.map((stableN, i): Bar => {
    const canaryN = canary[i] ?? 0;
    stableSum += stableN;
    canarySum += canaryN;
    return {above: bounds[i - 1] ?? -Infinity, upTo: bounds[i] ?? Infinity, stableN, canaryN,
      stable: stableN / stableAll, canary: canaryN / canaryAll,
      stableBelow: stableSum / stableAll, canaryBelow: canarySum / canaryAll};
  });
  const used = all.map((bar) => bar.stableN + bar.canaryN > 0);
  return all.slice(used.indexOf(true), used.lastIndexOf(true) + 1);
}

function range({above, upTo}: Bar): string {
  if (upTo === Infinity) return `above ${short(above)}`;
  return above === -Infinity ? `up to ${short(upTo)}` : `${short(above)} to ${short(upTo)}`;
}

// The bound that `part` of a side lies at or below.
function within(bars: Bar[], part: number, side: 'stableBelow' | 'canaryBelow'): string {
  const bar = bars.find((each) => each[side] >= part - 1e-9);
  return !bar || bar.upTo === Infinity ? `more than ${short(bars.at(-1)?.above)}`
    : `at most ${short(bar.upTo)}`;
}

export function describeBars(bars: Bar[]): string {
  const said = (part: number) => `stable ${within(bars, part, 'stableBelow')}, ` +
    `canary ${within(bars, part, 'canaryBelow')}`;
  return `Half of the values: ${said(0.5)}. 99 of 100: ${said(0.99)}.`;
}

const kHeight = 220;
const kLeft = 48;
const kTop = 10;
const kBottom = 34;
const kLabelWidth = 44;  // what a bound needs along the axis

// Round shares from none to all that is drawn.
function ticks(most: number): number[] {
  const size = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.25, 0.5, 1, 2].find((each) => most <= 5 * each * size) ?? 2;
  const count = Math.ceil(most / (step * size) - 1e-9);
  return Array.from({length: count + 1}, (_, i) => i * step * size);
}

function Drawing({bars, cumulative, width}: {bars: Bar[]; cumulative: boolean; width: number}) {
  const bottom = kHeight - kBottom;
  const wide = Math.max(1, width - kLeft - 24);
  const each = wide / bars.length;
  const most = cumulative ? 1 : Math.max(...bars.map((bar) => Math.max(bar.stable, bar.canary)));
  const marks = ticks(most);
  const top = marks.at(-1) ?? most;
  const y = (part: number) => bottom - part / top * (bottom - kTop);
  const x = (i: number) => kLeft + i * each;
  const every = Math.max(1, Math.ceil(kLabelWidth / each));
  const line = (side: 'stableBelow' | 'canaryBelow') => bars.map((bar, i) =>
    `${i === 0 ? `M${x(0)} ${y(0)}` : ''}H${x(i + 1)}V${y(bar[side])}`).join('');
  return (
    <svg class="distribution" width={width} height={kHeight} aria-hidden="true">
      {marks.map((part) => (
        <g key={part}>
          <line class="grid" x1={kLeft} x2={kLeft + wide} y1={y(part)} y2={y(part)} />
          <text x={kLeft - 6} y={y(part) + 4} text-anchor="end">{share(part)}</text>
        </g>
      ))}
      {cumulative ? (
        <>
          <path class="of-stable" d={line('stableBelow')} />
          <path class="of-canary" d={line('canaryBelow')} />
        </>
      ) : bars.map((bar, i) => (
        <g key={bar.upTo}>
          <rect class="bar-stable" x={x(i) + each * 0.12} width={each * 0.36} y={y(bar.stable)}
            height={bottom - y(bar.stable)} />
          <rect class="bar-canary" x={x(i) + each * 0.52} width={each * 0.36} y={y(bar.canary)}
            height={bottom - y(bar.canary)} />
        </g>
      ))}
      {bars.map((bar, i) => i % every === 0 && bar.upTo !== Infinity && (
        <text key={bar.upTo} x={x(i + 1)} y={bottom + 16} text-anchor="middle">
          {short(bar.upTo)}</text>
      ))}
    </svg>
  );
}

export function Distribution({release, name, buckets}: {
  release: Release; name: string; buckets: Buckets;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [table, setTable] = useState(false);
  const cumulative = usePlace().query.get('spread') !== 'bars';
  useEffect(() => {
    if (!place.current) return undefined;
    const resize = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    resize.observe(place.current);
    return () => resize.disconnect();
  }, [table]);
  const bars = barsOf(buckets);
  const title = `${name} of both sides in ${release.end ? 'the last' : 'this'} step`;
  return (
    <section class="card" aria-labelledby="spread-title">
      <h2 id="spread-title">How it is spread</h2>
      {bars.length === 0 ? (
        <p class="hatched">One side has no values in {release.end ? 'the last' : 'this'} step.</p>
      ) : (
        <figure class="chart">
          <figcaption>
            <strong>{title}, {cumulative ? 'share at or below' : 'share of each bucket'}</strong>
            <span class="dim"> {describeBars(bars)}</span>
          </figcaption>
          <div class="legend">
            <span class="key stable">Stable <b>n = {count(sum(buckets.stable))}</b></span>
            <span class="key canary">Canary <b>n = {count(sum(buckets.canary))}</b></span>
            <span class="choice" role="group" aria-label="Drawn as">
              <button type="button" class="small" aria-pressed={cumulative}
                onClick={() => setQuery('spread', '')}>At or below</button>
              <button type="button" class="small" aria-pressed={!cumulative}
                onClick={() => setQuery('spread', 'bars')}>Buckets</button>
            </span>
            <button type="button" class="small as" aria-pressed={table}
              onClick={() => setTable(!table)}>{table ? text.asChart : text.asTable}</button>
          </div>
          {table ? (
            <List label={`${title} as a table`} items={bars} tall keyOf={(bar) => bar.upTo}
              columns={[
                {title: 'Value', head: true, cell: range},
                {title: 'Stable', cell: (bar) => `${share(bar.stable)} (${count(bar.stableN)})`},
                {title: 'Canary', cell: (bar) => `${share(bar.canary)} (${count(bar.canaryN)})`},
                {title: 'Stable, at or below', cell: (bar) => share(bar.stableBelow)},
                {title: 'Canary, at or below', cell: (bar) => share(bar.canaryBelow)},
              ]} />
          ) : (
            <div ref={place} class="plot">
              {width > 0 && <Drawing bars={bars} cumulative={cumulative} width={width} />}
            </div>
          )}
        </figure>
      )}
    </section>
  );
}
