// Writes a rollout's YAML from a few answers, has serin check it, and puts it in force where asked.
import {useMemo, useState} from 'preact/hooks';
import {ApiError, headers, kBase} from '../api/client';
import type {LintReport, Problem} from '../api/types';
import {PutInForce} from '../release/force';
import {Rules, Steps} from '../release/rows';
import {type Answers, kAnswers, kPresets, routerOf, write} from '../release/writing';
import {problemOf, useTitle} from '../ui/hooks';
import {CopyBlock, Mark, ProblemBox} from '../ui/parts';
import {usePlace} from '../ui/router';

async function lint(yaml: string): Promise<LintReport> {
  const response = await fetch(`${kBase}/lint`, {
    method: 'POST',
    headers: {...headers(), 'Content-Type': 'application/yaml', Accept: 'application/json'},
    body: yaml,
  });
  const body = (await response.json()) as unknown;
  if (!response.ok) {
    throw new ApiError({title: 'It could not be checked', ...(body as object),
      status: response.status});
  }
  return body as LintReport;
}

// The names of answers that are texts.
type Text = {[K in keyof Answers]: Answers[K] extends string ? K : never}[keyof Answers];
type Flag = {[K in keyof Answers]: Answers[K] extends boolean ? K : never}[keyof Answers];

interface FieldsProps {
  answers: Answers;
  set: (part: Partial<Answers>) => void;
}

// Inputs for one answer each.
function fieldsOf({answers, set}: FieldsProps) {
  const text = (name: Text, label: string, hint = '') => (
    <label>{label}
      <input value={answers[name]} onInput={(event) =>
        set({[name]: event.currentTarget.value})} />
      {hint && <span class="dim small-text">{hint}</span>}
    </label>
  );
  const choice = (name: Text, label: string, options: [string, string, boolean?][]) => (
    <label>{label}
      <select value={answers[name]} onChange={(event) =>
        set({[name]: event.currentTarget.value})}>
        {options.map(([value, title, off]) => (
          <option key={value} value={value} disabled={off}>{title}</option>
        ))}
      </select>
    </label>
  );
  const flag = (name: Flag, label: string) => (
    <label class="check">
      <input type="checkbox" checked={answers[name]} onChange={(event) =>
        set({[name]: event.currentTarget.checked})} />
      {label}</label>
  );
  return {text, choice, flag};
}

function Service(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  return (
    <fieldset>
      <legend>Service</legend>
      {text('name', 'Name')}
      {text('environment', 'Environment', 'for people; may be left out')}
      {choice('type', 'Kind', [['canary', 'canary: step by step'],
        ['blueGreen', 'blue-green: all at once after a test']])}
      {text('version', 'Version to release first', 'may be left out')}
      {props.answers.version && text('stableVersion', 'Version that runs now')}
    </fieldset>
  );
}

function Instances(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  const {workload} = props.answers;
  return (
    <fieldset>
      <legend>Instances</legend>
      {choice('workload', 'Who starts the new version', [
        ['none', 'I do, before each release'], ['systemd', 'serin, as units of systemd'],
        ['command', 'serin, by a program of mine'], ['process', 'serin, as its own processes']])}
      {workload !== 'none' && text('instances', 'Instances of the canary')}
      {workload === 'systemd' && text('unit', 'Unit', '{slot}, {instance}, {version}')}
      {workload === 'command' &&
        text('apply', 'Program', '{slot}, {version}, {instances}; no shell')}
      {workload === 'process' &&
        text('start', 'Program', '{version}, {port}, {instance}; no shell')}
      {workload === 'process' && text('stablePorts', 'Ports of stable')}
      {workload === 'process' && text('canaryPorts', 'Ports of the canary')}
    </fieldset>
  );
}

function Routing(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  const content = props.answers.policy === 'content';
  const router = routerOf(props.answers);
  return (
    <fieldset>
      <legend>Router</legend>
      {choice('router', 'What splits the traffic', [
        ['haproxy', 'HAProxy: servers of one backend', content],
        ['haproxyMap', 'HAProxy: backends and a map'], ['nginx', 'nginx: two upstreams']])}
      {router === 'nginx' ? (
        <>
          {text('file', 'File that serin writes', 'included by nginx.conf')}
          {text('stableUpstream', 'Stable upstream')}
          {text('canaryUpstream', 'Canary upstream')}
        </>
      ) : text('socket', 'Admin socket')}
      {router === 'haproxy' && (
        <>
          {text('backend', 'Backend')}
          {text('stable', 'Stable servers', 'with commas')}
          {text('canary', 'Canary servers', 'in the file with weight 0, or disabled')}
        </>
      )}
      {router === 'haproxyMap' && (
        <>
          {text('map', 'Map of shares')}
          {content && text('matchMap', 'Map of rules')}
          {text('stableBackend', 'Stable backend')}
          {text('canaryBackend', 'Canary backend')}
        </>
      )}
    </fieldset>
  );
}

function Policy(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  const {answers, set} = props;
  const content = answers.policy === 'content';
  return (
    <fieldset>
      <legend>Traffic</legend>
      {choice('policy', 'Who gets the new version first', [
        ['ratio', 'a share of all requests'], ['content', 'requests with a certain content']])}
      {content && (
        <>
          <Rules rules={answers.rules} set={(rules) => set({rules})} />
          <p class="dim">One rule suffices for a request to go to the canary. Those who are chosen
            differ from all others, so nothing is compared with stable: metrics are held against
            targets.</p>
          {text('ruleMinutes', 'They alone, minutes', 'left empty: until a person continues')}
        </>
      )}
      {answers.type === 'canary' && (
        <Steps steps={answers.steps} set={(steps) => set({steps})} />
      )}
      {answers.type === 'canary' && (
        <p class="dim">No minutes: until a person continues.</p>
      )}
    </fieldset>
  );
}

function Metrics(props: FieldsProps) {
  const {text, choice, flag} = fieldsOf(props);
  const {answers} = props;
  const content = answers.policy === 'content';
  const own = answers.preset === '';
  const labelled = kPresets.find(({name}) => name === answers.preset)?.label;
  return (
    <fieldset>
      <legend>Metrics</legend>
      {text('prometheus', 'Prometheus')}
      {choice('preset', 'Series of', [['', 'my own: by selectors'],
        ...kPresets.map(({name}): [string, string] => [name, name])])}
      {!own && text('where', 'More matchers', 'such as namespace="prod"; may be left out')}
      {labelled && text('canaryLabel', `The canary’s ${labelled}`)}
      {labelled && text('stableLabel', `Stable’s ${labelled}`)}
      {flag('errors', content ? 'Errors of the canary' : 'Errors of the canary against stable’s')}
      {own && (answers.errors || (answers.traffic && !content)) &&
        text('total', 'Requests (a counter)')}
      {own && answers.errors && text('bad', 'Bad requests (a selector)')}
      {content && answers.errors && text('errorsMax', 'At most, % of requests')}
      {flag('latency', content ? 'Latency of the canary' : 'Latency against stable’s')}
      {own && answers.latency && text('histogram', 'Histogram', 'without _bucket; in seconds')}
      {content && answers.latency && text('latencyMax', '99 % of requests take at most, ms')}
      {!content && flag('traffic', 'Requests an instance, against stable’s')}
    </fieldset>
  );
}

const times = (n: number, word: string): string => `${n || 'no'} ${word}${n === 1 ? '' : 's'}`;

function Checked({report}: {report: LintReport}) {
  const {errors, warnings} = report;
  const found = `${times(errors, 'error')}, ${times(warnings, 'warning')}`;
  return (
    <div class={`box ${errors > 0 ? 'bad' : 'good'}`} role="status">
      <p>{errors === 0 ? <Mark icon="✔" tone="good">{found}</Mark>
        : <Mark icon="✖" tone="bad">{found}</Mark>}</p>
      <ul>{report.diagnostics.map((d, i) => (
        <li key={i}>line {d.line}: {d.code} {d.message}{d.hint ? ` – ${d.hint}` : ''}</li>
      ))}</ul>
    </div>
  );
}

export function WizardPage() {
  useTitle('New rollout');
  const type = usePlace().query.get('type') === 'blueGreen' ? 'blueGreen' : 'canary';
  const [answers, setAnswers] = useState<Answers>({...kAnswers, type});
  const [report, setReport] = useState<LintReport | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const yaml = useMemo(() => write(answers), [answers]);
  const set = (part: Partial<Answers>) => {
    setReport(null);
    setAnswers((old) => ({...old, ...part}));
  };
  const check = () => {
    setProblem(null);
    lint(yaml).then(setReport, (error: unknown) => setProblem(problemOf(error)));
  };
  const props = {answers: {...answers, router: routerOf(answers)}, set};
  return (
    <main id="content">
      <h1>New rollout</h1>
      <p>How one service is released. The file is written as you answer.</p>
      <div class="columns wizard">
        <form onSubmit={(event) => event.preventDefault()}>
          <Service {...props} />
          <Instances {...props} />
          <Routing {...props} />
          <Policy {...props} />
          <Metrics {...props} />
        </form>
        <section aria-labelledby="file-title" class="written">
          <h2 id="file-title">{answers.name || 'rollout'}.yaml</h2>
          <CopyBlock value={yaml} label="Copy the file">
            <button type="button" class="small" onClick={check}>Check</button>
          </CopyBlock>
          {problem && <ProblemBox problem={problem} />}
          {report && <Checked report={report} />}
          <PutInForce name={answers.name || 'rollout'} yaml={yaml} version={answers.version}
            stable={answers.stableVersion} />
          <p class="dim">Or put the file into the directory that <code>serin serve --config</code>
            {' '}names: it is read when it changes.</p>
        </section>
      </div>
    </main>
  );
}
