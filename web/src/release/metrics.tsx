// The table of metrics: both sides with their counts, the difference with its interval, the limit,
// how far the evidence is, and a state in words.
import type {Metric, Release} from '../api/types';
import {count, duration, effect, num, percent, side} from '../text/format';
import {Mark, Empty} from '../ui/parts';
import {Link, to} from '../ui/router';

export function stateOf(metric: Metric): {icon: string; tone: string; word: string} {
  const rule = metric.kind === 'threshold';
  if (metric.verdict === 'fail') {
    return {icon: rule ? '✖' : '▲', tone: 'bad', word: rule ? 'broken' : 'worse'};
  }
  if (metric.verdict === 'pass') return {icon: '✔', tone: 'good', word: 'ok'};
  if (metric.problem) return {icon: '?', tone: 'unsure', word: 'no answer'};
  if ((metric.warmupLeftSeconds ?? 0) > 0) {
    return {icon: '…', tone: 'neutral', word: `warm-up ${duration(metric.warmupLeftSeconds)}`};
  }
  if (metric.verdict === 'noData') return {icon: '?', tone: 'unsure', word: 'no data'};
  return {icon: '…', tone: 'unsure', word: 'undecided'};
}

// "limit +0.5 pp" in a metric's sentence, without what follows of it.
export function limitOf(metric: Metric): string {
  return /.*(?:limit|target) ([^;,]+)/.exec(metric.sentence)?.[1] ?? '–';
}

// How far towards "worse": from 0 to 1 and beyond.
export function towards(log: unknown, level: unknown): number {
  const e = typeof log === 'number' ? log : NaN;
  const limit = typeof level === 'number' ? level : NaN;
  return limit > 0 && Number.isFinite(e) ? Math.max(0, e / limit) : NaN;
}

export function Towards({value, label, tone}: {value: number; label: string; tone: string}) {
  if (Number.isNaN(value)) return <span class="dim">–</span>;
  return (
    <span class="towards">
      <meter class={tone} min={0} max={1} value={Math.min(1, value)} aria-label={label} />
      <span>{percent(Math.min(value, 9.99) * 100)}</span>
    </span>
  );
}

function Row({release, metric}: {release: Release; metric: Metric}) {
  const state = stateOf(metric);
  const name = (
    <th scope="row">
      <Link href={to.metric(release.id, metric.name)}>{metric.name}</Link>
      {metric.required && <span class="dim small-text"> must pass</span>}
    </th>
  );
  const mark = (
    <td class="state">
      <Mark icon={state.icon} tone={state.tone}>{state.word}</Mark>
      {metric.problem && <span class="dim small-text">{metric.problem}</span>}
    </td>
  );
  if (metric.kind === 'threshold') {
    return (
      <tr>
        {name}
        <td>–</td>
        <td>{metric.value || '–'}</td>
        <td>{count(metric.failed)} of {count(metric.measurements)} failed</td>
        <td>rule</td>
        <td>–</td>
        <td>–</td>
        {mark}
      </tr>
    );
  }
  const stable = side(metric, metric.stable);
  const canary = side(metric, metric.canary);
  const difference = effect(metric.effect);
  const none = metric.verdict === 'noData' && metric.windows === 0;
  return (
    <tr class={none ? 'hatched' : ''}>
      {name}
      <td>{stable.value}<span class="dim small-text">{stable.of}</span></td>
      <td>{canary.value}<span class="dim small-text">{canary.of}</span></td>
      <td>{difference.estimate}<span class="dim small-text">{difference.interval}</span></td>
      <td>{limitOf(metric)}</td>
      <td><Towards value={towards(metric.logE, metric.level)} tone="bad"
        label={`Evidence that ${metric.name} is worse, of its limit`} /></td>
      <td><Towards value={towards(metric.logEPass, metric.passLevel)} tone="good"
        label={`Evidence that ${metric.name} is fine, of what promotion needs`} /></td>
      {mark}
    </tr>
  );
}

export function MetricTable({release}: {release: Release}) {
  const metrics = release.report?.metrics ?? [];
  const judgement = release.judgement;
  if (metrics.length === 0) {
    return (
      <Empty title="No metric is judged in this release.">
        <p>Its rollout names none, or the canary has had no traffic yet.</p>
      </Empty>
    );
  }
  return (
    <>
      {judgement?.sources_down && (
        <div class="box unsure">
          <p><strong><span aria-hidden="true">?</span> Metrics do not answer; the release holds.
          </strong></p>
          <p>{judgement.sources_sentence}</p>
        </div>
      )}
      <div class="scroll" tabIndex={0} role="region" aria-label="Metrics of both versions">
        <table class="metrics">
          <caption class="hidden">Metrics of the stable and the canary version</caption>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Stable</th>
              <th scope="col">Canary</th>
              <th scope="col">Difference [95 %]</th>
              <th scope="col">Limit</th>
              <th scope="col">Towards “worse”</th>
              <th scope="col">Towards “fine”</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {metrics.map((metric) => (
              <Row key={`${metric.name}/${metric.step ?? ''}`} release={release} metric={metric} />
            ))}
          </tbody>
        </table>
      </div>
      {metrics.some((metric) => metric.effect?.scale === 'sd') && (
        <p class="dim">sd: how far the whole distribution is shifted, in standard deviations.</p>
      )}
      {num(release.report?.combined?.level) > 0 && (
        <p class="dim">All compared metrics together:{' '}
          {percent(towards(release.report?.combined?.logE, release.report?.combined?.level) *
            100)} of the evidence that rolls back
          {release.report?.combined?.contested ? ' – contested: it will not be promoted so' : ''}.
        </p>
      )}
    </>
  );
}
