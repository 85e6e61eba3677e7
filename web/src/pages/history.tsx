// The releases of one rollout, newest first, with the way back in one click, and the next one.
import {useState} from 'preact/hooks';
import {get, newKey, post} from '../api/client';
import type {Operated, Page, Problem, Release, Rollout, Summary, Whoami} from '../api/types';
import {duration} from '../text/format';
import {OperationDialog} from '../release/dialog';
import {mayOperate} from '../release/operations';
import {problemOf, useLoad, useTitle} from '../ui/hooks';
import {Empty, Facts, ProblemBox, Skeleton, StatusMark, Time} from '../ui/parts';
import {go, Link, to, usePlace} from '../ui/router';

function took(release: Summary): string {
  if (!release.end) return 'under way';
  return duration((Date.parse(release.end) - Date.parse(release.start)) / 1000);
}

export function HistoryPage({name}: {name: string}) {
  useTitle(`${name} – history`);
  const path = `rollouts/${encodeURIComponent(name)}`;
  const rollout = useLoad<Rollout>(path);
  const first = useLoad<Page<Summary>>(`${path}/releases?limit=50`);
  const who = useLoad<Whoami>('whoami').data;
  const [more, setMore] = useState<Summary[]>([]);
  const [next, setNext] = useState<string | null | undefined>(undefined);
  const [back, setBack] = useState<Release | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const items = [...(first.data?.items ?? []), ...more];
  const cursor = next === undefined ? first.data?.next : next;
  const active = items.find((item) => item.end === null);
  const latest = items[0];

  const readMore = () => {
    if (!cursor) return;
    get<Page<Summary>>(`${path}/releases?limit=50&cursor=${encodeURIComponent(cursor)}`).then(
      (page) => {
        setMore((old) => [...old, ...page.items]);
        setNext(page.next ?? null);
      }, (error: unknown) => setProblem(problemOf(error)));
  };
  const askBack = (release: Summary) => {
    get<Release>(`releases/${encodeURIComponent(release.id)}`).then(setBack,
      (error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <main id="content">
      <h1>{name}</h1>
      {rollout.data && (
        <Facts items={[
          ['Service', rollout.data.service],
          ['Environment', rollout.data.environment],
          ['Type', rollout.data.type],
          ['Router', rollout.data.router],
          ['Stable version', rollout.data.stable_version],
          ['Revision', rollout.data.revision],
        ]} />
      )}
      {problem && <ProblemBox problem={problem} />}
      {rollout.problem && rollout.problem.status !== 404 && (
        <ProblemBox problem={rollout.problem} retry={rollout.reload} />
      )}
      {rollout.data && <StartRelease rollout={rollout.data} active={active} who={who} />}
      <h2>History</h2>
      {items.length > 1 && <p><Link href={to.compare(name)}>Compare two releases</Link></p>}
      {first.problem && <ProblemBox problem={first.problem} retry={first.reload} at={first.at} />}
      {!first.data && !first.problem && <Skeleton rows={5} label="the history" />}
      {first.data && items.length === 0 && (
        <Empty title={`${name} has not been released yet.`} />
      )}
      {items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="History">
          <table>
            <thead>
              <tr>
                <th scope="col">Ticket</th>
                <th scope="col">Type</th>
                <th scope="col">Result</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">Why</th>
                <th scope="col">Start</th>
                <th scope="col">Took</th>
                <th scope="col">Way back</th>
              </tr>
            </thead>
            <tbody>
              {items.map((release) => (
                <tr key={release.id}>
                  <th scope="row"><Link href={to.release(release.id)}>{release.id}</Link></th>
                  <td>{release.type}</td>
                  <td><StatusMark status={release.status} /></td>
                  <td class="nowrap">{release.stable_version || '?'}</td>
                  <td class="nowrap">{release.version}</td>
                  <td class="why">{release.sentence || '–'}</td>
                  <td><Time at={release.start} full /></td>
                  <td class="nowrap">{took(release)}</td>
                  <td>
                    {release.allowed.includes('rollback') && release.id === latest?.id ? (
                      <button type="button" class="small danger-quiet" disabled={!mayOperate(who)}
                        onClick={() => askBack(release)}>
                        Roll back to {release.stable_version || 'before'}
                      </button>
                    ) : release.status === 'Succeeded' && release.version !==
                        rollout.data?.stable_version && latest?.allowed.includes('undo') ? (
                      <button type="button" class="small" disabled={!mayOperate(who)}
                        onClick={() => askBack(release)}>
                        Return to {release.version}
                      </button>
                    ) : <span class="dim">–</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {cursor && <p><button type="button" onClick={readMore}>Older releases</button></p>}
      {back && <Back release={back} latest={latest} close={() => setBack(null)} />}
    </main>
  );
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
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (active) {
    return (
      <p class="box">Under way: <Link href={to.release(active.id)}>{active.id}</Link>{' '}
        (<StatusMark status={active.status} />). A new version can be released when it has ended.
      </p>
    );
  }
  const start = (event: Event) => {
    event.preventDefault();
    setBusy(true);
    const body = {version, ...(stable ? {stable} : {})};
    post<Release>(`rollouts/${encodeURIComponent(rollout.name)}/releases`, body, newKey()).then(
      (release) => go(to.release(release.id)), (error: unknown) => {
        setProblem(problemOf(error));
        setBusy(false);
      });
  };
  return (
    <form class="box start" onSubmit={start}>
      <h2>Update version</h2>
      <p class="dim">{rollout.steps.length} steps; the first gives the canary{' '}
        {rollout.steps.find((step) => step.kind === 'setWeight')?.weight ?? 0} % of the traffic.</p>
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
      <button type="submit" class="primary" disabled={busy || !version || !mayOperate(who)}>
        Start release</button>
      {!mayOperate(who) && <p class="dim">You may look but not start releases:
        {' '}{who?.actor} is a {who?.role}.</p>}
      {problem && <ProblemBox problem={problem} />}
    </form>
  );
}
