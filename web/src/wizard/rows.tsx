// Rows that are written one below the other: rules on content, and steps.
import type {ComponentChildren} from 'preact';
import {kBrowsers, kSystems, type PlanStep, type Rule, wrongOf} from './answers';

const kRowsMax = 20;

function Rows<T>({items, empty, set, row, what, wrong}: {
  items: T[]; empty: T; set: (items: T[]) => void; what: string; wrong?: (item: T) => string;
  row: (item: T, change: (part: Partial<T>) => void, n: number) => ComponentChildren;
}) {
  return (
    <>
      <ol class="rows">
        {items.map((item, i) => (
          <li key={i}>
            <div class="row" role="group" aria-label={`${what} ${i + 1}`}>
              {row(item, (part) => set(items.map((old, k) => k === i ? {...old, ...part} : old)),
                i + 1)}
              <button type="button" class="small" aria-label={`Remove ${what} ${i + 1}`}
                onClick={() => set(items.filter((_, k) => k !== i))}>Remove</button>
            </div>
            {wrong?.(item) && (
              <p id={`${what}-${i + 1}-wrong`} class="mark bad small-text">
                <span aria-hidden="true">✖</span> {wrong(item)}</p>
            )}
          </li>
        ))}
      </ol>
      <p class="buttons left">
        <button type="button" class="small" disabled={items.length >= kRowsMax}
          onClick={() => set([...items, empty])}>Add a {what}</button>
      </p>
    </>
  );
}

const kOn: [Rule['on'], string][] = [['header', 'header'], ['cookie', 'cookie'],
  ['query', 'query'], ['os', 'operating system'], ['browser', 'browser']];

function Pair({rule, change}: {rule: Rule; change: (part: Partial<Rule>) => void}) {
  const whole = rule.on === 'cookie' ? 'The whole Cookie header (RE2)' : 'The whole value (RE2)';
  return (
    <>
      {!(rule.on === 'cookie' && rule.how === 'regex') && (
        <label>Name
          <input value={rule.key} onInput={(event) => change({key: event.currentTarget.value})} />
        </label>
      )}
      <label>How
        <select value={rule.how} onChange={(event) =>
          change({how: event.currentTarget.value as Rule['how']})}>
          <option value="exact">is</option>
          <option value="regex">matches</option>
        </select>
      </label>
      <label>{rule.how === 'regex' ? whole : 'Value'}
        <input value={rule.value} onInput={(event) =>
          change({value: event.currentTarget.value})} />
      </label>
    </>
  );
}

// Any of these suffices; at least one is chosen.
function Some({rule, change}: {rule: Rule; change: (part: Partial<Rule>) => void}) {
  const all = rule.on === 'os' ? kSystems : kBrowsers;
  const turn = (name: string, on: boolean) => {
    const any = all.map(([each]) => each).filter((each) => each === name ? on
      : rule.any.includes(each));
    change({any});
  };
  return (
    <div class="choices" role="group" aria-label={rule.on === 'os' ? 'Systems' : 'Browsers'}>
      {all.map(([name, label]) => (
        <label key={name} class="check">
          <input type="checkbox" checked={rule.any.includes(name)}
            disabled={rule.any.length === 1 && rule.any[0] === name}
            onChange={(event) => turn(name, event.currentTarget.checked)} />
          {label}</label>
      ))}
    </div>
  );
}

export function Rules({rules, set}: {rules: Rule[]; set: (rules: Rule[]) => void}) {
  return (
    <Rows items={rules} set={set} what="rule"
      empty={{on: 'header', key: '', how: 'exact', value: '', any: []}}
      row={(rule, change) => (
        <>
          <label>What
            <select value={rule.on} onChange={(event) => {
              const on = event.currentTarget.value as Rule['on'];
              change({on, any: on === 'os' ? ['ios', 'android'] : on === 'browser' ? ['chrome']
                : []});
            }}>
              {kOn.map(([name, label]) => <option key={name} value={name}>{label}</option>)}
            </select>
          </label>
          {rule.on === 'os' || rule.on === 'browser' ? <Some rule={rule} change={change} />
            : <Pair rule={rule} change={change} />}
        </>
      )} />
  );
}

export function Steps({steps, set}: {steps: PlanStep[]; set: (steps: PlanStep[]) => void}) {
  const last = steps.at(-1);
  const said = (step: PlanStep, n: number) => wrongOf(step)
    ? {'aria-invalid': true, 'aria-describedby': `step-${n}-wrong`} : {};
  return (
    <Rows items={steps} set={set} what="step" wrong={wrongOf}
      empty={{weight: String(Math.min(100, 2 * (Number(last?.weight) || 5))), minutes: '10'}}
      row={(step, change, n) => (
        <>
          <label>Weight, %
            <input type="number" min={0} max={100} step="any" value={step.weight}
              {...said(step, n)}
              onInput={(event) => change({weight: event.currentTarget.value})} />
          </label>
          <label>Watched, minutes
            <input type="number" min={0} step="any" value={step.minutes} {...said(step, n)}
              placeholder="until continued"
              onInput={(event) => change({minutes: event.currentTarget.value})} />
          </label>
        </>
      )} />
  );
}
