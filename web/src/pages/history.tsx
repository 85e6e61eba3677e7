// The releases of one rollout, newest first, with the way back in one click, and the next one.
import {useState} from 'preact/hooks';
import {get, newKey, post} from '../api/client';
import type {Operated, Release, Rollout, Summary, Whoami} from '../api/types';
import {duration, percent, unbroken} from '../text/format';
import {OperationDialog} from '../release/dialog';
import {mayOperate} from '../release/operations';
import {useTitle} from '../ui/hooks';
import {type Column, List} from '../ui/list';
import {useLoad, usePages, useWork} from '../ui/loading';
import {Empty, Facts, MayNot, Older, ProblemBox, StatusMark, Time} from '../ui/parts';
import {go, Link, to, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

// "checkout/1381" of https://ci.example/checkout/1381: where it leads is seen from its end.
function Pipeline({link}: {link: string}) {
  if (!/^https?:\/\//.test(link)) return <>{link || '–'}</>;
  const words = link.replace(/^https?:\/\/|[?#].*$|\/+$/g, '').split('/');
  return (
    <a href={link} rel="noreferrer" title={link}>{words.slice(words.length > 2 ? -2 : 0).join('/')}
    </a>
  );
}

function took(release: Summary): string {
  if (!release.end) return 'under way';
  return duration((Date.parse(release.end) - Date.parse(release.start)) / 1000);
}

export function HistoryPage({name}: {name: string}) {
  useTitle(`${name} – history`);
  const path = `rollouts/${encodeURIComponent(name)}`;
  const rollout = useLoad<Rollout>(path);
  const pages = usePages<Summary>(`${path}/releases?limit=50`);
  const who = useLoad<Whoami>('whoami').data;
  const asked = useWork<Release>();
  const items = pages.data ?? [];
  const active = items.find((item) => item.end === null);
  const latest = items[0];
  const back = (release: Summary) => wayBack(release, latest, rollout.data?.stable_version ?? '');
  const columns: Column<Summary>[] = [
    {title: 'Ticket, type', head: true, cell: (release) => (
      <>
        <Link href={to.release(release.id)}>{release.id}</Link>
        <span class="dim small-text">{release.type}{release.of && ` of ${release.of}`}</span>
      </>
    )},
    {title: 'Result', cell: (release) => <StatusMark status={release.status} />},
    {title: 'Versions', kind: 'versions', cell: (release) =>
      `${release.stable_version || '?'} → ${release.version}`},
    {title: 'Why', kind: 'why', cell: (release) => unbroken(release.sentence) || '–'},
    {title: 'Executor', cell: (release) => release.executor || '–'},
    {title: 'Pipeline', kind: 'pipeline', cell: (release) =>
      <Pipeline link={release.pipeline ?? ''} />},
    {title: 'Start', kind: 'age', cell: (release) => <Time at={release.start} full />},
    {title: 'Took', kind: 'nowrap', cell: took},
    {title: 'Way back', cell: (release) => back(release) === '' ? <span class="dim">–</span> : (
      <button type="button" disabled={!mayOperate(who) || asked.working}
        class={`small ${release.id === latest?.id ? 'danger-quiet' : ''}`}
        onClick={() => asked.run(() =>
          get<Release>(`releases/${encodeURIComponent(release.id)}`))}>{back(release)}</button>
    )},
  ];
  return (
    <main id="content">
      <h1>{name}</h1>
      <Shown of={rollout} label="the rollout" rows={2}
        missing={<p class="dim">{name} is in no configuration any more: it can’t be released.</p>}>
        {(it) => (
          <>
            <Facts items={[
              ['Service', it.service],
              ['Environment', it.environment],
              ['Type', it.type === 'blueGreen' ? 'blue-green' : it.type],
              ['Router', it.router || 'none: serin only judges'],
              ['Stable version', it.stable_version || 'not recorded yet'],
              ['Configuration’s revision', it.revision && <code>{it.revision.slice(0, 12)}</code>],
            ]} />
            <StartRelease rollout={it} active={active} who={who} />
          </>
        )}
      </Shown>
      {asked.problem && <ProblemBox problem={asked.problem} />}
      <div class="page-head">
        <h2>History</h2>
        {items.length > 1 && <Link href={to.compare(name)}>Compare two releases</Link>}
      </div>
      <Shown of={pages} label="the history" rows={5}
        empty={<Empty title={`${name} has not been released yet.`} />}>
        {(rows) => <List label="History" columns={columns} items={rows}
          keyOf={(release) => release.id} />}
      </Shown>
      <Older of={pages} what="releases" />
      {asked.result && <Back release={asked.result} latest={latest} close={asked.clear} />}
    </main>
  );
}

// What its row offers: the newest release is undone at once, an older version taken again.
function wayBack(release: Summary, latest: Summary | undefined, stable: string): string {
  if (release.allowed.includes('rollback') && release.id === latest?.id) {
    return `Roll back to ${release.stable_version || 'before'}`;
  }
  return release.status === 'Succeeded' && release.version !== stable &&
    latest?.allowed.includes('undo') ? `Return to ${release.version}` : '';
}

// The newest release is rolled back at once; an older version goes through the steps.
function Back({release, latest, close}: {
  release: Release; latest: Summary | undefined; close: () => void;
}) {
  const now = useLoad<Release>(latest && latest.id !== release.id
    ? `releases/${encodeURIComponent(latest.id)}` : '');
  const done = (answer: Operated) => {
    close();
    go(to.release(answer.opened || answer.release.id));
  };
  if (!latest || latest.id === release.id) {
    return <OperationDialog operation="rollback" release={release} onClose={close} onDone={done} />;
  }
  if (!now.data) return null;
  return <OperationDialog operation="undo" onClose={close} onDone={done}
    release={{...now.data, stable_version: release.version}} />;
}

function StartRelease({rollout, active, who}: {
  rollout: Rollout; active: Summary | undefined; who: Whoami | null;
}) {
  const {query} = usePlace();  // the page that writes rollouts knows the version already
  const [version, setVersion] = useState(query.get('version') ?? '');
  const [stable, setStable] = useState(query.get('stable') ?? '');
  const work = useWork<void>();
  if (active) {
    return (
      <p class="box">Under way: <Link href={to.release(active.id)}>{active.id}</Link>{' '}
        (<StatusMark status={active.status} />). A new version can be released when it has ended.
      </p>
    );
  }
  const start = (event: Event) => {
    event.preventDefault();
    const body = {version, ...(stable ? {stable} : {})};
    const path = `rollouts/${encodeURIComponent(rollout.name)}/releases`;
    work.run(async () => go(to.release((await post<Release>(path, body, newKey())).id)));
  };
  const first = rollout.steps.find((step) => step.kind === 'setWeight')?.weight ?? 0;
  return (
    <form class="box start" onSubmit={start}>
      <h2>Update version</h2>
      <p class="dim">{rollout.type === 'blueGreen'
        ? 'All traffic goes over at once, after a look at the new version without traffic.'
        : `${rollout.steps.length} steps; the first share of the canary is ${percent(first)}.`}</p>
      <label>New version
        <input required value={version} maxLength={253}
          onInput={(event) => setVersion(event.currentTarget.value)} />
      </label>
      {!rollout.stable_version && (
        <label>Stable version (none is recorded)
          <input value={stable} maxLength={253}
            onInput={(event) => setStable(event.currentTarget.value)} />
        </label>
      )}
      <button type="submit" class="primary" disabled={work.working || !version || !mayOperate(who)}>
        Start release</button>
      {!mayOperate(who) && <MayNot who={who} what="start releases" />}
      {work.problem && <ProblemBox problem={work.problem} />}
    </form>
  );
}
