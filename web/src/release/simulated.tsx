// A plan tried out by the server, with the very test that will judge and a policy of its own.
import {useEffect, useState} from 'preact/hooks';
import {workOut} from '../api/client';
import {count, duration, percent} from '../text/format';
import {type Column, List} from '../ui/list';
import {useWork} from '../ui/loading';
import {CopyBlock, ProblemBox} from '../ui/parts';
import {ChooseRollout} from './choose';
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
  const columns: Column<PlanTried['steps'][number]>[] = [
    {title: 'Weight', head: true, cell: (one) => percent(one.weight)},
    {title: 'Step', cell: (one) => duration(one.seconds)},
    {title: 'Canary requests', cell: (one) => count(one.requests)},
    {title: 'Found in half of all cases', cell: (one) => long(one.detectSeconds)},
    {title: 'In nine of ten', cell: (one) => long(one.detectMostlySeconds)},
    {title: 'Found within the step', cell: (one) => percent(one.power * 100)},
    {title: harm, cell: (one) => count(Math.round(one.extraBad))},
  ];
  return (
    <>
      <List label="What each step shows" items={plan.steps} keyOf={(one) => one.weight}
        columns={columns} />
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
  const [rollout, setRollout] = useState('');
  const [step, setStep] = useState('5m');
  const {working, problem, result, run, clear} = useWork<{plan: PlanTried; harm: string}>();
  useEffect(clear, [figures]);  // it was of other figures
  const tryOut = () => run(async () => ({
    plan: await workOut<PlanTried>('plans', {...requestOf(figures), durations: [step],
      ...(rollout ? {rollout} : {})}),
    harm: harmOf(figures),
  }));
  return (
    <section class="card" aria-labelledby="simulated-title" aria-busy={working}>
      <h2 id="simulated-title">Tried out by serin</h2>
      <form class="filters" onSubmit={(event) => {
        event.preventDefault();
        tryOut();
      }}>
        <label>Time of each step
          <input value={step} onInput={(event) => setStep(event.currentTarget.value)} />
        </label>
        <ChooseRollout label="Rules of" value={rollout} set={setRollout} none="serin’s defaults" />
        <button type="submit" class="primary" disabled={working}>
          {working ? 'Trying …' : 'Try 200 releases'}
        </button>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {result && <Result plan={result.plan} harm={result.harm} />}
      {!result && !problem && !working && (
        <p class="dim">200 bad releases and 200 good ones are simulated; that takes seconds.</p>
      )}
    </section>
  );
}
