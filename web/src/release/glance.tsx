// A release in four answers: how much it has, whether it is worse, how sure that is, what comes
// next.
import type {ComponentChildren} from 'preact';
import type {Metric, Operation, Release} from '../api/types';
import {
  countedInStep, duration, effect, kNone, kTooFew, num, percent, unbroken,
} from '../text/format';
import {operationWords, reasonWords} from '../text/messages';
import {useTimeText} from '../ui/hooks';
import {Mark, toneOf} from '../ui/parts';
import {Towards, towards} from './metrics';
import {findingsOf} from './sentence';
import {differs, isRising} from './share';
import {stepTitle} from './stepper';

interface Answer {
  icon: string;
  tone: string;
  word: string;
  more: string;
}

export function isWorse(release: Release): boolean {
  return (release.judgement?.findings.length ?? 0) > 0 || release.verdict === 'fail';
}

// Nobody knows now whether it is worse.
function isBlind(release: Release): boolean {
  return release.judgement?.sources_down === true ||
    (release.verdict === 'noData' && release.judgement !== null);
}

// How the first line looks: a paused release that is worse is no mere pause.
export function gravity(release: Release): string {
  if (release.end !== null) return toneOf(release.status);
  if (isWorse(release) || (differs(release.weight) && !isRising(release.weight))) return 'bad';
  return release.status === 'Progressing' && (isBlind(release) || release.judgement?.contested)
    ? 'unsure' : toneOf(release.status);
}

function compared(release: Release): Metric[] {
  return (release.report?.metrics ?? []).filter((metric) => metric.kind !== 'threshold');
}

// "and what 2 rules send it"
function byRules(release: Release): string {
  const rules = release.weight.rules ?? 0;
  return rules === 0 ? '' : `; and what ${rules} ${rules === 1 ? 'rule sends' : 'rules send'} it`;
}

export function share(release: Release): Answer {
  const {set, observed} = release.weight;
  const stable = release.stable_version || 'stable';
  if (release.status === 'Succeeded' && set < 100) {
    return {icon: '✔', tone: 'good', word: 'all traffic', more: `instead of ${stable}`};
  }
  if (differs(release.weight)) {
    const word = `${percent(observed)} of the traffic`;
    return isRising(release.weight)
      ? {icon: '◌', tone: 'running', word, more: `${percent(set)} is set, not confirmed yet`}
      : {icon: '⚠', tone: 'bad', word, more: `though ${percent(set)} is set`};
  }
  const rules = byRules(release);
  const rest = set === 0 ? `${stable} has all${rules ? ' other' : ''} traffic`
    : `${stable} has ${percent(100 - set)}`;
  const word = set > 0 ? `${percent(set)} of the traffic` : rules ? 'matched requests alone'
    : 'no traffic';
  return {icon: '', tone: '', word,
    more: `${rest}${rules}${observed === null ? '; not read back yet' : ''}`};
}

// "error-rate ×15.9 in this step, 95 %: ×[6.1, 41.2]": how large it is, and how well known.
function sizeOf(release: Release, name: string): string {
  const metric = compared(release).find((each) => each.name === name);
  const {estimate, interval} = effect(metric?.effect);
  const step = release.end ? 'in its last step' : 'in this step';
  if (estimate === kNone && interval === '') return name;
  const counts = countedInStep(metric?.effect);
  if (interval === '') return `${name}: ${estimate} ${step}`;
  // Where one side has none, the counts say more than a multiple.
  if (counts && (interval === kTooFew || !/\[/.test(interval))) {
    return `${name}: ${counts} ${step}, ${interval}`;
  }
  return `${name} ${estimate} ${step}, 95 %: ${interval}`;
}

export function worse(release: Release): Answer {
  const judgement = release.judgement;
  const finding = findingsOf(release)[0];
  const before = release.status === 'Pending' || release.status === 'Starting';
  if (finding || release.verdict === 'fail') {
    return {icon: '▲', tone: 'bad', word: 'Yes', more: finding?.metric
      ? sizeOf(release, finding.metric) : 'the metrics together say so'};
  }
  if (!judgement || before || !release.report?.metrics.length) {
    return {icon: '…', tone: 'neutral', word: 'Not judged yet', more: before
      ? 'it is once it has traffic' : 'no metric is judged'};
  }
  if (judgement.sources_down) {
    return {icon: '?', tone: 'unsure', word: 'Unknown: metrics do not answer',
      more: judgement.sources_sentence};
  }
  if (release.verdict === 'noData') {
    return {icon: '?', tone: 'unsure', word: 'Unknown: no data', more: 'which is not the same as ' +
      'no errors'};
  }
  if (judgement.contested) {
    return {icon: '…', tone: 'unsure', word: 'Perhaps',
      more: 'too much speaks against it to promote it'};
  }
  if (judgement.passed || release.status === 'Succeeded') {
    return {icon: '✔', tone: 'good', word: 'No', more: 'every required metric has passed'};
  }
  return {icon: '…', tone: 'unsure', word: 'No sign of it so far',
    more: sizeOf(release, judgement.undecided_metric)};
}

// What the slowest of the required metrics lacks.
function towardsFine(release: Release): number {
  const all = compared(release).filter((metric) => metric.required)
    .map((metric) => metric.verdict === 'pass' ? 1 : towards(metric.logEPass, metric.passLevel))
    .filter((value) => !Number.isNaN(value));
  return all.length > 0 ? Math.min(1, ...all) : NaN;
}

function Sure({release}: {release: Release}) {
  const combined = release.report?.combined;
  const before = release.status === 'Pending' || release.status === 'Starting';
  if (before || !combined || !(num(combined.level) > 0)) {
    return <span class="dim">{release.report?.metrics.length && !before
      ? 'rules alone judge: see below' : 'nothing to go by yet'}</span>;
  }
  const alone = compared(release).map((metric) => towards(metric.logE, metric.level))
    .filter((value) => !Number.isNaN(value));
  const bad = Math.max(towards(combined.logE, combined.level) || 0, ...alone, 0);
  return (
    <>
      <span class="sure"><Towards value={bad} tone="bad"
        label="Evidence against the canary, of what rolls back" /> of what rolls back</span>
      <span class="sure"><Towards value={towardsFine(release)} tone="good"
        label="Evidence for the canary, of what promotion needs" /> of what promotes</span>
    </>
  );
}

const kChoices: Operation[] = ['continue', 'approve', 'resume', 'promoteFully', 'abort'];

function choices(release: Release): string {
  const words = kChoices.filter((one) => release.allowed.includes(one))
    .map((one) => operationWords[one].button);
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
    : words.join('');
}

function after(release: Release): string {
  const next = release.steps.slice(release.step + 1).find((step) => step.status === 'pending');
  return next ? stepTitle(next) : 'promotion';
}

// `left`: seconds until the current step ends; NaN: it has no such time.
export function next(release: Release, left: number): {word: string; more: string} {
  const stable = release.stable_version || 'stable';
  switch (release.status) {
    case 'Pending':
      return {word: 'Its turn', more: 'another release of the service is under way'};
    case 'Starting':
      return {word: release.steps[0] ? stepTitle(release.steps[0]) : 'the first step',
        more: release.startup ? `once ${release.startup.total} servers are ready ` +
          `(${release.startup.ready} now)` : 'once it is ready'};
    case 'Progressing':
      if (release.judgement?.sources_down) {
        return {word: after(release), more: 'not before the metrics answer again: it holds'};
      }
      if (Number.isNaN(left)) return {word: after(release), more: 'when this step is over'};
      return {word: after(release), more: (left > 0 ? `in ${duration(left)}` : 'due now') +
        `, if this holds${release.next?.extended ? '; the step was extended' : ''}`};
    case 'Paused':
      if (release.steps[release.step]?.asked) {
        return {word: 'A person decides', more: `${release.steps[release.step]?.asked ?? ''}: ` +
          choices(release)};
      }
      return {word: 'A person decides', more: [reasonWords[release.reason], choices(release)]
        .filter((part) => part).join(': ')};
    case 'Promoting':
      return {word: 'All traffic', more: `${release.version} becomes stable`};
    case 'RollingBack':
      return {word: 'All traffic returns', more: differs(release.weight)
        ? `to ${stable}: asked of the router until it is read back` : `to ${stable}`};
    case 'Succeeded':
      return {word: 'Nothing: it is promoted', more: release.allowed.includes('rollback')
        ? `Roll back returns to ${stable} at once` : ''};
    default:
      return {word: `Nothing: ${stable} runs`, more: release.allowed.includes('retry')
        ? `Retry releases ${release.version} again` : ''};
  }
}

function Tile({title, tone, children}: {
  title: string; tone: string; children: ComponentChildren;
}) {
  return <div class={`tile ${tone}`}><dt>{title}</dt><dd>{children}</dd></div>;
}

function Said({answer}: {answer: Answer}) {
  return (
    <>
      {answer.icon ? <Mark icon={answer.icon} tone={answer.tone}>{unbroken(answer.word)}</Mark>
        : <b>{unbroken(answer.word)}</b>}
      <span class="dim small-text">{answer.more}</span>
    </>
  );
}

function Next({release}: {release: Release}) {
  const at = release.next ? Date.parse(release.next.at) : NaN;
  const more = useTimeText((now) => next(release, (at - now) / 1000).more);
  return (
    <><b>{next(release, NaN).word}</b><span class="dim small-text">{unbroken(more)}</span></>
  );
}

export function Glance({release}: {release: Release}) {
  const has = share(release);
  const is = worse(release);
  return (
    <dl class="glance">
      <Tile title={`Canary ${release.version}`} tone={has.tone}><Said answer={has} /></Tile>
      <Tile title="Is it worse?" tone={is.tone}><Said answer={is} /></Tile>
      <Tile title="How sure" tone=""><Sure release={release} /></Tile>
      <Tile title="What comes next" tone=""><Next release={release} /></Tile>
    </dl>
  );
}
