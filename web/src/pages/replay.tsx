// A release once more, with a slider for the time: from this server, or from a file that
// `serin report -o json` wrote; or a recording, which the server replays with a policy of its own.
// `serin replay -o json` gives a verdict without its way there.
import {useMemo, useState} from 'preact/hooks';
import {workOut} from '../api/client';
import type {Metric, Num, Page, Release, Sample, Summary} from '../api/types';
import {MetricCharts, unitOf} from '../charts/charts';
import {Matrix} from '../charts/matrix';
import {ChooseRollout} from '../release/choose';
import {stateOf, towards, Towards} from '../release/metrics';
import {useSamples} from '../release/story';
import {
  clock, count, duration, effect, interval, num, percent, share, short, unbroken,
} from '../text/format';
import {useTitle, useZone} from '../ui/hooks';
import {List} from '../ui/list';
import {useLoad, useWork} from '../ui/loading';
import {CopyText, Empty, Mark, ProblemBox, Skeleton, toneOf} from '../ui/parts';
import {setQuery, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

const kFileMax = 64 * 1024 * 1024;
const kRecordingMax = 3_000_000;  // in base64 it fits into what the server takes

interface Recorded {
  name: string;
  release: Release;
  samples: Map<string, Sample[]>;
}
interface Outcome {
  verdict: string;
  t_s: number;
  metric: string;
  sentence: string;
  metrics: Metric[];
}

type Read = {recorded: Recorded} | {outcome: Outcome; name: string} | {recording: File} |
  {wrong: string};

function readFile(name: string, content: string): Read {
  let json: unknown;
  try {
    // Of JSON lines, as replay writes them, the last is the outcome.
    json = JSON.parse(content.trim().startsWith('{"') && content.trim().includes('\n{')
      ? content.trim().split('\n').at(-1) ?? '' : content);
  } catch (error) {
    return {wrong: `${name} is no JSON: ${String(error)}`};
  }
  const object = json as Record<string, unknown>;
  if (object && typeof object.release === 'object' && typeof object.samples === 'object') {
    const samples = new Map(Object.entries(object.samples as Record<string, Sample[]>));
    return {recorded: {name, release: object.release as Release, samples}};
  }
  if (object && typeof object.verdict === 'string' && Array.isArray(object.metrics)) {
    return {outcome: object as unknown as Outcome, name};
  }
  return {wrong: `${name} is neither a report (serin report -o json) nor a replay ` +
    '(serin replay -o json).'};
}

export function ReplayPage() {
  useTitle('Replay');
  const id = usePlace().query.get('release') ?? '';
  const releases = useLoad<Page<Summary>>('releases?limit=100');
  const [read, setRead] = useState<Read | null>(null);
  const choose = (event: Event) => {
    const file = (event.currentTarget as HTMLInputElement).files?.[0];
    if (!file) return;
    if (file.size > kFileMax) {
      setRead({wrong: `${file.name} has ${count(file.size)} bytes, at most ${count(kFileMax)}`});
      return;
    }
    setQuery('release', '');
    if (!file.name.endsWith('.json')) {
      setRead({recording: file});
      return;
    }
    file.text().then((content) => setRead(content.includes('"resultType"') ? {recording: file}
      : readFile(file.name, content)),
      (error: unknown) => setRead({wrong: String(error)}));
  };
  return (
    <main id="content">
      <h1>Replay</h1>
      <p>Look at a release again, moment by moment, or see what a policy would have made of a
        recording.</p>
      <div class="filters">
        <label>Release
          <select value={id} onChange={(event) => {
            setRead(null);
            setQuery('release', event.currentTarget.value);
          }}>
            <option value="">choose …</option>
            {releases.data?.items.map((release) => (
              <option key={release.id} value={release.id}>{release.id} – {release.status}</option>
            ))}
          </select>
        </label>
        <label>or a file
          <input type="file" accept=".json,.srn,.om,.txt,.gz" onChange={choose} />
        </label>
      </div>
      {releases.problem && <ProblemBox problem={releases.problem} retry={releases.reload} />}
      {read && 'wrong' in read && (
        <div class="box bad" role="alert"><p>{read.wrong}</p></div>
      )}
      {read && 'outcome' in read && <OutcomeView outcome={read.outcome} name={read.name} />}
      {read && 'recording' in read && <OfRecording key={read.recording.name}
        file={read.recording} />}
      {read && 'recorded' in read && <Scrub recorded={read.recorded} />}
      {id && !read && <OfServer key={id} id={id} />}
      {!id && !read && (
        <Empty title="Nothing chosen yet.">
          <p>A file of a release’s journal, a recording (serin record, OpenMetrics with times,
            Prometheus’ answer to query_range), or what a replay came to:</p>
          <p><CopyText value="serin report checkout-42 -o json > checkout-42.json" /></p>
          <p><CopyText value="serin replay -f policy.yaml incident.om -o json > replay.json" /></p>
        </Empty>
      )}
    </main>
  );
}

function OfServer({id}: {id: string}) {
  const path = `releases/${encodeURIComponent(id)}`;
  const release = useLoad<Release>(path);
  const samples = useSamples(path, release.data);
  return (
    <Shown of={release} label={id} rows={5}
      missing={<Empty title={`There is no release ${id}.`} />}>
      {(doc) => [...samples.items.values()].some((rows) => rows.length > 0)
        ? <Scrub recorded={{name: id, release: doc, samples: samples.items}} />
        : !samples.read && (doc.report?.metrics ?? []).length > 0
          ? <Skeleton rows={5} label="its curves" /> : (
            <Empty title={`serin keeps no curve of ${id} any more.`}>
              <p>The journal may have it:{' '}
                <CopyText value={`serin report ${id} -o json > ${id}.json`} /></p>
            </Empty>
          )}
    </Shown>
  );
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

interface Replayed extends Outcome {
  rollout: string;
  start: string;
  looks: number;
  steps: {weight: number; from_s: number; to_s: number}[];
  samples: Record<string, Sample[]>;
}

// As if it had been a release, so that the same charts show it.
function released(name: string, outcome: Replayed, canary: string, stable: string): Recorded {
  const start = Date.parse(outcome.start);
  const time = (at: number) => new Date(start + at * 1000).toISOString();
  const status = outcome.verdict === 'promote' ? 'would be promoted'
    : outcome.verdict === 'rollback' ? 'would be rolled back' : 'would wait for a person';
  return {
    name,
    samples: new Map(Object.entries(outcome.samples)),
    release: {
      id: name, version: canary || 'canary', stable_version: stable || 'stable',
      status: status as Release['status'], sentence: outcome.sentence, start: outcome.start,
      end: time(outcome.t_s), report: {metrics: outcome.metrics},
      steps: outcome.steps.map((step) => ({kind: 'setWeight', weight: step.weight,
        start: time(step.from_s)})),
    } as unknown as Release,
  };
}

// A recording goes to the server, which replays it with a policy of its configuration.
function OfRecording({file}: {file: File}) {
  const [rollout, setRollout] = useState('');
  const [canary, setCanary] = useState('');
  const [stable, setStable] = useState('');
  const {working, problem, result: outcome, run} = useWork<Replayed>();
  if (file.size > kRecordingMax) {
    return (
      <div class="box bad" role="alert">
        <p>{file.name} has {count(file.size)} bytes; up to {count(kRecordingMax)} are replayed
          here. Larger ones on the command line:</p>
        <p><CopyText value={`serin replay -f policy.yaml ${file.name}`} /></p>
      </div>
    );
  }
  const replay = () => run(async () => workOut<Replayed>('replays', {
    recording: base64(new Uint8Array(await file.arrayBuffer())), rollout,
    ...(canary ? {canary} : {}), ...(stable ? {stable} : {})}));
  return (
    <>
      <form class="filters" aria-label="Replay of a recording" onSubmit={(event) => {
        event.preventDefault();
        replay();
      }}>
        <ChooseRollout label="Policy of" value={rollout} set={setRollout} none="choose …" />
        <label>Version of the canary
          <input value={canary} placeholder="canary"
            onInput={(event) => setCanary(event.currentTarget.value)} />
        </label>
        <label>Version of stable
          <input value={stable} placeholder="stable"
            onInput={(event) => setStable(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={working || !rollout}>
          {working ? 'Replaying …' : `Replay ${file.name}`}
        </button>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {outcome && (
        <>
          <OutcomeView outcome={outcome} name={`${outcome.rollout} over ${file.name}`} />
          <Scrub key={outcome.t_s} recorded={released(file.name, outcome, canary, stable)} />
        </>
      )}
    </>
  );
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

function Scrub({recorded}: {recorded: Recorded}) {
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

function OutcomeView({outcome, name}: {outcome: Outcome; name: string}) {
  const look = outcome.verdict === 'promote' ? {icon: '✔', tone: 'good'}
    : outcome.verdict === 'rollback' ? {icon: '↩', tone: 'bad'} : {icon: '?', tone: 'unsure'};
  const failed = outcome.metrics.find((m) => m.name === outcome.metric);
  const bad = num(failed?.canary?.events);
  return (
    <section class="card" aria-labelledby="outcome-title">
      <h2 id="outcome-title">{name}</h2>
      <p class="headline">
        <Mark {...look}>{outcome.verdict}</Mark>{' '}
        {outcome.verdict === 'rollback'
          ? `at t = ${duration(outcome.t_s)}${bad > 0 ? ` with ${count(bad)} bad requests` : ''}`
          : `after ${duration(outcome.t_s)}`}
      </p>
      <p>{unbroken(outcome.sentence)}</p>
      <List label="Metrics at the end" items={outcome.metrics} keyOf={(m) => m.name} columns={[
        {title: 'Metric', head: true, cell: (m) => m.name},
        {title: 'Verdict', cell: (m) => <Mark {...stateOf(m)}>{stateOf(m).word}</Mark>},
        {title: 'Difference in step [95 %]', cell: (m) => `${effect(m.effect).estimate} ` +
          effect(m.effect).interval},
        {title: 'Sentence', kind: 'why', cell: (m) => unbroken(m.sentence)},
      ]} />
    </section>
  );
}
