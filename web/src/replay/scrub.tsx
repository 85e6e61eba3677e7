// A release once more, with a slider for the time.
import {useMemo, useState} from 'preact/hooks';
import type {Metric, Num, Release, Sample} from '../api/types';
import {MetricCharts, unitOf} from '../charts/charts';
import {Matrix} from '../charts/matrix';
import {towards, Towards} from '../release/metrics';
import {clock, count, duration, interval, percent, share, short, unbroken} from '../text/format';
import {useZone} from '../ui/hooks';
import {List} from '../ui/list';
import {Empty, toneOf} from '../ui/parts';

export interface Recorded {
  name: string;
  release: Release;
  samples: Map<string, Sample[]>;
}

const seconds = (sample: Sample): number => Date.parse(sample.time) / 1000;

// The last sample at or before t.
function at(samples: Sample[], t: number): Sample | undefined {
  let found: Sample | undefined;
  for (const sample of samples) {
    if (seconds(sample) > t) break;
    found = sample;
  }
  return found;
}

function valueOf(metric: Metric, value: Num): string {
  return unitOf(metric) === 'share' ? share(value) : short(value);
}

export function Scrub({recorded}: {recorded: Recorded}) {
  const {release, samples} = recorded;
  const zone = useZone();
  const times = useMemo(() => [...samples.values()].flat().map(seconds), [samples]);
  const first = Math.min(...times, Date.parse(release.start) / 1000);
  const last = first + Math.ceil(Math.max(...times) - first);  // the slider has whole seconds
  const [t, setT] = useState(last);
  const [name, setName] = useState('');
  const metrics = useMemo(() => (release.report?.metrics ?? [])
    .filter((m) => m.kind !== 'threshold' && samples.has(m.name)), [release, samples]);
  const metric = metrics.find((m) => m.name === name) ??
    metrics.find((m) => m.verdict === 'fail') ?? metrics[0];
  if (!metric || !Number.isFinite(last)) {
    return <Empty title={`${recorded.name} holds no samples of metrics.`} />;
  }
  const until = (samples.get(metric.name) ?? []).filter((sample) => seconds(sample) <= t);
  const now = (m: Metric) => at(samples.get(m.name) ?? [], t);
  const weight = now(metric)?.weight;
  return (
    <section class="card" aria-labelledby="scrub-title">
      <h2 id="scrub-title">{release.id}: {release.version} against {release.stable_version}</h2>
      <p class={`headline ${toneOf(release.status)}`}>{release.status}:{' '}
        {unbroken(release.sentence) || 'no sentence was recorded'}</p>
      <label class="scrubber">
        Time: {clock(t, zone)}, {duration(t - first)} after the start; canary at {percent(weight)}
        <input type="range" min={first} max={last} step={1} value={t}
          onInput={(event) => setT(Number(event.currentTarget.value))} />
      </label>
      <Matrix metrics={metrics} samples={samples} t={t} show={setT} />
      <List label="Metrics at this time" items={metrics} keyOf={(m) => m.name} columns={[
        {title: 'Metric', head: true, cell: (m) => (
          <button type="button" class="small" aria-pressed={m === metric}
            onClick={() => setName(m.name)}>{m.name}</button>
        )},
        {title: 'Stable', cell: (m) => valueOf(m, now(m)?.stable)},
        {title: 'Canary', cell: (m) => valueOf(m, now(m)?.canary)},
        {title: 'Difference in step [95 %]', kind: 'nowrap',
          cell: (m) => interval(m.effect?.scale ?? '', now(m)?.lower, now(m)?.upper) || '–'},
        {title: 'Canary’s n', cell: (m) => count(now(m)?.n)},
        {title: 'Towards “worse”', cell: (m) => <Towards value={towards(now(m)?.logE, m.level)}
          tone="bad" label={`Evidence against ${m.name} at this time`} />},
      ]} />
      <MetricCharts release={release} metric={metric} samples={until} />
    </section>
  );
}
