// How long steps must be for an effect of a given size to be seen: an estimate as one types, and a
// simulation by the server.
import {useMemo, useState} from 'preact/hooks';
import {commandOf, type Figures, kFigures, type Kind, type Slower} from '../release/figures';
import {estimate, type PlanStep} from '../release/planning';
import {Simulated, stepsYaml} from '../release/simulated';
import {count, duration, percent} from '../text/format';
import {useTitle} from '../ui/hooks';
import {List} from '../ui/list';
import {CopyBlock, CopyText} from '../ui/parts';
import {setQuery, usePlace} from '../ui/router';

type Number_ = {[K in keyof Figures]: Figures[K] extends number ? K : never}[keyof Figures];

interface Field {
  name: Number_;
  label: string;
  min: number;
}
const kAll: Field = {name: 'rps', label: 'Requests a second, both versions', min: 0.01};
const kRisk: Field = {name: 'risk', label: 'Harmless releases rolled back, at most %', min: 0.01};
const kOf: Record<Kind, Field[]> = {
  errors: [
    {name: 'baseline', label: 'Errors of stable, %', min: 0.001},
    {name: 'effect', label: 'Smallest rise to be found, percentage points', min: 0.001},
    {name: 'dispersion', label: 'Dispersion (1 is pure chance)', min: 1},
  ],
  latency: [
    {name: 'p50', label: 'Half of stable’s requests take at most, ms', min: 0.001},
    {name: 'p99', label: '99 % take at most, ms', min: 0.001},
  ],
  mean: [
    {name: 'mean', label: 'Stable’s mean, in any unit', min: 0.000001},
    {name: 'sd', label: 'Standard deviation of single values', min: 0.000001},
    {name: 'rise', label: 'Smallest rise to be found, %', min: 0.01},
  ],
};
const kSlower: Record<Slower, Field[]> = {
  times: [{name: 'times', label: 'Smallest slow-down to be found, times', min: 1.001}],
  more: [
    {name: 'over', label: 'Slow is longer than, ms', min: 0.001},
    {name: 'points', label: 'Smallest rise of slow ones, percentage points', min: 0.001},
  ],
};
const kKinds: [Kind, string][] = [['errors', 'more errors'], ['latency', 'longer requests'],
  ['mean', 'a higher mean of some value']];

// The curve's frame, in units of the drawing.
const kPlot = {left: 44, right: 392, top: 8, bottom: 128};
const kQuarters = [0, 0.25, 0.5, 0.75, 1];

function Curve({step}: {step: PlanStep}) {
  const {left, right, top, bottom} = kPlot;
  const x = (part: number) => left + part * (right - left);
  const y = (power: number) => bottom - power * (bottom - top);
  const points = step.power.map((p, i) =>
    `${x(i / (step.power.length - 1))},${y(p.power)}`).join(' ');
  const last = step.power.at(-1)?.seconds ?? 0;
  return (
    <figure class="chart">
      <figcaption><strong>Chance to find it, at {percent(step.weight)}</strong>
        <span class="dim"> over {duration(last)}</span></figcaption>
      <svg viewBox="0 0 400 150" class="power" role="img"
        aria-label={`Found in half of all cases within ${duration(step.half)}, in nine of ten ` +
          `within ${duration(step.mostly)}`}>
        {kQuarters.map((part) => (
          <g key={part}>
            <line x1={left} y1={y(part)} x2={right} y2={y(part)} class="grid" />
            <text x={left - 5} y={y(part) + 3} text-anchor="end">{percent(part * 100)}</text>
            <text x={x(part)} y={bottom + 14} text-anchor={part === 1 ? 'end'
              : part === 0 ? 'start' : 'middle'}>{duration(part * last)}</text>
          </g>
        ))}
        <polyline points={points} class="power-line" />
      </svg>
    </figure>
  );
}

// Errors alone can be worked out here, as one types.
function Estimate({figures}: {figures: Figures}) {
  const steps = useMemo(() => estimate(figures), [figures]);
  const best = steps.reduce<PlanStep | null>((a, b) => a && a.mostly <= b.mostly ? a : b, null);
  return (
    <>
      <List label="Time of each step" items={steps} keyOf={(step) => step.weight} columns={[
        {title: 'Weight', head: true, cell: (step) => percent(step.weight)},
        {title: 'Canary requests/s', cell: (step) => count(step.canaryRps)},
        {title: 'Found in half of all cases', cell: (step) => duration(step.half)},
        {title: 'In nine of ten', cell: (step) => duration(step.mostly)},
        {title: 'Canary requests by then', cell: (step) => count(Math.ceil(step.requests))},
        {title: 'Bad requests more, by then', cell: (step) => count(Math.ceil(step.extraBad))},
      ]} />
      <p class="dim">An estimate: each row starts without evidence; in a release it is kept from
        step to step. The figures are those of an e-process that weighs one effect, times 1.7 for
        weighing many: what serin’s own took in simulation.</p>
      <div class="columns plan-columns">
        {best && <section class="card"><Curve step={best} /></section>}
        <section class="card" aria-labelledby="yaml-title">
          <h2 id="yaml-title">As steps</h2>
          <CopyBlock label="Copy the steps" value={stepsYaml(steps.map(({weight, mostly}) =>
            ({weight, seconds: mostly})))} />
        </section>
      </div>
    </>
  );
}

export function PlanPage() {
  useTitle('Plan');
  const asked = usePlace().query.get('of');
  const kind = kKinds.find(([name]) => name === asked)?.[0] ?? 'errors';
  const [kept, setKept] = useState<Figures>(kFigures);
  const figures = useMemo(() => ({...kept, kind}), [kept, kind]);
  const [weights, setWeights] = useState(kFigures.weights.join(', '));
  const change = (name: Number_, text: string) => {
    const value = Number(text);
    if (text !== '' && value > 0) setKept({...kept, [name]: value});
  };
  const changeWeights = (text: string) => {
    setWeights(text);
    const parsed = text.split(/[\s,]+/).filter((w) => w !== '').map(Number)
      .filter((w) => w > 0 && w < 100);
    if (parsed.length > 0) setKept({...kept, weights: parsed.slice(0, 20)});
  };
  const fields = [kAll, ...kOf[kind]];
  const input = (field: Field) => (
    <label key={field.name}>{field.label}
      <input type="number" min={field.min} step="any" value={figures[field.name]}
        onInput={(event) => change(field.name, event.currentTarget.value)} />
    </label>
  );
  return (
    <main id="content">
      <h1>Plan</h1>
      <p>How long each step needs for a worse release to be found.</p>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>Worse is
          <select value={kind} onChange={(event) => setQuery('of', event.currentTarget.value)}>
            {kKinds.map(([name, label]) => <option key={name} value={name}>{label}</option>)}
          </select>
        </label>
        {fields.map(input)}
        {kind === 'latency' && (
          <label>Slower means
            <select value={figures.slower} onChange={(event) =>
              setKept({...kept, slower: event.currentTarget.value as Slower})}>
              <option value="times">all take longer</option>
              <option value="more">more are slow</option>
            </select>
          </label>
        )}
        {kind === 'latency' && kSlower[figures.slower].map(input)}
        {input(kRisk)}
        <label>Weights, %
          <input value={weights} onInput={(event) => changeWeights(event.currentTarget.value)} />
        </label>
      </form>
      {kind === 'errors' && <Estimate figures={figures} />}
      <Simulated figures={figures} />
      <p class="dim">The same on the command line, or from a service’s past with <code>serin plan
        --from</code>:</p>
      <p><CopyText value={commandOf(figures)} /></p>
    </main>
  );
}
