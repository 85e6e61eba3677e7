// Writes a rollout's YAML from a few answers, has serin check it, and puts it in force where asked.
import {useMemo, useState} from 'preact/hooks';
import {ApiError, headers, kBase} from '../api/client';
import type {LintReport} from '../api/types';
import {type Answers, kAnswers, routerOf, wrongAnswers} from '../wizard/answers';
import {PutInForce} from '../wizard/force';
import {Blue, Instances, Metrics, Policy, Routing, Service} from '../wizard/questions';
import {write} from '../wizard/writing';
import {useTitle} from '../ui/hooks';
import {useWork} from '../ui/loading';
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
  const {working, problem, result: report, run, clear} = useWork<LintReport>();
  const yaml = useMemo(() => write(answers), [answers]);
  const set = (part: Partial<Answers>) => {
    clear();  // it was of another file
    setAnswers((old) => ({...old, ...part}));
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
          {answers.type === 'canary' ? <Policy {...props} /> : <Blue {...props} />}
          {(answers.type === 'canary' || answers.afterMinutes !== '') && <Metrics {...props} />}
        </form>
        <section aria-labelledby="file-title" class="written">
          <h2 id="file-title">{answers.name || 'rollout'}.yaml</h2>
          <CopyBlock value={yaml} label="Copy the file">
            <button type="button" class="small" disabled={working}
              onClick={() => run(() => lint(yaml))}>Check</button>
          </CopyBlock>
          {problem && <ProblemBox problem={problem} />}
          {report && <Checked report={report} />}
          <PutInForce name={answers.name || 'rollout'} yaml={yaml} version={answers.version}
            stable={answers.stableVersion} wrong={wrongAnswers(answers)} />
          <p class="dim">Or put the file into the directory that <code>serin serve --config</code>
            {' '}names: it is read when it changes.</p>
        </section>
      </div>
    </main>
  );
}
