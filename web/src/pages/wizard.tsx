// Writes a rollout's YAML from a few answers, has serin check it, and puts it in force where asked.
import {useMemo, useState} from 'preact/hooks';
import {ApiError, headers, kBase} from '../api/client';
import type {LintReport, Problem} from '../api/types';
import {PutInForce} from '../release/force';
import {type Answers, kAnswers, write} from '../release/writing';
import {problemOf, useTitle} from '../ui/hooks';
import {Mark, ProblemBox} from '../ui/parts';
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

export function WizardPage() {
  useTitle('New rollout');
  const type = usePlace().query.get('type') === 'blueGreen' ? 'blueGreen' : 'canary';
  const [answers, setAnswers] = useState<Answers>({...kAnswers, type});
  const [report, setReport] = useState<LintReport | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const yaml = useMemo(() => write(answers), [answers]);
  const set = (name: keyof Answers) => (event: Event) => {
    const target = event.currentTarget as HTMLInputElement;
    setReport(null);
    setAnswers({...answers, [name]: target.type === 'checkbox' ? target.checked : target.value});
  };
  const check = () => {
    setProblem(null);
    lint(yaml).then(setReport, (error: unknown) => setProblem(problemOf(error)));
  };
  const text = (name: keyof Answers, label: string, hint = '') => (
    <label>{label}
      <input value={String(answers[name])} onInput={set(name)} />
      {hint && <span class="dim small-text">{hint}</span>}
    </label>
  );
  return (
    <main id="content">
      <h1>New rollout</h1>
      <p>How one service is released. The file on the right is written as you answer.</p>
      <div class="columns wizard">
        <form onSubmit={(event) => event.preventDefault()}>
          <fieldset>
            <legend>Service</legend>
            {text('name', 'Name')}
            <label>Kind
              <select value={answers.type} onChange={set('type')}>
                <option value="canary">canary: step by step</option>
                <option value="blueGreen">blue-green: all at once after a test</option>
              </select>
            </label>
          </fieldset>
          <fieldset>
            <legend>HAProxy</legend>
            {text('socket', 'Admin socket')}
            {text('backend', 'Backend')}
            {text('stable', 'Stable servers', 'with commas')}
            {text('canary', 'Canary servers', 'in the file with weight 0, or disabled')}
          </fieldset>
          <fieldset>
            <legend>Metrics</legend>
            {text('prometheus', 'Prometheus')}
            <label class="check">
              <input type="checkbox" checked={answers.errors} onChange={set('errors')} />
              Errors of the canary against stable’s</label>
            {answers.errors && text('total', 'Requests (a counter)')}
            {answers.errors && text('bad', 'Bad requests (a selector)')}
            <label class="check">
              <input type="checkbox" checked={answers.latency} onChange={set('latency')} />
              Latency against stable’s</label>
            {answers.latency && text('histogram', 'Histogram', 'without _bucket')}
          </fieldset>
          <fieldset>
            <legend>Steps</legend>
            {text('steps', 'Weight in per cent, for minutes',
              'with commas: a weight, then how long it is watched')}
          </fieldset>
        </form>
        <section aria-labelledby="file-title">
          <h2 id="file-title">{answers.name || 'rollout'}.yaml</h2>
          <pre class="yaml" tabIndex={0}><code>{yaml}</code></pre>
          <div class="buttons">
            <button type="button" class="primary" onClick={check}>Check</button>
            <CopyButton yaml={yaml} />
          </div>
          {problem && <ProblemBox problem={problem} />}
          {report && (
            <div class={`box ${report.errors > 0 ? 'bad' : 'good'}`} role="status">
              <p>{report.errors === 0
                ? <Mark icon="✔" tone="good">no errors, {report.warnings} warnings</Mark>
                : <Mark icon="✖" tone="bad">{report.errors} errors, {report.warnings} warnings
                </Mark>}</p>
              <ul>{report.diagnostics.map((d, i) => (
                <li key={i}>line {d.line}: {d.code} {d.message}{d.hint ? ` – ${d.hint}` : ''}</li>
              ))}</ul>
            </div>
          )}
          <PutInForce name={answers.name || 'rollout'} yaml={yaml} />
          <p class="dim">Or put the file into the directory that <code>serin serve --config</code>
            {' '}names: it is read when it changes.</p>
        </section>
      </div>
    </main>
  );
}

function CopyButton({yaml}: {yaml: string}) {
  const [done, setDone] = useState(false);
  return (
    <button type="button" onClick={() => {
      navigator.clipboard.writeText(yaml).then(() => setDone(true), () => setDone(false));
    }}>{done ? 'Copied' : 'Copy the file'}</button>
  );
}
