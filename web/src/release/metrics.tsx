// The table of metrics: both sides with their counts, the difference with its interval, the limit,
// how far the evidence is, and a state in words.
import type {Metric, Release} from '../api/types';
import {count, countedInStep, duration, effect, num, percent, short, side} from '../text/format';
import {type Column, List} from '../ui/list';
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

// Of rare errors a relative limit would be next to nothing: there the absolute one counts.
export function limitMore({kind, limit, sentence}: Metric): string {
  const both = kind === 'errors' && (limit?.ratio ?? 0) > 1 && (limit?.absolute ?? 0) > 0;
  if (!both) return '';
  const sign = limit?.down ? '−' : '+';
  const other = / pp(?:[;,]|$)/.test(sentence) ? `${short(((limit?.ratio ?? 1) - 1) * 100)} %`
    : `${short((limit?.absolute ?? 0) * 100)} pp`;
  return `or ${sign}${other}, if that is more`;
}

const kFar = 2;  // beyond that the figure says no more

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
      <span>{value > kFar ? `over ${percent(kFar * 100)}` : percent(value * 100)}</span>
    </span>
  );
}

const isRule = (metric: Metric): boolean => metric.kind === 'threshold';
const isBlind = (metric: Metric): boolean => metric.verdict === 'noData' && metric.windows === 0;
const blindKind = (metric: Metric): string => isBlind(metric) ? 'hatched' : '';

// A value, and what it is a value of.
function Two({value, of}: {value: string; of: string}) {
  return <>{value}{of && <span class="dim small-text">{of}</span>}</>;
}

function columnsOf(release: Release): Column<Metric>[] {
  const difference = (metric: Metric) => effect(metric.effect);
  return [
    {title: 'Metric', head: true, cell: (metric) => (
      <>
        <Link href={to.metric(release.id, metric.name)}>{metric.name}</Link>
        {metric.required && <span class="dim small-text">must pass</span>}
      </>
    )},
    {title: 'Stable', cell: (metric) => isRule(metric) ? '–'
      : <Two {...side(metric, metric.stable)} />},
    {title: 'Canary', kind: blindKind, cell: (metric) => isRule(metric) ? metric.value || '–'
      : <Two {...side(metric, metric.canary)} />},
    {title: 'Difference in step [95 %]', kind: blindKind, cell: (metric) => isRule(metric)
      ? `${count(metric.failed)} of ${count(metric.measurements)} failed`
      : isBlind(metric) ? '–'
        : <>
            <Two value={difference(metric).estimate} of={difference(metric).interval} />
            {metric.effect?.canary &&
              <span class="dim small-text">{countedInStep(metric.effect)}</span>}
          </>},
    {title: 'Limit', cell: (metric) => isRule(metric) ? 'rule'
      : <Two value={limitOf(metric)} of={limitMore(metric)} />},
    {title: 'Towards “worse”', cell: (metric) => (
      <Towards value={isRule(metric) || isBlind(metric) ? NaN
        : towards(metric.logE, metric.level)} tone="bad"
        label={`Evidence that ${metric.name} is worse, of its limit`} />
    )},
    {title: 'Towards “fine”', cell: (metric) => (
      <Towards value={isRule(metric) || isBlind(metric) ? NaN
        : Math.min(1, towards(metric.logEPass, metric.passLevel))} tone="good"
        label={`Evidence that ${metric.name} is fine, of what promotion needs`} />
    )},
    {title: 'State', kind: 'state', cell: (metric) => (
      <>
        <Mark {...stateOf(metric)}>{stateOf(metric).word}</Mark>
        {metric.problem && <span class="dim small-text">{metric.problem}</span>}
      </>
    )},
  ];
}

// What is worse comes first; all else stays where the plan has it.
export function worstFirst(metrics: Metric[]): Metric[] {
  const bad = (metric: Metric) => metric.verdict === 'fail';
  return [...metrics.filter(bad), ...metrics.filter((metric) => !bad(metric))];
}

export function MetricTable({release}: {release: Release}) {
  const metrics = release.report?.metrics ?? [];
  const judgement = release.judgement;
  const before = release.status === 'Pending' || release.status === 'Starting';
  if (metrics.length === 0) {
    return (
      <Empty title={before ? 'No metric is judged yet.' : 'No metric is judged in this release.'}>
        <p>{before ? 'They are judged from the canary’s first traffic on.'
          : 'Its rollout names none, or the canary has had no traffic.'}</p>
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
      <List label="Metrics of both versions" kind="metrics" columns={columnsOf(release)}
        items={worstFirst(metrics)} keyOf={(metric) => `${metric.name}/${metric.step ?? ''}`} />
      {metrics.some((metric) => metric.effect?.scale === 'sd') && (
        <p class="dim">sd: how far the whole distribution is shifted, in standard deviations.</p>
      )}
      {num(release.report?.combined?.level) > 0 && (
        <p class="dim">All compared metrics together:{' '}
          {percent(towards(release.report?.combined?.logE, release.report?.combined?.level) *
            100)} of the evidence that rolls back
          {release.report?.combined?.contested && !release.report.combined.fail
            ? ' – contested: it will not be promoted so' : ''}.
        </p>
      )}
    </>
  );
}
