// One metric of one release: its curves, its counts, and the arithmetic behind its verdict.
import {useState} from 'preact/hooks';
import type {Metric, Num, Release, Sample, Whoami} from '../api/types';
import {
  count, countedInStep, effect, interval, num, percent, share, short, side, unbroken,
} from '../text/format';
import {Distribution} from '../charts/distribution';
import {MetricCharts, unitOf} from '../charts/charts';
import {OperationDialog} from '../release/dialog';
import {useLiveRelease} from '../release/live';
import {limitMore, limitOf, stateOf, towards} from '../release/metrics';
import {mayOperate} from '../release/operations';
import {Queries} from '../release/query';
import {FeedBar, FeedDot, Finished} from '../ui/feed';
import {download} from '../ui/download';
import {useTitle} from '../ui/hooks';
import {useKeys} from '../ui/keys';
import {List} from '../ui/list';
import {useLoad} from '../ui/loading';
import {Facts, Mark, Time} from '../ui/parts';
import {go, Link, to} from '../ui/router';
import {Shown} from '../ui/shown';

function eValue(log: unknown): string {
  const n = num(log as never);
  return Number.isFinite(n) ? short(Math.exp(n)) : '–';
}

function csv(metric: Metric, rows: object[]): string {
  const names = ['time', 'stable', 'canary', 'lower', 'upper', 'logE', 'weight', 'n'];
  const lines = rows.map((row) => names.map((name) =>
    String((row as Record<string, unknown>)[name] ?? '')).join(','));
  return `# ${metric.name}\n${names.join(',')}\n${lines.join('\n')}\n`;
}

const kRowsShown = 100;

// By what a metric is judged; docs/statistics has a page for each.
const kTests: Record<string, string> = {
  errors: 'of each bad request: whose it was, given the requests of both (an e-process over six ' +
    'sizes of effect)',
  rate: 'of each event: whose it was, given the instance-seconds of both (an e-process)',
  histogram: 'of the distributions: their shift and their tails (e-processes)',
  mean: 'of the means of both (an e-process)',
  gauge: 'of the values of all instances (an e-process)',
};

function testOf(metric: Metric): string {
  if (metric.judge) return `${metric.test || metric.judge}, once, at the end of each step`;
  return kTests[metric.kind] ?? metric.kind;
}

function SampleTable({metric, rows}: {metric: Metric; rows: Sample[]}) {
  const value = unitOf(metric) === 'share' ? share : short;
  return (
    <details>
      <summary>The newest {Math.min(kRowsShown, rows.length)} of {count(rows.length)} looks
      </summary>
      <List label="Samples" items={rows.slice(-kRowsShown).reverse()} keyOf={(row) => row.time}
        tall columns={[
          {title: 'Time', head: true, cell: (row) => <Time at={row.time} />},
          {title: 'Stable', cell: (row) => value(row.stable)},
          {title: 'Canary', cell: (row) => value(row.canary)},
          {title: 'Difference in step [95 %]', kind: 'nowrap', cell: (row) =>
            interval(metric.effect?.scale ?? '', row.lower, row.upper) || '–'},
          {title: 'E-value', cell: (row) => eValue(row.logE)},
          {title: 'Weight', cell: (row) => percent(row.weight)},
          {title: 'Canary’s n', cell: (row) => count(row.n)},
        ]} />
    </details>
  );
}

// Of a quantile only the buckets around it are known.
function between([low, high]: Num[]): string {
  if (num(high) === Infinity) return `above ${short(low)}`;
  return num(low) > 0 ? `${short(low)} to ${short(high)}` : `up to ${short(high)}`;
}

function evidence(metric: Metric): [string, string][] {
  if (metric.judge === 'fixed') {
    return [
      ['p-value against the canary', `${short(metric.p)}, fails below ${short(metric.pLimit)}`],
      ['p-value for it', `${short(metric.passP)}, passes below ${short(metric.passLimit)}`],
    ];
  }
  return [
    ['E-value against the canary', `${eValue(metric.logE)} of ${eValue(metric.level)}`],
    ['E-value for it', `${eValue(metric.logEPass)} of ${eValue(metric.passLevel)}`],
  ];
}

// The whole release together: what rolls it back is the mean of all metrics, or one alone.
function together(release: Release): string {
  const combined = release.report?.combined;
  if (!combined || !(num(combined.level) > 0)) return '';
  return `${eValue(combined.logE)} of ${eValue(combined.level)}, ` +
    `${percent(towards(combined.logE, combined.level) * 100)} of the way`;
}

export function MetricPage({id, name}: {id: string; name: string}) {
  useTitle(`${name} of ${id}`);
  const {loaded, samples, feed} = useLiveRelease(id);
  const metrics = loaded.data?.report?.metrics ?? [];
  const metric = metrics.find((m) => m.name === name);
  const state = metric && stateOf(metric);
  const who = useLoad<Whoami>('whoami').data;
  const [muting, setMuting] = useState(false);
  const end = loaded.data?.end;
  const step = (by: number) => {
    const next = metrics[(metrics.findIndex((m) => m.name === name) + by + metrics.length) %
      Math.max(1, metrics.length)];
    if (next) go(to.metric(id, next.name) + location.search);  // the same time of it
  };
  useKeys({'[': () => step(-1), ']': () => step(1)});
  return (
    <main id="content">
      <FeedBar state={feed} />
      <p><Link href={to.release(id)}>← {id}</Link></p>
      <div class="page-head">
        <h1>{name}</h1>
        {state && <Mark icon={state.icon} tone={state.tone}>{state.word}</Mark>}
        {end ? <Finished at={end} /> : <FeedDot state={feed} />}
        {loaded.data?.allowed.includes('mute') && metric && (
          <button type="button" class="small" disabled={!mayOperate(who)}
            onClick={() => setMuting(true)}>Mute …</button>
        )}
      </div>
      <Shown of={loaded} label="the metric" rows={6}
        missing={<p>There is no release {id}.</p>}>
        {(release) => metric
          ? <OneMetric release={release} metric={metric} rows={samples.items.get(name) ?? []} />
          : <p>{id} has no metric of this name. <Link href={to.release(id)}>To the release</Link>
          </p>}
      </Shown>
      {muting && loaded.data && (
        <OperationDialog operation="mute" release={loaded.data} of={name}
          onClose={() => setMuting(false)} onDone={(answer) => {
            setMuting(false);
            loaded.set(() => answer.release);
          }} />
      )}
    </main>
  );
}

function OneMetric({release, metric, rows}: {release: Release; metric: Metric; rows: Sample[]}) {
  const name = `${release.id}-${metric.name}`;  // of files
  const state = stateOf(metric);
  const rule = metric.kind === 'threshold';
  const stable = side(metric, metric.stable);
  const canary = side(metric, metric.canary);
  const difference = effect(metric.effect);
  return (
    <>
      <p class={`headline ${state.tone}`}>{unbroken(metric.sentence)}</p>
      {!rule && (
        <section class="card"><MetricCharts release={release} metric={metric} samples={rows}
          brief />
        </section>
      )}
      {metric.buckets && <Distribution release={release} name={metric.name}
        buckets={metric.buckets} />}
      <div class="columns">
        <section class="card" aria-labelledby="counts-title">
          <h2 id="counts-title">Counts</h2>
          <Facts items={rule ? [
            ['Last value', metric.value ?? ''],
            ['Measurements', count(metric.measurements)],
            ['Failed', count(metric.failed)],
          ] : [
            ['Stable', `${stable.value} (${stable.of})`],
            ['Canary', `${canary.value} (${canary.of})`],
            ['Difference in step', [`${difference.estimate} ${difference.interval}`,
              countedInStep(metric.effect)].filter(Boolean).join(', from ')],
            ['Looks', `${count(metric.polls)}, ${count(metric.noData)} without usable samples`],
            ['Coverage of this step', metric.coverage
              ? `stable ${short(metric.coverage.stable * 100)} %, ` +
                `canary ${short(metric.coverage.canary * 100)} %` : ''],
            ...(metric.quantiles ?? []).map((q): [string, string] => [`p${q.quantile * 100}`,
              `stable ${between(q.stable)}, canary ${between(q.canary)}`]),
          ]} />
        </section>
        {!rule && (
          <section class="card" aria-labelledby="sums-title">
            <h2 id="sums-title">The arithmetic</h2>
            <Facts items={[
              ['Test', testOf(metric)],
              ...(metric.freshStable === undefined ? [] : [['Compared with',
                `${count(metric.freshStable)} fresh instances of stable`] as [string, string]]),
              ['Limit', [limitOf(metric), limitMore(metric)].filter(Boolean).join(' ')],
              ...evidence(metric),
              ['All metrics together', together(release)],
              ['Share of the error budget', metric.share === undefined ? ''
                : `${short(metric.share * 100)} %`],
              ['Dispersion', `${short(metric.dispersion)} (${metric.dispersionSource ?? ''})`],
              ['Forecast', metric.forecast?.known ? metric.forecast.sentence : 'not known yet'],
            ]} />
            <p class="dim">The release fails where an e-value, or the weighted mean of all, reaches
              its limit at any look; that happens to a harmless release with at most the configured
              probability, however often one looks.</p>
          </section>
        )}
      </div>
      <Queries release={release} metric={metric.name} />
      {!rule && rows.length > 0 && (
        <section class="card" aria-labelledby="samples-title">
          <h2 id="samples-title">Samples</h2>
          <SampleTable metric={metric} rows={rows} />
          <p class="buttons left">
            <button type="button" onClick={() => download(`${name}.csv`, csv(metric, rows),
              'text/csv')}>Samples as CSV</button>
            <button type="button" onClick={() => download(`${name}.json`, JSON.stringify(rows,
              null, 1), 'application/json')}>Samples as JSON</button>
          </p>
        </section>
      )}
    </>
  );
}
