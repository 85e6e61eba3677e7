// The page of one release: what is running, how much of the traffic, is it worse, how sure, what
// comes next. The rest of the page is the evidence for the first lines.
import {useEffect, useRef, useState} from 'preact/hooks';
import type {FeedState} from '../api/live';
import type {Operation, Release, Whoami} from '../api/types';
import {Charts} from '../charts/charts';
import {OperationDialog} from '../release/dialog';
import {Details} from '../release/details';
import {useLiveRelease} from '../release/live';
import {MetricTable} from '../release/metrics';
import {Operations, mayOperate} from '../release/operations';
import {Glance, gravity} from '../release/glance';
import {findingsOf, forecastOf, headline, spoken} from '../release/sentence';
import {Split} from '../release/split';
import {Stepper} from '../release/stepper';
import {Timeline} from '../release/timeline';
import {TrafficPolicy} from '../release/traffic';
import {type Events, type Samples, useEvents} from '../release/story';
import {unbroken} from '../text/format';
import {FeedBar, FeedDot, Finished} from '../ui/feed';
import {useTitle} from '../ui/hooks';
import {useKeys} from '../ui/keys';
import {useLoad} from '../ui/loading';
import {Empty, Mark, ProblemBox, StatusMark, toneOf} from '../ui/parts';
import {Link, to} from '../ui/router';
import {Shown} from '../ui/shown';

const kSpokenEveryMs = 5000;

// Said at most once in five seconds; at once and loudly only where a release goes back.
function useSpoken(release: Release | null): {polite: string; loud: string} {
  const [said, setSaid] = useState({polite: '', loud: ''});
  const last = useRef({key: '', at: 0});
  const key = release ? `${release.id} ${release.status} ${release.step}` : '';
  useEffect(() => {
    if (!release || key === last.current.key) return undefined;
    const first = last.current.key === '';
    const bad = toneOf(release.status) === 'bad';
    const wait = first || bad ? 0
      : Math.max(0, kSpokenEveryMs - (Date.now() - last.current.at));
    const timer = window.setTimeout(() => {
      last.current = {key, at: Date.now()};
      if (first) return;
      setSaid(bad ? {polite: '', loud: spoken(release)} : {polite: spoken(release), loud: ''});
    }, wait);
    return () => clearTimeout(timer);
  }, [key]);
  return said;
}

export function isOver(release: Release): boolean {
  return release.end !== null;
}

export function ReleasePage({id}: {id: string}) {
  const events = useEvents(`releases/${encodeURIComponent(id)}`);
  const {loaded, samples, feed} = useLiveRelease(id, ({type}) => {
    if (type === 'reset') events.reload();
    if (type === 'step.changed' || type === 'decision') events.soon();
  });
  const release = loaded.data;
  useTitle(release ? `${release.id} – ${release.status}` : id);
  const who = useLoad<Whoami>('whoami').data;
  const [asked, setAsked] = useState<Operation | null>(null);
  const said = useSpoken(release);
  const open = (operation: Operation) => {
    if (release?.allowed.includes(operation) && mayOperate(who)) setAsked(operation);
  };
  useKeys({
    p: () => open(release?.allowed.includes('resume') ? 'resume' : 'pause'),
    c: () => open('continue'),
    A: () => open('abort'),
  });
  return (
    <main id="content" class={feed.feed === 'stale' ? 'aged' : ''}>
      <FeedBar state={feed} />
      {!release && loaded.problem?.status !== 404 && <h1>{id}</h1>}
      <div role="status" class="hidden">{said.polite}</div>
      <div role="alert" class="hidden">{said.loud}</div>
      <Shown of={loaded} label="the release" rows={8} missing={<Gone id={id} />}>
        {(shown) => (
          <>
            <Head release={shown} feed={feed} who={who} open={setAsked} />
            <Evidence release={shown} samples={samples} events={events} />
          </>
        )}
      </Shown>
      {asked && release?.allowed.includes(asked) && (
        <OperationDialog operation={asked} release={release} onClose={() => setAsked(null)}
          onDone={(answer) => {
            setAsked(null);
            loaded.set(() => answer.release);
            events.soon();
          }} />
      )}
    </main>
  );
}

// What is running, is it worse, how sure, what comes next: seen without scrolling.
function Head({release, feed, who, open}: {
  release: Release; feed: FeedState; who: Whoami | null; open: (operation: Operation) => void;
}) {
  return (
    <>
      <header class="release-head">
        <div class="release-name">
          <h1>{release.rollout} <span class="dim">{release.id}</span></h1>
          <StatusMark status={release.status} />
          {release.end ? <Finished at={release.end} /> : <FeedDot state={feed} />}
          {release.of && (
            <span class="dim">{release.type} of <Link href={to.release(release.of)}>
              {release.of}</Link></span>
          )}
          {release.followed_by && release.followed_by.length > 0 && (
            <span class="dim">followed by {release.followed_by.map((each, i) => (
              <span key={each}>{i > 0 && ', '}<Link href={to.release(each)}>{each}</Link></span>
            ))}</span>
          )}
        </div>
        <p class={`headline ${gravity(release)}`} data-testid="sentence">{headline(release)}</p>
        <Glance release={release} />
        <Operations release={release} who={who} open={open} />
      </header>
      <section aria-label="Plan"><Stepper release={release} /></section>
    </>
  );
}

function Evidence({release, samples, events}: {
  release: Release; samples: Samples; events: Events;
}) {
  return (
    <>
      <div class="columns">
        <Split release={release} />
        <section class="card" aria-labelledby="verdict-title">
          <h2 id="verdict-title">{isOver(release) ? 'Verdict' : 'Verdict now'}</h2>
          <Verdict release={release} />
        </section>
      </div>
      <section class="card" aria-labelledby="metrics-title">
        <h2 id="metrics-title">Metrics</h2>
        <MetricTable release={release} />
      </section>
      <Charts release={release} samples={samples.items} read={samples.read}
        problem={samples.problem} />
      <div class="columns">
        <div>
          <section class="card" aria-labelledby="events-title">
            <h2 id="events-title">What happened</h2>
            {events.problem && !events.items.length
              ? <ProblemBox problem={events.problem} retry={events.reload} />
              : <Timeline release={release} events={events.items} told={events.told} />}
          </section>
          <TrafficPolicy release={release} />
        </div>
        <Details release={release} />
      </div>
    </>
  );
}

function Verdict({release}: {release: Release}) {
  const judgement = release.judgement;
  const before = release.status === 'Pending' || release.status === 'Starting';
  if (!judgement || before) return <p class="dim">Nothing is judged yet.</p>;
  const findings = findingsOf(release);
  const finding = findings[0];
  const blind = release.verdict === 'noData' && !finding;
  const forecast = forecastOf(release);
  return (
    <ul class="plain">
      {findings.map(({metric, sentence, guard}) => (
        <li key={metric}><Mark icon="▲" tone="bad">{unbroken(sentence)}
          {guard ? ' (guard)' : ''}</Mark></li>
      ))}
      {!finding && <li>{blind
        ? <Mark icon="?" tone="unsure">{judgement.sources_down ? 'metrics do not answer'
          : 'no data'}: nothing says worse, and nothing fine</Mark>
        : <Mark icon="✔" tone="good">no metric says worse</Mark>}</li>}
      {judgement.contested && !finding && (
        <li><Mark icon="…" tone="unsure">too much speaks against it to go on:{' '}
          {unbroken(judgement.contested_sentence)}</Mark></li>
      )}
      {!judgement.sources_down && <li>{judgement.covered
        ? <Mark icon="✔" tone="good">the step’s data are complete enough</Mark>
        : <Mark icon="?" tone="unsure">less than 80 % of the expected scrapes were seen</Mark>}
      </li>}
      {!finding && <li>{judgement.passed
        ? <Mark icon="✔" tone="good">every required metric has passed
          {isOver(release) ? '' : ': promotion may come'}</Mark>
        : <Mark icon="…" tone="unsure">{isOver(release) ? 'too little to promote it: '
          : 'promotion waits: '}{unbroken(judgement.undecided_sentence)}</Mark>}</li>}
      {judgement.pauses.map((pause) => (
        <li key={pause.metric}><Mark icon="‖" tone="unsure">{unbroken(pause.sentence)}</Mark></li>
      ))}
      {forecast && !blind && <li class="dim">{unbroken(forecast)}</li>}
    </ul>
  );
}

function Gone({id}: {id: string}) {
  return (
    <>
      <h1>{id} is not here</h1>
      <Empty title="There is no release of this name.">
        <p>It may have been deleted, or its time in the history is over.</p>
        <p><Link href={`/ui/audit?subject=${encodeURIComponent(id)}`}>What the audit log says of
          {' '}{id}</Link> · <Link href={to.releases}>All releases</Link></p>
      </Empty>
    </>
  );
}
