// One metric of one release: its curves, its counts, and the arithmetic behind its verdict.
import {useCallback} from 'preact/hooks';
import type {LiveEvent} from '../api/live';
import type {Metric, Release, Sample} from '../api/types';
import {count, effect, num, percent, share, short, side, unbroken} from '../text/format';
import {MetricCharts, unitOf} from '../release/charts';
import {limitOf, stateOf, towards} from '../release/metrics';
import {Queries} from '../release/query';
import {useSamples} from '../release/story';
import {FeedBar, FeedDot, Finished} from '../ui/feed';
import {download} from '../ui/download';
import {useFeed, useLoad, useTitle} from '../ui/hooks';
import {useKeys} from '../ui/keys';
import {Facts, Mark, ProblemBox, Skeleton, Time} from '../ui/parts';
import {go, Link, to} from '../ui/router';

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
      <div class="scroll tall" tabIndex={0} role="region" aria-label="Samples">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Stable</th>
              <th scope="col">Canary</th>
              <th scope="col">Difference [95 %]</th>
              <th scope="col">E-value</th>
              <th scope="col">Weight</th>
              <th scope="col">Canary’s n</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(-kRowsShown).reverse().map((row) => (
              <tr key={row.time}>
                <th scope="row"><Time at={row.time} /></th>
                <td>{value(row.stable)}</td>
                <td>{value(row.canary)}</td>
                <td class="nowrap">[{short(row.lower)}, {short(row.upper)}]</td>
                <td>{eValue(row.logE)}</td>
                <td>{percent(row.weight)}</td>
                <td>{count(row.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
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
  const path = `releases/${encodeURIComponent(id)}`;
  const loaded = useLoad<Release>(path);
  const release = loaded.data;
  const samples = useSamples(path, release);
  const live = useCallback((event: LiveEvent) => {
    if (event.type === 'reset') {
      loaded.reload();
      samples.reload();
    } else if (event.type === 'release.updated') {
      loaded.set(() => event.data as Release);
    } else if (event.type === 'metrics') {
      const report = (event.data as {report: Release['report']}).report;
      loaded.set((old) => ({...old, report}));
    }
  }, [loaded.reload, loaded.set, samples.reload]);
  const feed = useFeed(`events?releases=${id}`, live);
  const metrics = release?.report?.metrics ?? [];
  const metric = metrics.find((m) => m.name === name);
  const step = (by: number) => {
    const next = metrics[(metrics.findIndex((m) => m.name === name) + by + metrics.length) %
      Math.max(1, metrics.length)];
    if (next) go(to.metric(id, next.name));
  };
  useKeys({'[': () => step(-1), ']': () => step(1)});
  if (!release) {
    return (
      <main id="content"><h1>{name}</h1>
        {loaded.problem ? <ProblemBox problem={loaded.problem} retry={loaded.reload} />
          : <Skeleton rows={6} label="the metric" />}
      </main>
    );
  }
  if (!metric) {
    return (
      <main id="content"><h1>{name}</h1>
        <p>{id} has no metric of this name. <Link href={to.release(id)}>To the release</Link></p>
      </main>
    );
  }
  const state = stateOf(metric);
  const rows = samples.items.get(name) ?? [];
  const rule = metric.kind === 'threshold';
  const stable = side(metric, metric.stable);
  const canary = side(metric, metric.canary);
  const difference = effect(metric.effect);
  return (
    <main id="content">
      <FeedBar state={feed} />
      <p><Link href={to.release(id)}>← {id}</Link></p>
      <div class="page-head">
        <h1>{name}</h1>
        <Mark icon={state.icon} tone={state.tone}>{state.word}</Mark>
        {release.end ? <Finished at={release.end} /> : <FeedDot state={feed} />}
      </div>
      <p class={`headline ${state.tone}`}>{unbroken(metric.sentence)}</p>
      {!rule && (
        <section class="card"><MetricCharts release={release} metric={metric} samples={rows} />
        </section>
      )}
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
            ['Difference', `${difference.estimate} ${difference.interval}`],
            ['Looks', `${count(metric.polls)}, ${count(metric.noData)} without usable samples`],
            ['Coverage of this step', metric.coverage
              ? `stable ${short(metric.coverage.stable * 100)} %, ` +
                `canary ${short(metric.coverage.canary * 100)} %` : ''],
            ...(metric.quantiles ?? []).map((q): [string, string] => [`p${q.quantile * 100}`,
              `stable [${q.stable.map(short).join(', ')}], ` +
              `canary [${q.canary.map(short).join(', ')}]`]),
          ]} />
        </section>
        {!rule && (
          <section class="card" aria-labelledby="sums-title">
            <h2 id="sums-title">The arithmetic</h2>
            <Facts items={[
              ['Test', testOf(metric)],
              ['Limit', limitOf(metric)],
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
      <Queries release={release} metric={name} />
      {!rule && rows.length > 0 && (
        <section class="card" aria-labelledby="samples-title">
          <h2 id="samples-title">Samples</h2>
          <SampleTable metric={metric} rows={rows} />
          <p class="buttons left">
            <button type="button" onClick={() => download(`${id}-${name}.csv`, csv(metric, rows),
              'text/csv')}>Samples as CSV</button>
            <button type="button" onClick={() => download(`${id}-${name}.json`,
              JSON.stringify(rows, null, 1), 'application/json')}>Samples as JSON</button>
          </p>
        </section>
      )}
    </main>
  );
}
