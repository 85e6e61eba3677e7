// Recordings go to the server, which replays them with policies of its configuration: one over one,
// or each over each, as a table.
import {useState} from 'preact/hooks';
import {workOut} from '../api/client';
import type {Page, Problem, Release, Rollout, Sample} from '../api/types';
import {ChooseRollout} from '../release/choose';
import {count} from '../text/format';
import {List} from '../ui/list';
import {problemOf, useLoad, useWork} from '../ui/loading';
import {CopyText, Mark, ProblemBox} from '../ui/parts';
import {lookOf, type Outcome, OutcomeView, whenOf} from './outcome';
import {type Recorded, Scrub} from './scrub';

const kRecordingMax = 3_000_000;  // in base64 it fits into what the server takes
const kRunsMax = 40;  // policies times recordings, one after the other
const kAll = '*';  // no rollout is called so

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

interface Run {
  rollout: string;
  file: string;
  outcome: Replayed | null;
  problem: Problem | null;
}

// A policy a row, a recording a column.
function Runs({runs, shown, show}: {runs: Run[]; shown: Run | null; show: (run: Run) => void}) {
  const files = [...new Set(runs.map(({file}) => file))];
  const rollouts = [...new Set(runs.map(({rollout}) => rollout))];
  const cell = (run: Run | undefined) => {
    if (!run) return '–';
    if (!run.outcome) {
      return (
        <><Mark icon="✖" tone="neutral">not replayed</Mark>
          <span class="dim small-text">{run.problem?.detail || run.problem?.title}</span></>
      );
    }
    return (
      <>
        <button type="button" class="small" aria-pressed={run === shown}
          aria-label={`${run.rollout} over ${run.file}: ${run.outcome.verdict}`}
          onClick={() => show(run)}>
          <Mark {...lookOf(run.outcome)}>{run.outcome.verdict}</Mark></button>
        <span class="dim small-text">{whenOf(run.outcome)}</span>
      </>
    );
  };
  return (
    <List label="Policies over recordings" items={rollouts} keyOf={(rollout) => rollout} columns={[
      {title: 'Policy of', head: true, cell: (rollout) => rollout},
      ...files.map((file) => ({title: file, kind: 'why', cell: (rollout: string) =>
        cell(runs.find((run) => run.rollout === rollout && run.file === file))})),
    ]} />
  );
}

export function OfRecordings({files}: {files: File[]}) {
  const rollouts = useLoad<Page<Rollout>>('rollouts?limit=200').data?.items ?? [];
  const [rollout, setRollout] = useState('');
  const [canary, setCanary] = useState('');
  const [stable, setStable] = useState('');
  const [done, setDone] = useState(0);
  const [chosen, setChosen] = useState<Run | null>(null);
  const {working, problem, result: runs, run} = useWork<Run[]>();
  const large = files.find((file) => file.size > kRecordingMax);
  if (large) {
    return (
      <div class="box bad" role="alert">
        <p>{large.name} has {count(large.size)} bytes; up to {count(kRecordingMax)} are replayed
          here. Larger ones on the command line:</p>
        <p><CopyText value={`serin replay -f policy.yaml ${large.name}`} /></p>
      </div>
    );
  }
  const names = rollout === kAll ? rollouts.map(({name}) => name) : rollout ? [rollout] : [];
  const wanted = names.length * files.length;
  const one = async (name: string, file: File): Promise<Replayed> => workOut<Replayed>('replays', {
    recording: base64(new Uint8Array(await file.arrayBuffer())), rollout: name,
    ...(canary ? {canary} : {}), ...(stable ? {stable} : {})});
  const replay = () => run(async () => {
    const all: Run[] = [];
    setChosen(null);
    for (const file of files) {
      for (const name of names) {
        setDone(all.length);
        const entry: Run = {rollout: name, file: file.name, outcome: null, problem: null};
        try {
          entry.outcome = await one(name, file);
        } catch (error) {
          if (wanted === 1) throw error;
          entry.problem = problemOf(error);
        }
        all.push(entry);
      }
    }
    return all;
  });
  const what = files.length === 1 ? files[0]?.name ?? '' : `${files.length} recordings`;
  const shown = chosen ?? (runs?.length === 1 ? runs[0] ?? null : null);
  return (
    <>
      <form class="filters" aria-label="Replay of a recording" onSubmit={(event) => {
        event.preventDefault();
        replay();
      }}>
        <ChooseRollout label="Policy of" value={rollout} set={setRollout} none="choose …"
          more={rollouts.length > 1 ? [kAll, 'each of them'] : undefined} />
        <label>Version of the canary
          <input value={canary} placeholder="canary"
            onInput={(event) => setCanary(event.currentTarget.value)} />
        </label>
        <label>Version of stable
          <input value={stable} placeholder="stable"
            onInput={(event) => setStable(event.currentTarget.value)} />
        </label>
        <button type="submit" class="primary"
          disabled={working || wanted === 0 || wanted > kRunsMax}>
          {!working ? `Replay ${what}` : wanted > 1 ? `Replaying ${done + 1} of ${wanted} …`
            : 'Replaying …'}
        </button>
      </form>
      {wanted > kRunsMax && (
        <p class="dim">{wanted} replays, {kRunsMax} at most: choose fewer recordings, or one
          policy.</p>
      )}
      {problem && <ProblemBox problem={problem} />}
      {runs && runs.length > 1 && <Runs runs={runs} shown={shown} show={setChosen} />}
      {shown?.outcome && (
        <>
          <OutcomeView outcome={shown.outcome} name={`${shown.rollout} over ${shown.file}`} />
          <Scrub key={`${shown.rollout}/${shown.file}/${shown.outcome.t_s}`}
            recorded={released(shown.file, shown.outcome, canary, stable)} />
        </>
      )}
    </>
  );
}
