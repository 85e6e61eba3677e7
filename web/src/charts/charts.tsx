// One metric at a time, its values above its evidence, on the same time line.
import {useMemo} from 'preact/hooks';
import type {Metric, Problem, Release, Sample} from '../api/types';
import {percent} from '../text/format';
import {useKeys} from '../ui/keys';
import {setQuery, usePlace} from '../ui/router';
import {stateOf} from '../release/metrics';
import {Chart} from './chart';
import {curvesOf, describe} from './curves';
import type {Mark} from './plot';
import {SpanBar, useSpan} from './span';

export function marksOf(release: Release): Mark[] {
  const marks: Mark[] = [];
  for (const step of release.steps) {
    if (step.kind === 'setWeight' && step.start) {
      marks.push({t: Date.parse(step.start) / 1000, label: percent(step.weight)});
    }
  }
  if (release.end) marks.push({t: Date.parse(release.end) / 1000, label: release.status});
  return marks;
}

export function unitOf(metric: Metric): 'share' | 'number' {
  return metric.kind === 'errors' || metric.kind === 'histogram' ? 'share' : 'number';
}

// `brief`: what the metric says stands beside it already.
export function MetricCharts({release, metric, samples, brief}: {
  release: Release; metric: Metric; samples: Sample[]; brief?: boolean;
}) {
  const curves = useMemo(() => curvesOf(metric, samples), [metric, samples]);
  const marks = useMemo(() => marksOf(release), [release.steps, release.end]);
  const span = useSpan(release.end);
  const tail = metric.kind === 'histogram' ? ' (share in the tail)' : '';
  return (
    <>
      <SpanBar end={release.end} />
      <Chart title={`${metric.name}${tail}${release.end ? ' in this release'
        : ', so far in this release'}`}
        summary={describe(metric, curves, brief)} curves={curves} marks={marks} what="values"
        unit={unitOf(metric)} span={span} />
      <Chart title="Evidence that it is worse" summary="100 % of its limit rolls back."
        curves={curves} marks={marks} what="evidence" unit="share" span={span} height={170} />
    </>
  );
}

interface Props {
  release: Release;
  samples: Map<string, Sample[]>;
  read: boolean;
  problem: Problem | null;
}

export function Charts({release, samples, read, problem}: Props) {
  const metrics = (release.report?.metrics ?? []).filter((m) => m.kind !== 'threshold');
  const asked = usePlace().query.get('metric');
  const worst = metrics.find((m) => m.verdict === 'fail')?.name ??
    release.judgement?.undecided_metric;
  const metric = metrics.find((m) => m.name === asked) ??
    metrics.find((m) => m.name === worst) ?? metrics[0];
  const step = (by: number) => {
    if (!metric) return;
    const at = metrics.indexOf(metric);
    const next = metrics[(at + by + metrics.length) % metrics.length];
    if (next) setQuery('metric', next.name);
  };
  useKeys({'[': () => step(-1), ']': () => step(1)});
  if (!metric) return null;
  const items = samples.get(metric.name) ?? [];
  return (
    <section class="card" aria-labelledby="curves-title">
      <h2 id="curves-title">Canary against stable</h2>
      <div class="tabs" role="group" aria-label="Metric shown">
        {metrics.map((m) => {
          const state = stateOf(m);
          return (
            <button key={m.name} type="button" aria-pressed={m === metric}
              onClick={() => setQuery('metric', m.name)}>
              <span class={`mark ${state.tone}`} aria-hidden="true">{state.icon}</span> {m.name}
            </button>
          );
        })}
      </div>
      {problem && items.length === 0 ? (
        <p class="hatched">The curve can’t be read: {problem.title}. {problem.detail}</p>
      ) : release.end && items.length === 0 ? (
        <p class="hatched">{read ? 'No curve of this release is kept any more: its records are ' +
          'too old.' : 'Reading the curve …'}</p>
      ) : <MetricCharts release={release} metric={metric} samples={items} />}
    </section>
  );
}
