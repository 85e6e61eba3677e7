// How long steps must be for an effect of a given size to be seen: an estimate as one types, and a
// simulation by the server.
import {useMemo, useState} from 'preact/hooks';
import {workOut} from '../api/client';
import type {Page, Problem, Rollout} from '../api/types';
import {estimate, type PlanInput, type PlanStep} from '../release/planning';
import {count, duration, percent} from '../text/format';
import {problemOf, useLoad, useTitle} from '../ui/hooks';
import {CopyText, ProblemBox} from '../ui/parts';

interface Field {
  name: keyof Omit<PlanInput, 'weights'>;
  label: string;
  min: number;
  step: string;
}
const kFields: Field[] = [
  {name: 'rps', label: 'Requests a second, both versions', min: 0.01, step: 'any'},
  {name: 'baseline', label: 'Errors of stable, %', min: 0.001, step: 'any'},
  {name: 'effect', label: 'Smallest rise to be found, percentage points', min: 0.001, step: 'any'},
  {name: 'risk', label: 'Harmless releases rolled back, at most %', min: 0.01, step: 'any'},
  {name: 'dispersion', label: 'Dispersion (1 is pure chance)', min: 1, step: 'any'},
];
const kDefaults: PlanInput =
  {rps: 200, baseline: 0.5, effect: 0.5, risk: 1, dispersion: 1, weights: [1, 5, 25, 50]};

function Curve({step}: {step: PlanStep}) {
  const points = step.power.map((p, i) => `${10 + i * 280 / (step.power.length - 1)},` +
    `${110 - p.power * 100}`).join(' ');
  const last = step.power.at(-1);
  return (
    <figure class="chart">
      <figcaption><strong>Chance to find it, at {percent(step.weight)}</strong>
        <span class="dim"> over {duration(last?.seconds)}</span></figcaption>
      <svg viewBox="0 0 300 130" class="power" role="img"
        aria-label={`Found in half of all cases within ${duration(step.half)}, in nine of ten ` +
          `within ${duration(step.mostly)}`}>
        <line x1="10" y1="10" x2="290" y2="10" class="grid" />
        <line x1="10" y1="60" x2="290" y2="60" class="grid" />
        <line x1="10" y1="110" x2="290" y2="110" class="grid" />
        <polyline points={points} class="power-line" />
        <text x="10" y="126">0</text>
        <text x="290" y="126" text-anchor="end">{duration(last?.seconds)}</text>
        <text x="12" y="22">100 %</text>
      </svg>
    </figure>
  );
}

function yaml(steps: PlanStep[]): string {
  return 'steps:\n' + steps.map((step) => `- setWeight: ${step.weight}\n` +
    `- pause: {duration: ${Math.max(1, Math.ceil(step.mostly / 60))}m}\n`).join('');
}

interface Plan {
  steps: {weight: number; seconds: number; requests: number; detectSeconds: number | null;
    detectMostlySeconds: number | null; power: number; extraBad: number}[];
  found: number;
  detectSeconds: number | null;
  warnings: string[];
  suggestion: string;
}

const long = (value: number | null): string => value === null ? 'over a day' : duration(value);

// The server tries the plan out with the very test that will judge, and a policy of its own.
function Simulated({input}: {input: PlanInput}) {
  const rollouts = useLoad<Page<Rollout>>('rollouts?limit=200');
  const [rollout, setRollout] = useState('');
  const [step, setStep] = useState('5m');
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [plan, setPlan] = useState<Plan | null>(null);
  const run = async (): Promise<void> => {
    setWorking(true);
    setProblem(null);
    try {
      setPlan(await workOut<Plan>('plans', {rps: input.rps, baseline: `${input.baseline}%`,
        effect: `+${input.effect}pp`, risk: input.risk / 100, weights: input.weights.slice(0, 12),
        durations: [step], ...(rollout ? {rollout} : {})}));
    } catch (error) {
      setPlan(null);
      setProblem(problemOf(error));
    }
    setWorking(false);
  };
  return (
    <section class="card" aria-labelledby="simulated-title">
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
      {plan && (
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
                  <th scope="col">Bad requests more</th>
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
            {Math.round(plan.found * 100)}, half of them within {long(plan.detectSeconds)}.</p>
          {plan.warnings.map((warning) => <p key={warning}>⚠ {warning}</p>)}
          {plan.suggestion && <p>{plan.suggestion}</p>}
        </>
      )}
    </section>
  );
}

export function PlanPage() {
  useTitle('Plan');
  const [input, setInput] = useState(kDefaults);
  const [weights, setWeights] = useState(kDefaults.weights.join(', '));
  const steps = useMemo(() => estimate(input), [input]);
  const change = (name: Field['name'], text: string) => {
    const value = Number(text);
    if (text !== '' && value > 0) setInput({...input, [name]: value});
  };
  const changeWeights = (text: string) => {
    setWeights(text);
    const parsed = text.split(/[\s,]+/).filter((w) => w !== '').map(Number)
      .filter((w) => w > 0 && w < 100);
    if (parsed.length > 0) setInput({...input, weights: parsed.slice(0, 20)});
  };
  const command = `serin plan --rps ${input.rps} --baseline ${input.baseline}% ` +
    `--effect +${input.effect}pp --weights ${input.weights.join(',')}`;
  const best = steps.reduce<PlanStep | null>((a, b) => a && a.mostly <= b.mostly ? a : b, null);
  return (
    <main id="content">
      <h1>Plan</h1>
      <p>How long each step needs for a rise of errors of this size to be found.</p>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        {kFields.map((field) => (
          <label key={field.name}>{field.label}
            <input type="number" min={field.min} step={field.step} value={input[field.name]}
              onInput={(event) => change(field.name, event.currentTarget.value)} />
          </label>
        ))}
        <label>Weights, %
          <input value={weights} onInput={(event) => changeWeights(event.currentTarget.value)} />
        </label>
      </form>
      <div class="scroll" tabIndex={0} role="region" aria-label="Time of each step">
        <table>
          <thead>
            <tr>
              <th scope="col">Weight</th>
              <th scope="col">Canary requests/s</th>
              <th scope="col">Found in half of all cases</th>
              <th scope="col">In nine of ten</th>
              <th scope="col">Canary requests by then</th>
              <th scope="col">Bad requests more, by then</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr key={step.weight}>
                <th scope="row">{percent(step.weight)}</th>
                <td>{count(step.canaryRps)}</td>
                <td>{duration(step.half)}</td>
                <td>{duration(step.mostly)}</td>
                <td>{count(Math.ceil(step.requests))}</td>
                <td>{count(Math.ceil(step.extraBad))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="columns plan-columns">
      {best && <section class="card"><Curve step={best} /></section>}
      <section class="card" aria-labelledby="yaml-title">
        <h2 id="yaml-title">As steps</h2>
        <CopyText value={yaml(steps)} label="Copy the steps" />
      </section>
      </div>
      <Simulated input={input} />
      <p class="dim">Each row starts without evidence; in a release it is kept from step to step.
        The figures are those of an e-process that weighs one effect, times 1.7 for weighing
        many: what serin’s own took in simulation. The same on the command line:</p>
      <p><CopyText value={command} /></p>
    </main>
  );
}
