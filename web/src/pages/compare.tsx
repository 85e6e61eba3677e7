// Two releases of one rollout side by side: how they ended, their steps, their metrics, and what
// differs in their plans.
import type {ComponentChildren} from 'preact';
import {useMemo} from 'preact/hooks';
import type {Metric, Page, Release, Step, Story, Summary} from '../api/types';
import {differences, kDifferencesMax} from '../release/differences';
import {stateOf} from '../release/metrics';
import {stepTitle} from '../release/stepper';
import {duration, effect, side, unbroken} from '../text/format';
import {stepWords} from '../text/messages';
import {useTitle} from '../ui/hooks';
import {useLoad} from '../ui/loading';
import {Empty, Mark, StatusMark, stepLook, Time} from '../ui/parts';
import {Link, setQuery, to, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

function tookSeconds(from: string | null, until: string | null): number | null {
  return from && until ? (Date.parse(until) - Date.parse(from)) / 1000 : null;
}

export function ComparePage({name}: {name: string}) {
  useTitle(`${name} – two releases`);
  const {query} = usePlace();
  const list = useLoad<Page<Summary>>(`rollouts/${encodeURIComponent(name)}/releases?limit=50`);
  const items = list.data?.items ?? [];
  const first = query.get('a') || items[0]?.id || '';
  const second = query.get('b') || items[items.findIndex((item) => item.id === first) + 1]?.id ||
    items.find((item) => item.id !== first)?.id || '';
  const a = useLoad<Story>(first ? `releases/${encodeURIComponent(first)}/report?format=json` : '');
  const b = useLoad<Story>(second ? `releases/${encodeURIComponent(second)}/report?format=json`
    : '');
  return (
    <main id="content">
      <p><Link href={to.history(name)}>← {name}</Link></p>
      <h1>Two releases of {name}</h1>
      <Shown of={list} label="the releases" rows={6}>
        {() => items.length < 2 ? (
          <Empty title={`${name} has ${items.length === 1 ? 'one release' : 'no release'} so far.`}>
            <p>Two are needed to be compared. <Link href={to.history(name)}>Its history</Link></p>
          </Empty>
        ) : (
          <>
            <form class="filters" onSubmit={(event) => event.preventDefault()}>
              <Choice label="Release" items={items} value={first}
                set={(id) => setQuery('a', id)} />
              <Choice label="Compared with" items={items} value={second}
                set={(id) => setQuery('b', id)} />
            </form>
            <Shown of={a} label={first} rows={8} missing={<NotKept id={first} />}>
              {(left) => (
                <Shown of={b} label={second} rows={8} missing={<NotKept id={second} />}>
                  {(right) => <Both a={left} b={right} />}
                </Shown>
              )}
            </Shown>
          </>
        )}
      </Shown>
    </main>
  );
}

function Choice({label, items, value, set}: {
  label: string; items: Summary[]; value: string; set: (id: string) => void;
}) {
  return (
    <label>{label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        {!items.some((item) => item.id === value) && <option value={value}>{value}</option>}
        {items.map((item) => (
          <option key={item.id} value={item.id}>{item.id}: {item.version}, {item.status}</option>
        ))}
      </select>
    </label>
  );
}

function NotKept({id}: {id: string}) {
  return <p class="box">Nothing is kept of {id} any more.</p>;
}

interface Row {
  name: string;
  a: ComponentChildren;
  b: ComponentChildren;
  differs?: boolean;
}

// A table with a column a release; what differs is said in words too.
function Table({label, rows, heads}: {label: string; rows: Row[]; heads: [string, string]}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="two">
        <thead>
          <tr>
            <td />
            {heads.map((head) => (
              <th key={head} scope="col"><Link href={to.release(head)}>{head}</Link></th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}
                {row.differs && <span class="dim small-text">differs</span>}</th>
              <td>{row.a || '–'}</td>
              <td>{row.b || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Both({a, b}: {a: Story; b: Story}) {
  const heads: [string, string] = [a.release.id, b.release.id];
  return (
    <>
      <h2>How they ended</h2>
      <Table label="How they ended" heads={heads} rows={facts(a.release, b.release)} />
      <h2 class="earlier">Steps</h2>
      <Table label="Steps" heads={heads} rows={stepRows(a.release, b.release)} />
      <h2 class="earlier">Metrics</h2>
      <Metrics a={a.release} b={b.release} heads={heads} />
      <h2 class="earlier">What differs in the plans</h2>
      <Plans a={a} b={b} heads={heads} />
    </>
  );
}

function facts(a: Release, b: Release): Row[] {
  const row = (name: string, of: (release: Release) => string,
    show: (release: Release) => ComponentChildren = of, compared = true): Row =>
    ({name, a: show(a), b: show(b), differs: compared && of(a) !== of(b)});
  const took = (release: Release) => release.end
    ? duration(tookSeconds(release.start, release.end)) : 'under way';
  return [
    row('Result', (r) => r.status, (r) => <StatusMark status={r.status} />),
    row('Why', (r) => r.sentence, (r) => unbroken(r.sentence), false),
    row('Version', (r) => r.version),
    row('Stable version', (r) => r.stable_version),
    row('Type', (r) => r.type),
    row('Policy’s revision', (r) => r.info?.revision ?? '',
      (r) => r.info?.revision ? <code>{r.info.revision.slice(0, 12)}</code> : ''),
    row('Executor', (r) => r.info?.executor ?? ''),
    row('Start', (r) => r.start, (r) => <Time at={r.start} full />, false),
    row('Took', took, took, false),
  ];
}

function stepCell(release: Release, step: Step | undefined): ComponentChildren {
  if (!step) return 'not in the plan';
  const look = stepLook[step.status];
  const seconds = tookSeconds(step.start, step.end);
  return (
    <>
      <Mark {...look}>{stepTitle(step)}</Mark>
      <span class="dim small-text">
        {release.end && step.status === 'pending' ? 'not reached' : stepWords[step.status]}
        {step.start && <>, begun <Time at={step.start} /></>}
        {seconds !== null && `, took ${duration(seconds)}`}
      </span>
    </>
  );
}

function stepRows(a: Release, b: Release): Row[] {
  return Array.from({length: Math.max(a.steps.length, b.steps.length)}, (_, i) => {
    const [left, right] = [a.steps[i], b.steps[i]];
    return {name: `Step ${i + 1}`, a: stepCell(a, left), b: stepCell(b, right),
      differs: !left || !right || stepTitle(left) !== stepTitle(right) ||
        left.status !== right.status};
  });
}

const kColumns = ['Stable', 'Canary', 'Difference in last step [95 %]', 'State'];

function MetricCells({metric}: {metric: Metric | undefined}) {
  if (!metric) return <><td>–</td><td>–</td><td>–</td><td>not judged</td></>;
  const state = stateOf(metric);
  const stable = side(metric, metric.stable);
  const canary = side(metric, metric.canary);
  const difference = effect(metric.effect);
  const rule = metric.kind === 'threshold';
  return (
    <>
      <td>{stable.value}<span class="dim small-text">{stable.of}</span></td>
      <td>{rule ? metric.value || '–' : canary.value}
        <span class="dim small-text">{canary.of}</span></td>
      <td>{difference.estimate}<span class="dim small-text">{difference.interval}</span></td>
      <td><Mark icon={state.icon} tone={state.tone}>{state.word}</Mark></td>
    </>
  );
}

function Metrics({a, b, heads}: {a: Release; b: Release; heads: [string, string]}) {
  const left = a.report?.metrics ?? [];
  const right = b.report?.metrics ?? [];
  const names = [...new Set([...left, ...right].map((metric) => metric.name))];
  if (names.length === 0) return <p>Neither of them judged a metric.</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Metrics of both releases">
      <table>
        <thead>
          <tr>
            <td rowSpan={2} />
            {heads.map((head) => (
              <th key={head} scope="colgroup" colSpan={4}>
                <Link href={to.release(head)}>{head}</Link></th>
            ))}
          </tr>
          <tr>
            {heads.flatMap((head) => kColumns.map((title) => (
              <th key={head + title} scope="col">{title}</th>
            )))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <MetricCells metric={left.find((metric) => metric.name === name)} />
              <MetricCells metric={right.find((metric) => metric.name === name)} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Plans({a, b, heads}: {a: Story; b: Story; heads: [string, string]}) {
  const all = useMemo(() => differences(a.plan, b.plan), [a.plan, b.plan]);
  if (!a.plan || !b.plan) {
    return <p>The plan of {a.plan ? heads[1] : heads[0]} is not kept any more.</p>;
  }
  if (all.length === 0) return <p>Nothing: both followed the same plan.</p>;
  const rows = all.slice(0, kDifferencesMax).map(({path, a: left, b: right}) => ({
    name: path, a: left && <code>{left}</code>, b: right && <code>{right}</code>,
  }));
  return (
    <>
      <Table label="What differs in the plans" heads={heads} rows={rows} />
      {all.length > kDifferencesMax && (
        <p class="dim">And {all.length - kDifferencesMax} more.</p>
      )}
    </>
  );
}
