// Who did what, when, to what; decisions of serin itself too.
import type {AuditEntry} from '../api/types';
import {unbroken} from '../text/format';
import {download} from '../ui/download';
import {useTitle} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import {usePages} from '../ui/loading';
import {Empty, Older, Time} from '../ui/parts';
import {Link, setQuery, to, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

const kPage = 100;

function toLines(items: AuditEntry[]): string {
  return items.map((item) => JSON.stringify(item)).join('\n') + '\n';
}

function details(item: AuditEntry): string {
  return Object.entries(item.details).filter(([, value]) => value !== '' && value !== null)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ') || '–';
}

const kColumns: Column<AuditEntry>[] = [
  {title: 'When', cell: (item) => <Time at={item.time} full />},
  {title: 'Who', cell: (item) => item.actor},
  {title: 'What', cell: (item) => item.operation},
  {title: 'On', head: true, cell: (item) => /^.+-\d+$/.test(item.subject)
    ? <Link href={to.release(item.subject)}>{item.subject}</Link> : item.subject},
  {title: 'Details', kind: 'why', cell: (item) => unbroken(details(item))},
];

export function AuditPage() {
  useTitle('Audit');
  const {query} = usePlace();
  const subject = query.get('subject') ?? '';
  const actor = query.get('actor') ?? '';
  const pages = usePages<AuditEntry>(`audit?limit=${kPage}` +
    (subject ? `&subject=${encodeURIComponent(subject)}` : ''));
  const items = (pages.data ?? []).filter((item) => actor === '' || item.actor.includes(actor));
  const save = () => download('audit.jsonl', toLines(items), 'application/jsonl');
  const found = {...pages, data: pages.data && items};
  return (
    <main id="content">
      <div class="page-head">
        <h1>Audit</h1>
        {items.length > 0 && <button type="button" onClick={save}>Save as JSON lines</button>}
      </div>
      <div class="filters">
        <label>Release or object
          <input type="search" value={subject} placeholder="checkout-42"
            onChange={(event) => setQuery('subject', event.currentTarget.value)} />
        </label>
        <label>Who
          <input type="search" value={actor} placeholder="user:ana"
            onInput={(event) => setQuery('actor', event.currentTarget.value)} />
        </label>
      </div>
      <Shown of={found} label="the audit log" rows={8}
        forbidden="The audit log is for administrators."
        empty={<Empty title="Nothing is recorded of this.">
          {(subject || actor) && <p><Link href="/ui/audit">All that is recorded</Link></p>}
        </Empty>}>
        {(rows) => <List label="Audit log" columns={kColumns} items={rows}
          keyOf={(item, i) => `${item.time}/${i}`} />}
      </Shown>
      <Older of={pages} what="entries" />
    </main>
  );
}
