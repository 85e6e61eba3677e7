// A release as a row of the list: where it stands, and what can be done to it from there.
import type {Operation, Summary, Whoami} from '../api/types';
import {duration, percent, unbroken} from '../text/format';
import {operationWords, reasonWords, verdictWords} from '../text/messages';
import {useTimeText} from '../ui/hooks';
import type {Column} from '../ui/list';
import {Menu} from '../ui/menu';
import {Ago, Mark, StatusMark, Time} from '../ui/parts';
import {go, Link, to} from '../ui/router';
import {isBack, mayOperate, operationsOf} from './operations';
import {differs} from './share';

// Before its first traffic there is nothing to judge.
export function notJudgedYet(release: Summary): boolean {
  return release.verdict === 'noData' &&
    (release.status === 'Pending' || release.status === 'Starting');
}

function Next({release}: {release: Summary}) {
  const next = release.next;
  const text = useTimeText((now) => {
    const left = next ? (Date.parse(next.at) - now) / 1000 : NaN;
    return left > 0 ? `next in ${duration(left)}` : next ? 'next is due' : '';
  });
  return text ? <span class="dim small-text nowrap">{text}</span> : null;
}

function Progress({release}: {release: Summary}) {
  const done = release.end ? release.steps_total : Math.min(release.step, release.steps_total);
  if (release.steps_total === 0) return <span class="dim">–</span>;
  return (
    <span class="towards">
      <progress max={release.steps_total} value={release.status === 'Failed' ||
        release.status === 'Terminated' ? release.step : done}
        aria-label={`Steps of ${release.id}`} />
      <span>{Math.min(release.step + (release.end ? 0 : 1), release.steps_total)}/
        {release.steps_total}</span>
    </span>
  );
}

const kVerdictLook: Record<string, {icon: string; tone: string}> = {
  pass: {icon: '✔', tone: 'good'},
  fail: {icon: '▲', tone: 'bad'},
  inconclusive: {icon: '…', tone: 'unsure'},
  noData: {icon: '?', tone: 'unsure'},
};

interface Kept {
  favourites: Set<string>;
  toggle: (name: string) => void;
  who: Whoami | null;
  ask: (release: Summary, operation: Operation) => void;  // is confirmed first
}

function Actions({release, kept}: {release: Summary; kept: Kept}) {
  const may = mayOperate(kept.who);
  const items = (may ? operationsOf(release.allowed) : []).map((operation) => ({
    title: `${operationWords[operation].button} …`, kind: isBack(operation) ? 'danger-quiet' : '',
    act: () => kept.ask(release, operation),
  }));
  return (
    <Menu label={`Actions of ${release.id}`} items={[...items, {title: 'History and new version',
      act: () => go(to.history(release.rollout))}]}
      note={may ? undefined : `You may look but not act: ${kept.who?.actor ?? ''} is a ` +
        `${kept.who?.role ?? ''}.`} />
  );
}

// `kept`: what a row can be asked for; null: it is only looked at.
export function columnsOf(kept: Kept | null): Column<Summary>[] {
  return [
    {title: '', name: 'Favourite', kind: 'star-cell', cell: ({rollout}) => kept && (
      <button type="button" class="star" aria-pressed={kept.favourites.has(rollout)}
        onClick={() => kept.toggle(rollout)}
        aria-label={`Favourite ${rollout}`}>{kept.favourites.has(rollout) ? '★' : '☆'}</button>
    )},
    {title: 'Status', cell: (release) => <StatusMark status={release.status} />},
    {title: 'Release', head: true, cell: (release) => (
      <>
        <Link href={to.release(release.id)}>{release.rollout}</Link>
        <span class="dim small-text">{release.id}{release.environment &&
          ` · ${release.environment}`}</span>
      </>
    )},
    {title: 'Versions', kind: 'versions', cell: (release) =>
      `${release.stable_version || '?'} → ${release.version}`},
    {title: 'Step', cell: (release) => (
      <><Progress release={release} /><Next release={release} /></>
    )},
    {title: 'Canary', cell: (release) => release.status === 'Succeeded'
      ? <>all<span class="dim small-text">promoted</span></>
      : <>{percent(release.weight.set)}{!(release.end && release.weight.observed === null) &&
        <ReadBack weight={release.weight} />}</>},
    {title: 'Verdict', kind: 'why', cell: (release) => <Verdict release={release} />},
    {title: 'Age / end', kind: (release) => release.end ? 'age' : 'nowrap', cell: (release) =>
      release.end ? <Time at={release.end} full /> : <Ago at={release.start} />},
    {title: '', name: 'Actions', kind: 'menu-cell',
      cell: (release) => kept && <Actions release={release} kept={kept} />},
  ];
}

// What the router says it has: only another share than the set one is worth a number.
function ReadBack({weight}: {weight: Summary['weight']}) {
  if (weight.observed === null) return <span class="dim small-text nowrap">not read back</span>;
  if (!differs(weight)) {
    return <span class="dim small-text nowrap">read back</span>;
  }
  return (
    <span class="mark bad small-text">
      <span aria-hidden="true">⚠</span> read back {percent(weight.observed)}
    </span>
  );
}

// Of a release that goes on the metric that says most against it; of any other why it does not.
function whyOf(release: Summary): string {
  const {status, verdict, worst} = release;
  if (['Paused', 'RollingBack', 'Failed', 'Terminated'].includes(status)) {
    const why = release.sentence || reasonWords[release.reason];
    if (why) return why;
  }
  if (verdict === 'pass' || !worst) return '';
  return verdict === 'noData' && worst.verdict !== 'noData' ? `before that: ${worst.sentence}`
    : worst.sentence;
}

function Verdict({release}: {release: Summary}) {
  if (notJudgedYet(release)) return <Mark icon="…" tone="neutral">not judged yet</Mark>;
  // Of an old release only what it ended by is kept.
  const verdict = ['metric', 'guard'].includes(release.cause) ? 'fail' : release.verdict;
  const look = kVerdictLook[verdict] ?? {icon: '?', tone: 'neutral'};
  const why = whyOf(release);
  return (
    <>
      <Mark {...look}>{verdictWords[verdict] ?? verdict}</Mark>
      {why && <span class="dim small-text">{unbroken(why)}</span>}
    </>
  );
}

