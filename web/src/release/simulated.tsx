// A plan tried out by the server, with the very test that will judge and a policy of its own.
import {useEffect, useState} from 'preact/hooks';
import {workOut} from '../api/client';
import type {Page, Problem, Rollout} from '../api/types';
import {count, duration, percent} from '../text/format';
import {problemOf, useLoad} from '../ui/hooks';
import {CopyBlock, ProblemBox} from '../ui/parts';
import {type Figures, harmOf, requestOf} from './figures';

interface PlanTried {
  steps: {weight: number; seconds: number; requests: number; detectSeconds: number | null;
    detectMostlySeconds: number | null; power: number; extraBad: number}[];
  found: number;
  detectSeconds: number | null;
  promoted: number | null;
  warnings: string[];
  suggestion: string;
}

const kMinute = 60;
const long = (value: number | null): string => value === null ? 'over a day' : duration(value);

// Steps as long as nine of ten bad releases need there.
export function stepsYaml(steps: {weight: number; seconds: number}[]): string {
  return 'steps:\n' + steps.map((step) => `- setWeight: ${step.weight}\n` +
    `- pause: {duration: ${Math.max(1, Math.ceil(step.seconds / kMinute))}m}\n`).join('');
}

function Result({plan, harm}: {plan: PlanTried; harm: string}) {
  const half = plan.detectSeconds === null ? ''
    : `, half of them within ${duration(plan.detectSeconds)}`;
  const useful = plan.steps.flatMap(({weight, detectMostlySeconds: seconds}) =>
    seconds === null ? [] : [{weight, seconds}]);
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="What each step shows">
        <table>
          <thead>
            <tr>
              <th scope="col">Weight</th>
              <th scope="col">Step</th>
              <th scope="col">Canary requests</th>
              <th scope="col">Found in half of all cases</th>
              <th scope="col">In nine of ten</th>
              <th scope="col">Found within the step</th>
              <th scope="col">{harm}</th>
            </tr>
          </thead>
          <tbody>
            {plan.steps.map((one) => (
              <tr key={one.weight}>
                <th scope="row">{percent(one.weight)}</th>
                <td>{duration(one.seconds)}</td>
                <td>{count(one.requests)}</td>
                <td>{long(one.detectSeconds)}</td>
                <td>{long(one.detectMostlySeconds)}</td>
                <td>{percent(one.power * 100)}</td>
                <td>{count(Math.round(one.extraBad))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="headline" role="status">Of 100 such releases the whole plan finds{' '}
        {Math.round(plan.found * 100)}{half}.{plan.promoted !== null &&
          ` Of 100 as good as stable ${Math.round(plan.promoted * 100)} are promoted at its end.`}
      </p>
      {plan.warnings.map((warning) => <p key={warning}>⚠ {warning}</p>)}
      {plan.suggestion && <p>{plan.suggestion}</p>}
      {useful.length > 0 && <CopyBlock label="Copy these steps" value={stepsYaml(useful)} />}
    </>
  );
}

export function Simulated({figures}: {figures: Figures}) {
  const rollouts = useLoad<Page<Rollout>>('rollouts?limit=200');
  const [rollout, setRollout] = useState('');
  const [step, setStep] = useState('5m');
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [tried, setTried] = useState<{plan: PlanTried; harm: string} | null>(null);
  useEffect(() => setTried(null), [figures]);  // it was of other figures
  const run = async (): Promise<void> => {
    setWorking(true);
    setProblem(null);
    try {
      const plan = await workOut<PlanTried>('plans', {...requestOf(figures), durations: [step],
        ...(rollout ? {rollout} : {})});
      setTried({plan, harm: harmOf(figures)});
    } catch (error) {
      setTried(null);
      setProblem(problemOf(error));
    }
    setWorking(false);
  };
  return (
    <section class="card" aria-labelledby="simulated-title" aria-busy={working}>
      <h2 id="simulated-title">Tried out by serin</h2>
      <form class="filters" onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}>
        <label>Time of each step
          <input value={step} onInput={(event) => setStep(event.currentTarget.value)} />
        </label>
        <label>Rules of
          <select value={rollout} onChange={(event) => setRollout(event.currentTarget.value)}>
            <option value="">serin’s defaults</option>
            {rollouts.data?.items.map((one) => (
              <option key={one.name} value={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={working}>
          {working ? 'Trying …' : 'Try 200 releases'}
        </button>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {tried && <Result plan={tried.plan} harm={tried.harm} />}
      {!tried && !problem && !working && (
        <p class="dim">200 bad releases and 200 good ones are simulated; that takes seconds.</p>
      )}
    </section>
  );
}
