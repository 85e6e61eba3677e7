// Who did what, when, to what; decisions of serin itself too.
import type {AuditEntry} from '../api/types';
import {unbroken} from '../text/format';
import {download} from '../ui/download';
import {useTitle} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import {usePages} from '../ui/loading';
import {Empty, Mark, Older, Time} from '../ui/parts';
import {Link, setQuery, to, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

const kPage = 100;

function toLines(items: AuditEntry[]): string {
  return items.map((item) => JSON.stringify(item)).join('\n') + '\n';
}

const words = (value: unknown): string => typeof value === 'string' ? value
  : JSON.stringify(value);

function details(item: AuditEntry): string {
  return Object.entries(item.details).filter(([, value]) => value !== '' && value !== null)
    .map(([key, value]) => `${key}: ${words(value)}`).join(' · ');
}

// "weight 5 → 25": what differs between before and after.
function change({before, after}: AuditEntry): string {
  return [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
    .map((key) => [key, words(before?.[key] ?? '–'), words(after?.[key] ?? '–')])
    .filter(([, old, now]) => old !== now)
    .map(([key, old, now]) => `${key} ${old} → ${now}`).join(' · ');
}

function Lines({lines}: {lines: string[]}) {
  const said = lines.filter((line) => line !== '');
  if (said.length === 0) return <>–</>;
  return (
    <>{said.map((line, i) => (
      <span key={i} class={i > 0 ? 'dim small-text' : ''}>{unbroken(line)}</span>
    ))}</>
  );
}

function Result({result = ''}: {result?: string}) {
  if (result === '') return <>–</>;
  return /^refused/.test(result) ? <Mark icon="✖" tone="bad">{result}</Mark> : <>{result}</>;
}

const kColumns: Column<AuditEntry>[] = [
  {title: 'When', cell: (item) => <Time at={item.time} full />},
  {title: 'Who', cell: (item) => item.actor},
  {title: 'What', cell: (item) => item.operation},
  {title: 'On', head: true, cell: (item) => /^.+-\d+$/.test(item.subject)
    ? <Link href={to.release(item.subject)}>{item.subject}</Link> : item.subject},
  {title: 'Details', kind: 'why', cell: (item) => (
    <Lines lines={[item.reason ? `why: ${item.reason}` : '', details(item), change(item)]} />
  )},
  {title: 'Result', kind: 'why', cell: (item) => <Result {...item} />},
  {title: 'Entry', cell: (item) => item.position
    ? <span title={item.hash}>{item.position}</span> : '–'},
];

export function AuditPage() {
  useTitle('Audit');
  const {query} = usePlace();
  const subject = query.get('subject') ?? '';
  const actor = query.get('actor') ?? '';
  const since = query.get('since') ?? '';  // a day, local
  const asked = new URLSearchParams([['limit', String(kPage)], ['subject', subject],
    ['actor', actor], ['since', since && new Date(`${since}T00:00`).toISOString()]]
    .filter(([, value]) => value !== '') as [string, string][]);
  const pages = usePages<AuditEntry>(`audit?${asked.toString()}`);
  const items = pages.data ?? [];
  const save = () => download('audit.jsonl', toLines(items), 'application/jsonl');
  return (
    <main id="content">
      <div class="page-head">
        <h1>Audit</h1>
        {items.length > 0 && <button type="button" onClick={save}>Save as JSON lines</button>}
      </div>
      <div class="filters">
        <label>Release or object
          <input type="search" value={subject} placeholder="checkout-42"
            onChange={(event) => setQuery('subject', event.currentTarget.value.trim())} />
        </label>
        <label>Who
          <input type="search" value={actor} placeholder="user:ana"
            onChange={(event) => setQuery('actor', event.currentTarget.value.trim())} />
        </label>
        <label>Since
          <input type="date" value={since}
            onChange={(event) => setQuery('since', event.currentTarget.value)} />
        </label>
      </div>
      <Shown of={pages} label="the audit log" rows={8}
        forbidden="The audit log is for administrators."
        empty={<Empty title="Nothing is recorded of this.">
          {(subject || actor || since) && <p><Link href="/ui/audit">All that is recorded</Link></p>}
        </Empty>}>
        {(rows) => <List label="Audit log" columns={kColumns} items={rows}
          keyOf={(item, i) => `${item.time}/${i}`} />}
      </Shown>
      <Older of={pages} what="entries" />
    </main>
  );
}
