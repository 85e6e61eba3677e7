// Routers and metrics servers of the releases under way: whether they answer, whether the router
// has what is wanted, and a look at any of them now.
import {useEffect} from 'preact/hooks';
import {post} from '../api/client';
import type {Target, TargetTest, Whoami} from '../api/types';
import {adviceOf} from '../release/advice';
import {differs} from '../release/share';
import {count, duration, percent, unbroken} from '../text/format';
import {useTitle} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import {useLoad, useWork} from '../ui/loading';
import {CopyText, Empty, Mark, ProblemBox, Time} from '../ui/parts';
import {Link, to} from '../ui/router';
import {Shown} from '../ui/shown';

const kEveryMs = 10_000;

function mayTest(who: Whoami | null): boolean {
  return who === null || who.role === 'admin';
}

// serin's own metric: nobody but the router is asked for it.
function isOfRouter(target: Target): boolean {
  return target.kind === 'metrics' && target.name === 'edge-errors';
}

function State({target}: {target: Target}) {
  if (target.healthy === null) return <Mark icon="?" tone="neutral">not looked yet</Mark>;
  return target.healthy ? <Mark icon="✔" tone="good">answers</Mark>
    : <Mark icon="✖" tone="bad">fails</Mark>;
}

function Known({target}: {target: Target}) {
  const said = target.last_error ?? '';
  const plain = target.detail && target.detail !== said &&
    !(target.healthy && target.kind === 'metrics');
  return (
    <>
      {plain && <span>{unbroken(target.detail)}</span>}
      {said && <span>{plain ? ': ' : ''}{unbroken(said)}</span>}
      {!plain && !said && '–'}
      {target.healthy === false && (
        <span class="dim small-text">{adviceOf(target.kind, `${said} ${target.detail}`)}</span>
      )}
    </>
  );
}

// Of a router: what it should have, and what it was last seen to have.
function Share({target}: {target: Target}) {
  const {desired, observed, confirmed} = target;
  if (desired === null) return <span class="dim">–</span>;
  const off = differs({set: desired, observed});
  return (
    <>
      {percent(desired)} set
      {observed === null ? <span class="dim small-text">not read back</span>
        : off ? <span class="small-text"><Mark icon="⚠" tone="bad">read back{' '}
          {percent(observed)}</Mark></span>
          : <span class="dim small-text">read back{confirmed === false && ', not confirmed'}
            </span>}
    </>
  );
}

function Seen({target}: {target: Target}) {
  if (target.age_s === null) return <Time at={target.observed_at} full />;
  return (
    <>
      {duration(target.age_s)} ago
      <span class="dim small-text"><Time at={target.observed_at} /></span>
    </>
  );
}

function Answer({target, test}: {target: Target; test: TargetTest}) {
  const series = Object.entries(test.series);
  return (
    <div class="answer" role="status">
      <Mark {...(test.healthy ? {icon: '✔', tone: 'good'} : {icon: '✖', tone: 'bad'})}>
        {test.healthy ? 'answered' : 'failed'} after {count(test.took_ms)} ms</Mark>
      <span class="small-text">{test.detail}</span>
      {series.length > 0 && (
        <span class="small-text">{series.map(([version, n]) =>
          `${version}: ${count(n)} series`).join(', ')}</span>
      )}
      {!test.healthy && <span class="small-text">{adviceOf(target.kind, test.detail)}</span>}
      {test.asked.length > 0 && (
        <details class="small-text">
          <summary>What was asked</summary>
          {test.asked.map((query) => <p key={query}><code>{query}</code></p>)}
        </details>
      )}
    </div>
  );
}

function TestNow({target, who}: {target: Target; who: Whoami | null}) {
  const work = useWork<TargetTest>();
  const ask = () => work.run(() =>
    post<TargetTest>(`targets/${encodeURIComponent(target.id)}/test`, {}));
  return (
    <>
      <button type="button" class="small" disabled={work.working || !mayTest(who)} onClick={ask}>
        {work.working ? 'Asking …' : 'Test now'}
        <span class="hidden"> {target.kind} {target.name} of {target.release}</span></button>
      {work.problem && <ProblemBox problem={work.problem} />}
      {work.result && <Answer target={target} test={work.result} />}
    </>
  );
}

// What fails comes first, then in the order of the releases.
function ordered(items: Target[]): Target[] {
  const rank = (target: Target) => target.healthy === false ? 0 : 1;
  return items.map((target, i) => ({target, i}))
    .sort((a, b) => rank(a.target) - rank(b.target) || a.i - b.i).map(({target}) => target);
}

function Sum({items}: {items: Target[]}) {
  const failing = items.filter((target) => target.healthy === false).length;
  const off = items.filter((target) => target.confirmed === false && target.healthy).length;
  return (
    <p class={`headline ${failing > 0 ? 'bad' : off > 0 ? 'unsure' : 'good'}`}>
      {failing > 0 ? `${failing} of ${items.length} targets ${failing === 1 ? 'does' : 'do'} ` +
        'not answer.' : `All ${items.length} targets answer or have not been looked at yet.`}
      {off > 0 && ` ${off === 1 ? 'One router has' : `${off} routers have`} not confirmed what ` +
        'is wanted.'}
    </p>
  );
}

export function TargetsPage() {
  useTitle('Targets');
  const targets = useLoad<{items: Target[]}>('targets');
  const who = useLoad<Whoami>('whoami').data;
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (!document.hidden) targets.reload();
    }, kEveryMs);
    return () => clearInterval(timer);
  }, [targets.reload]);
  const columns: Column<Target>[] = [
    {title: 'State', cell: (target) => <State target={target} />},
    {title: 'Target', head: true, cell: (target) => (
      <>{target.name}<span class="dim small-text">{target.kind === 'router' ? 'router'
        : isOfRouter(target) ? 'metric, of the router’s counters' : 'metric, of its server'}
      </span></>
    )},
    {title: 'Release', kind: 'nowrap', cell: (target) => (
      <Link href={to.release(target.release)}>{target.release}</Link>
    )},
    {title: 'What is known', kind: 'why', cell: (target) => <Known target={target} />},
    {title: 'Canary’s share', kind: ({desired}) => desired === null ? 'minor' : 'nowrap',
      cell: (target) => <Share target={target} />},
    {title: 'Read', kind: ({age_s: age}) => age === null ? 'minor' : 'nowrap',
      cell: (target) => <Seen target={target} />},
    {title: 'Test', kind: 'why', cell: (target) => isOfRouter(target)
      ? <span class="dim">with its router</span> : <TestNow target={target} who={who} />},
  ];
  return (
    <main id="content">
      <div class="page-head">
        <h1>Targets</h1>
        <button type="button" onClick={targets.reload} disabled={targets.loading}>Refresh</button>
        <span class="feed">read again every {kEveryMs / 1000} s</span>
      </div>
      <p>What the releases under way need: the router that splits, and the servers that their
        metrics come from.</p>
      <Shown of={targets} label="targets" empty={
        <Empty title="No release is under way, so nothing is asked.">
          <p>To see whether a rollout’s metrics server and router answer before a release:</p>
          <p><CopyText value="serin lint rollout.yaml --online" /></p>
        </Empty>}>
        {({items}) => (
          <>
            <Sum items={items} />
            {!mayTest(who) && <p class="dim">Testing needs the role admin; <code>{who?.actor}</code>
              {' '}is {who?.role === 'operator' ? 'an' : 'a'} {who?.role}.</p>}
            <List label="Targets" columns={columns} items={ordered(items)}
              keyOf={(target) => target.id} />
          </>
        )}
      </Shown>
    </main>
  );
}
