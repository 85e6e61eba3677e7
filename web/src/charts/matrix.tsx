// What each look said of each metric, as a table of marks: a look a column, where there are many
// several to one, of which the worst is shown. A column that is pressed is the time that is shown.
import {useMemo} from 'preact/hooks';
import type {Metric, Sample} from '../api/types';
import {towards} from '../release/metrics';
import {clock, num, percent, type Zone} from '../text/format';
import {useZone} from '../ui/hooks';

export type Finding = 'none' | 'fine' | 'open' | 'doubt' | 'worse';

const kColumnsMax = 60;
const kColumnsNarrow = 16;
const kNarrow = 640;  // pixels
const kDoubt = 0.35;  // of the evidence that rolls back: about where a release is contested
const kWorst: Finding[] = ['none', 'fine', 'open', 'doubt', 'worse'];  // ever worse
const kLook: Record<Finding, {icon: string; word: string}> = {
  none: {icon: '?', word: 'no data'},
  fine: {icon: '✔', word: 'ok'},
  open: {icon: '·', word: 'undecided'},
  doubt: {icon: '…', word: 'more than a third of what rolls back'},
  worse: {icon: '▲', word: 'worse'},
};

// By the evidence that the look left behind.
export function findingOf(metric: Metric, sample: Sample | undefined): Finding {
  const against = towards(sample?.logE, metric.level);
  if (!sample || Number.isNaN(against)) return 'none';
  if (against >= 1) return 'worse';
  const pass = num(sample.logEPass);
  if (against >= kDoubt) return 'doubt';
  return pass >= num(metric.passLevel) ? 'fine' : Number.isFinite(num(sample.canary)) ? 'open'
    : 'none';
}

export interface Column {
  from: number;  // Unix seconds
  to: number;  // by then all of its looks had been
  found: Finding[];  // by metric
  against: number[];
}

const seconds = (sample: Sample): number => Math.floor(Date.parse(sample.time) / 1000);

export function columnsOf(metrics: Metric[], samples: Map<string, Sample[]>,
  most = kColumnsMax): Column[] {
  const at = metrics.map((metric) => new Map((samples.get(metric.name) ?? [])
    .map((sample) => [seconds(sample), sample])));
  const times = [...new Set(at.flatMap((each) => [...each.keys()]))].sort((a, b) => a - b);
  const each = Math.ceil(times.length / most);
  const columns: Column[] = [];
  for (let i = 0; i < times.length; i += each) {
    const looks = times.slice(i, i + each);
    const of = metrics.map((metric, m) => looks.map((t) => at[m]?.get(t))
      .filter((sample) => sample !== undefined)
      .map((sample) => ({found: findingOf(metric, sample),
        against: towards(sample.logE, metric.level)})));
    columns.push({from: looks[0] ?? 0, to: (looks.at(-1) ?? 0) + 1,
      found: of.map((all) => all.reduce<Finding>((worst, {found}) =>
        kWorst.indexOf(found) > kWorst.indexOf(worst) ? found : worst, 'none')),
      against: of.map((all) => Math.max(0, ...all.map(({against}) => against || 0)))});
  }
  return columns;
}

function timeOf({from, to}: Column, zone: Zone): string {
  return to - from <= 1 ? clock(from, zone) : `${clock(from, zone)} to ${clock(to, zone)}`;
}

export function Matrix({metrics, samples, t, show}: {
  metrics: Metric[]; samples: Map<string, Sample[]>; t: number; show: (t: number) => void;
}) {
  const zone = useZone();
  const columns = useMemo(() => columnsOf(metrics, samples,
    innerWidth < kNarrow ? kColumnsNarrow : kColumnsMax), [metrics, samples]);
  let now = columns.length - 1;
  while (now > 0 && (columns[now]?.from ?? 0) > t) --now;
  const said = kWorst.filter((finding) => columns.some(({found}) => found.includes(finding)));
  return (
    <figure class="chart">
      <figcaption>
        <strong>What each look said</strong>
        <span class="dim"> A look a column, from the left; press one to go
          to its time. {said.map((finding) =>
          `${kLook[finding].icon} ${kLook[finding].word}`).join(', ')}.</span>
      </figcaption>
      <div class="scroll" tabIndex={0} role="region" aria-label="What each look said">
        <table class="matrix">
          <thead class="hidden">
            <tr>
              <th scope="col">Metric</th>
              {columns.map((column) => <th key={column.from} scope="col">
                {timeOf(column, zone)}</th>)}
            </tr>
          </thead>
          <tbody>
            {metrics.map((metric, m) => (
              <tr key={metric.name}>
                <th scope="row">{metric.name}</th>
                {columns.map((column, i) => {
                  const found = column.found[m] ?? 'none';
                  return (
                    <td key={column.from} class={`${found} ${i === now ? 'now' : ''}`}
                      onClick={() => show(column.to)}
                      title={`${timeOf(column, zone)}: ${kLook[found].word}, ` +
                        `${percent((column.against[m] ?? 0) * 100)} of what rolls back`}>
                      <span aria-hidden="true">{kLook[found].icon}</span>
                      <span class="hidden">{kLook[found].word}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
