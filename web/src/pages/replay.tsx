// A release once more, with a slider for the time: from this server, or from a file that
// `serin report -o json` wrote; or a recording, which the server replays with a policy of its own.
// `serin replay -o json` gives a verdict without its way there.
import {useMemo, useState} from 'preact/hooks';
import {workOut} from '../api/client';
import type {
  Metric, Page, Problem, Release, Rollout, Sample, Summary,
} from '../api/types';
import {MetricCharts} from '../release/charts';
import {towards, Towards} from '../release/metrics';
import {useSamples} from '../release/story';
import {clock, count, duration, effect, num, percent, share, short} from '../text/format';
import {problemOf, useLoad, useTitle, useZone} from '../ui/hooks';
import {CopyText, Empty, Mark, ProblemBox, Skeleton} from '../ui/parts';
import {setQuery, usePlace} from '../ui/router';

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
  if (release.problem) return <ProblemBox problem={release.problem} retry={release.reload} />;
  if (!release.data) return <Skeleton rows={5} label={id} />;
  if ([...samples.items.values()].every((rows) => rows.length === 0)) {
    return (
      <Empty title={`serin keeps no curve of ${id} any more.`}>
        <p>The journal has it: <CopyText value={`serin report ${id} -o json > ${id}.json`} /></p>
      </Empty>
    );
  }
  return <Scrub recorded={{name: id, release: release.data, samples: samples.items}} />;
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
  const rollouts = useLoad<Page<Rollout>>('rollouts?limit=200');
  const [rollout, setRollout] = useState('');
  const [canary, setCanary] = useState('');
  const [stable, setStable] = useState('');
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [outcome, setOutcome] = useState<Replayed | null>(null);
  if (file.size > kRecordingMax) {
    return (
      <div class="box bad" role="alert">
        <p>{file.name} has {count(file.size)} bytes; up to {count(kRecordingMax)} are replayed
          here. Larger ones on the command line:</p>
        <p><CopyText value={`serin replay -f policy.yaml ${file.name}`} /></p>
      </div>
    );
  }
  const chosen = rollout || (rollouts.data?.items[0]?.name ?? '');
  const run = async (): Promise<void> => {
    setWorking(true);
    setProblem(null);
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      setOutcome(await workOut<Replayed>('replays', {recording: base64(bytes), rollout: chosen,
        ...(canary ? {canary} : {}), ...(stable ? {stable} : {})}));
    } catch (error) {
      setProblem(problemOf(error));
    }
    setWorking(false);
  };
  return (
    <>
      <form class="filters" aria-label="Replay of a recording" onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}>
        <label>Policy of
          <select value={chosen} onChange={(event) => setRollout(event.currentTarget.value)}>
            {rollouts.data?.items.map((one) => (
              <option key={one.name} value={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
        <label>Version of the canary
          <input value={canary} placeholder="canary"
            onInput={(event) => setCanary(event.currentTarget.value)} />
        </label>
        <label>Version of stable
          <input value={stable} placeholder="stable"
            onInput={(event) => setStable(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary" disabled={working || !chosen}>
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

function Scrub({recorded}: {recorded: Recorded}) {
  const {release, samples} = recorded;
  const zone = useZone();
  const times = useMemo(() => [...samples.values()].flat().map(seconds), [samples]);
  const first = Math.min(...times, Date.parse(release.start) / 1000);
  const last = Math.max(...times);
  const [t, setT] = useState(last);
  const [name, setName] = useState('');
  const metrics = (release.report?.metrics ?? []).filter((m) => samples.has(m.name));
  const metric = metrics.find((m) => m.name === name) ??
    metrics.find((m) => m.verdict === 'fail') ?? metrics[0];
  if (!metric || !Number.isFinite(last)) {
    return <Empty title={`${recorded.name} holds no samples of metrics.`} />;
  }
  const until = (samples.get(metric.name) ?? []).filter((sample) => seconds(sample) <= t);
  const weight = at(samples.get(metric.name) ?? [], t)?.weight;
  return (
    <section class="card" aria-labelledby="scrub-title">
      <h2 id="scrub-title">{release.id}: {release.version} against {release.stable_version}</h2>
      <p class="headline">{release.status}: {release.sentence || 'no sentence was recorded'}</p>
      <label class="scrubber">
        Time: {clock(t, zone)}, {duration(t - first)} after the start; canary at {percent(weight)}
        <input type="range" min={first} max={last} step={1} value={t}
          onInput={(event) => setT(Number(event.currentTarget.value))} />
      </label>
      <div class="scroll" tabIndex={0} role="region" aria-label="Metrics at this time">
        <table>
          <thead>
            <tr><th scope="col">Metric</th><th scope="col">Stable</th><th scope="col">Canary</th>
              <th scope="col">Interval of the effect</th><th scope="col">n canary</th>
              <th scope="col">Towards “worse”</th></tr>
          </thead>
          <tbody>
            {metrics.map((m) => {
              const sample = at(samples.get(m.name) ?? [], t);
              const show = m.kind === 'errors' || m.kind === 'histogram' ? share : short;
              return (
                <tr key={m.name}>
                  <th scope="row">
                    <button type="button" class="small" aria-pressed={m === metric}
                      onClick={() => setName(m.name)}>{m.name}</button>
                  </th>
                  <td>{show(sample?.stable)}</td>
                  <td>{show(sample?.canary)}</td>
                  <td>[{short(sample?.lower)}, {short(sample?.upper)}] {m.effect?.scale}</td>
                  <td>{count(sample?.n)}</td>
                  <td><Towards value={towards(sample?.logE, m.level)} tone="bad"
                    label={`Evidence against ${m.name} at this time`} /></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
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
      <p>{outcome.sentence}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Metrics at the end">
        <table>
          <thead>
            <tr><th scope="col">Metric</th><th scope="col">Verdict</th>
              <th scope="col">Difference [95 %]</th><th scope="col">Sentence</th></tr>
          </thead>
          <tbody>
            {outcome.metrics.map((m) => (
              <tr key={m.name}>
                <th scope="row">{m.name}</th>
                <td>{m.verdict}</td>
                <td>{effect(m.effect).estimate} {effect(m.effect).interval}</td>
                <td class="why">{m.sentence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
