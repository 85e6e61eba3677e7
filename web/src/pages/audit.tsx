// Who did what, when, to what; decisions of serin itself too.
import {useState} from 'preact/hooks';
import {get} from '../api/client';
import type {AuditEntry, Page, Problem} from '../api/types';
import {download} from '../ui/download';
import {problemOf, useLoad, useTitle} from '../ui/hooks';
import {Empty, ProblemBox, Skeleton, Time} from '../ui/parts';
import {Link, setQuery, to, usePlace} from '../ui/router';

const kPage = 100;

function toLines(items: AuditEntry[]): string {
  return items.map((item) => JSON.stringify(item)).join('\n') + '\n';
}

export function AuditPage() {
  useTitle('Audit');
  const subject = usePlace().query.get('subject') ?? '';
  const actor = usePlace().query.get('actor') ?? '';
  const filter = subject ? `&subject=${encodeURIComponent(subject)}` : '';
  const first = useLoad<Page<AuditEntry>>(`audit?limit=${kPage}${filter}`);
  const [more, setMore] = useState<{filter: string; items: AuditEntry[]; next?: string | null}>(
    {filter, items: []});
  const [problem, setProblem] = useState<Problem | null>(null);
  const extra = more.filter === filter ? more : {filter, items: []};
  const items = [...(first.data?.items ?? []), ...extra.items]
    .filter((item) => actor === '' || item.actor.includes(actor));
  const cursor = 'next' in extra ? extra.next : first.data?.next;
  const readMore = () => {
    get<Page<AuditEntry>>(`audit?limit=${kPage}&cursor=${encodeURIComponent(cursor ?? '')}` +
      filter).then((page) => setMore(
      {filter, items: [...extra.items, ...page.items], next: page.next ?? null}),
    (error: unknown) => setProblem(problemOf(error)));
  };
  const save = () => download('audit.jsonl', toLines(items), 'application/jsonl');
  const forbidden = first.problem?.status === 403 || first.problem?.status === 401;
  return (
    <main id="content">
      <div class="page-head">
        <h1>Audit</h1>
        {items.length > 0 && <button type="button" onClick={save}>Save as JSON lines</button>}
      </div>
      <div class="filters">
        <label>Release or object
          <input type="search" value={subject}
            onChange={(event) => setQuery('subject', event.currentTarget.value)} />
        </label>
        <label>Who
          <input type="search" value={actor}
            onInput={(event) => setQuery('actor', event.currentTarget.value)} />
        </label>
      </div>
      {forbidden ? (
        <div class="box unsure" role="alert">
          <p><strong>The audit log is for administrators.</strong></p>
          <p>{first.problem?.detail} An administrator’s token is entered under{' '}
            <Link href="/ui/settings">Settings</Link>.</p>
        </div>
      ) : (first.problem ?? problem) && (
        <ProblemBox problem={(first.problem ?? problem) as Problem} retry={first.reload}
          at={first.at} />
      )}
      {!first.data && !first.problem && <Skeleton rows={8} label="the audit log" />}
      {first.data && items.length === 0 && <Empty title="Nothing is recorded of this." />}
      {items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Audit log">
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">On</th>
                <th scope="col">Details</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item, i) => (
                <tr key={`${item.time}/${i}`}>
                  <td><Time at={item.time} full /></td>
                  <td>{item.actor}</td>
                  <td>{item.operation}</td>
                  <th scope="row">{/^.+-\d+$/.test(item.subject)
                    ? <Link href={to.release(item.subject)}>{item.subject}</Link>
                    : item.subject}</th>
                  <td class="why">{Object.entries(item.details)
                    .filter(([, value]) => value !== '' && value !== null)
                    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value
                      : JSON.stringify(value)}`).join(' · ') || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {cursor && <p><button type="button" onClick={readMore}>Older</button></p>}
    </main>
  );
}
