// The page of one release: what is running, how much of the traffic, is it worse, how sure, what
// comes next. The rest of the page is the evidence for the first lines.
import {useCallback, useEffect, useMemo, useRef, useState} from 'preact/hooks';
import type {LiveEvent} from '../api/live';
import type {Operation, Release, Whoami} from '../api/types';
import {Charts} from '../release/charts';
import {OperationDialog} from '../release/dialog';
import {Details} from '../release/details';
import {MetricTable} from '../release/metrics';
import {Operations, mayOperate} from '../release/operations';
import {headline, spoken} from '../release/sentence';
import {Split} from '../release/split';
import {Stepper} from '../release/stepper';
import {Timeline} from '../release/timeline';
import {TrafficPolicy} from '../release/traffic';
import {useEvents, useSamples} from '../release/story';
import {unbroken} from '../text/format';
import {FeedBar, FeedDot, Finished} from '../ui/feed';
import {useFeed, useLoad, useTitle} from '../ui/hooks';
import {useKeys} from '../ui/keys';
import {Mark, ProblemBox, Skeleton, StatusMark, toneOf} from '../ui/parts';
import {Link, to} from '../ui/router';

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
  const path = `releases/${encodeURIComponent(id)}`;
  const loaded = useLoad<Release>(path);
  const release = loaded.data;
  useTitle(release ? `${release.id} – ${release.status}` : id);
  const who = useLoad<Whoami>('whoami').data;
  const [asked, setAsked] = useState<Operation | null>(null);
  const events = useEvents(path);
  const samples = useSamples(path, release);
  const live = useCallback((event: LiveEvent) => {
    if (event.type === 'reset') {
      loaded.reload();
      events.reload();
      samples.reload();
    } else if (event.type === 'release.updated') {
      loaded.set(() => event.data as Release);
    } else if (event.type === 'metrics') {
      const report = (event.data as {report: Release['report']}).report;
      loaded.set((old) => ({...old, report}));
    }
    if (event.type === 'step.changed' || event.type === 'decision') {
      events.soon();
    }
  }, [loaded.reload, loaded.set, events.reload, events.soon, samples.reload]);
  // Over, it does not change any more; yet somebody may retry or return it.
  const feed = useFeed(loaded.problem?.status === 404 ? '' : `events?releases=${id}`, live);
  const said = useSpoken(release);
  const open = (operation: Operation) => {
    if (release?.allowed.includes(operation) && mayOperate(who)) setAsked(operation);
  };
  useKeys({
    p: () => open(release?.allowed.includes('resume') ? 'resume' : 'pause'),
    c: () => open('continue'),
    A: () => open('abort'),
  });
  const shownSamples = useMemo(() => samples.items, [samples.items]);

  if (!release) {
    if (loaded.problem?.status === 404) return <Gone id={id} />;
    if (loaded.problem) {
      return <main id="content"><h1>{id}</h1>
        <ProblemBox problem={loaded.problem} retry={loaded.reload} /></main>;
    }
    return <main id="content"><h1>{id}</h1><Skeleton rows={8} label="the release" /></main>;
  }
  return (
    <main id="content" class={loaded.problem || feed.feed === 'stale' ? 'aged' : ''}>
      <FeedBar state={feed} />
      {loaded.problem && (
        <ProblemBox problem={loaded.problem} retry={loaded.reload} at={loaded.at} />
      )}
      <header class="release-head">
        <div class="release-name">
          <h1>{release.rollout} <span class="dim">{release.id}</span></h1>
          <StatusMark status={release.status} />
          {release.end
            ? <Finished at={release.end} />
            : <FeedDot state={feed} />}
        </div>
        <p class={`headline ${toneOf(release.status)}`} data-testid="sentence">
          {headline(release)}
        </p>
        <p>
          <strong>{release.stable_version || 'unknown'}</strong> <span class="dim">stable</span>
          {' → '}
          <strong>{release.version}</strong> <span class="dim">canary</span>
          {release.of && (
            <span class="dim"> · {release.type} of <Link href={to.release(release.of)}>
              {release.of}</Link></span>
          )}
        </p>
        <Operations release={release} who={who} open={setAsked} />
      </header>
      <div role="status" class="hidden">{said.polite}</div>
      <div role="alert" class="hidden">{said.loud}</div>
      <section aria-label="Plan"><Stepper release={release} /></section>
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
      <Charts release={release} samples={shownSamples} read={samples.read}
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
      {asked && release.allowed.includes(asked) && (
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

function Verdict({release}: {release: Release}) {
  const judgement = release.judgement;
  const before = release.status === 'Pending' || release.status === 'Starting';
  if (!judgement || before) return <p class="dim">Nothing is judged yet.</p>;
  const finding = judgement.findings[0];
  return (
    <ul class="plain">
      <li>{finding
        ? <Mark icon="▲" tone="bad">{unbroken(finding.sentence)}
          {finding.guard ? ' (guard)' : ''}</Mark>
        : <Mark icon="✔" tone="good">no metric says worse</Mark>}</li>
      {judgement.contested && !finding && (
        <li><Mark icon="…" tone="unsure">contested: {unbroken(judgement.contested_sentence)}
          </Mark></li>
      )}
      <li>{judgement.covered
        ? <Mark icon="✔" tone="good">the step’s data are complete enough</Mark>
        : <Mark icon="?" tone="unsure">less than 80 % of the expected scrapes were seen</Mark>}</li>
      {!finding && <li>{judgement.passed
        ? <Mark icon="✔" tone="good">every required metric has passed
          {isOver(release) ? '' : ': promotion may come'}</Mark>
        : <Mark icon="…" tone="unsure">promotion waits: {unbroken(judgement.undecided_sentence)}
          </Mark>}</li>}
      {judgement.pauses.map((pause) => (
        <li key={pause.metric}><Mark icon="‖" tone="unsure">{pause.sentence}</Mark></li>
      ))}
    </ul>
  );
}

function Gone({id}: {id: string}) {
  return (
    <main id="content">
      <h1>{id} is not here</h1>
      <div class="box empty">
        <p>There is no release of this name. It may have been deleted, or its time in the history
          is over.</p>
        <p><Link href={`/ui/audit?subject=${encodeURIComponent(id)}`}>What the audit log says of
          {' '}{id}</Link> · <Link href={to.releases}>All releases</Link></p>
      </div>
    </main>
  );
}
