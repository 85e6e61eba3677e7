// The time that the charts of a page show, and the series they leave out. Both stand in the
// address, so that a link shows another person the same.
//
//   ?from=2026-11-22T07:00:30Z&to=2026-11-22T07:01:10Z   a stretch
//   ?from=-15m                                           the newest 15 minutes, moving on
//   ?hide=stable,limit
import {useMemo} from 'preact/hooks';
import {clock, dateTime} from '../text/format';
import {useTimeText, useZone} from '../ui/hooks';
import {setQueries, usePlace} from '../ui/router';

export interface Span {
  from: number | null;  // Unix seconds; null: from the beginning
  to: number | null;
}

const kWhole: Span = {from: null, to: null};
const kUnits: Record<string, number> = {s: 1, m: 60, h: 3600, d: 86_400};
const kNewest: [string, string][] = [['-1m', 'newest minute'], ['-5m', 'newest 5 minutes'],
  ['-15m', 'newest 15 minutes'], ['-1h', 'newest hour']];

// Seconds before now of "-15m"; NaN of anything else.
function back(text: string): number {
  const said = /^-(\d{1,6})([smhd])$/.exec(text);
  return said ? Number(said[1]) * (kUnits[said[2] ?? ''] ?? NaN) : NaN;
}

export function readSpan(from: string, to: string, now: number): Span {
  const relative = back(from);
  if (!Number.isNaN(relative)) return {from: now - relative, to: null};
  const time = (text: string): number | null => {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? null : ms / 1000;
  };
  const span = {from: time(from), to: time(to)};
  return span.from !== null && span.to !== null && span.to <= span.from ? kWhole : span;
}

const text = (t: number): string => new Date(Math.round(t) * 1000).toISOString()
  .replace('.000Z', 'Z');

export function setSpan(span: Span): void {
  setQueries({from: span.from === null ? '' : text(span.from),
    to: span.to === null ? '' : text(span.to)});
}

// `end`: of a release that is over the newest minutes are its last.
export function useSpan(end: string | null): Span {
  const {query} = usePlace();
  const from = query.get('from') ?? '';
  const to = query.get('to') ?? '';
  const moves = !end && !Number.isNaN(back(from));
  const now = useTimeText((ms) => moves ? String(Math.floor(ms / 1000)) : '');
  const at = moves ? Number(now) : end ? Date.parse(end) / 1000 : 0;
  return useMemo(() => readSpan(from, to, at), [from, to, at]);
}

export function useHidden(): Set<string> {
  const hide = usePlace().query.get('hide') ?? '';
  return useMemo(() => new Set(hide.split(',').filter((name) => name !== '')), [hide]);
}

// One series more or less; alone: all others are left out, and come back when it is asked again.
export function toggle(name: string, hidden: Set<string>, all: string[], alone: boolean): void {
  const others = all.filter((each) => each !== name);
  const isAlone = !hidden.has(name) && others.every((each) => hidden.has(each));
  const next = new Set(hidden);
  if (alone) {
    next.delete(name);
    others.forEach((each) => isAlone ? next.delete(each) : next.add(each));
  } else if (!next.delete(name)) {
    next.add(name);
  }
  setQueries({hide: [...next].join(',')});
}

// Which time is shown, in words, and the way back to all of it.
export function SpanBar({end}: {end: string | null}) {
  const {query} = usePlace();
  const zone = useZone();
  const from = query.get('from') ?? '';
  const to = query.get('to') ?? '';
  const span = readSpan(from, to, 0);
  const relative = !Number.isNaN(back(from));
  const chosen = !relative && (span.from !== null || span.to !== null);
  const day = new Date().toDateString();
  const said = (t: number) => new Date(t * 1000).toDateString() === day ? clock(t, zone)
    : dateTime(new Date(t * 1000).toISOString(), zone);
  const stretch = `${span.from === null ? 'the start' : said(span.from)} – ` +
    (span.to === null ? end ? 'the end' : 'now' : said(span.to));
  return (
    <div class="span-bar">
      <label>Time shown
        <select value={chosen ? 'chosen' : relative ? from : ''} onChange={(event) => {
          const value = event.currentTarget.value;
          if (value !== 'chosen') setQueries({from: value, to: ''});
        }}>
          <option value="">the whole release</option>
          {kNewest.map(([value, words]) => <option key={value} value={value}>
            {end ? words.replace('newest', 'last') : words}</option>)}
          {relative && !kNewest.some(([value]) => value === from) &&
            <option value={from}>newest {from.slice(1)}</option>}
          {chosen && <option value="chosen">{stretch}</option>}
        </select>
      </label>
      {chosen || relative ? (
        <button type="button" class="small" onClick={() => setQueries({from: '', to: ''})}>
          Show the whole release</button>
      ) : <span class="dim small-text">Drag over a chart to look closer.</span>}
    </div>
  );
}
