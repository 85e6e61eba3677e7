// Every rollout with its newest release: what needs a person comes first to the eye.
import {useCallback, useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {get} from '../api/client';
import type {LiveEvent} from '../api/live';
import type {Operation, Page, Release, Rollout, Status, Summary, Whoami} from '../api/types';
import {OperationDialog} from '../release/dialog';
import {columnsOf, notJudgedYet} from '../release/listed';
import {differs} from '../release/share';
import {statusWords} from '../text/messages';
import {FeedBar, FeedDot} from '../ui/feed';
import {useFeed, useSetting, useTitle} from '../ui/hooks';
import {useLoad, useWork} from '../ui/loading';
import {useKeys} from '../ui/keys';
import {List} from '../ui/list';
import {CopyText, Empty, ProblemBox} from '../ui/parts';
import {go, Link, setQuery, to, usePlace} from '../ui/router';
import {Shown} from '../ui/shown';

const kPageMax = 500;
const kEarlierMax = 20;

export function needsAttention(release: Summary): boolean {
  return release.status === 'Failed' ||
    (release.end === null && release.verdict === 'noData' && !notJudgedYet(release)) ||
    (release.end === null && release.verdict === 'fail') ||
    (release.status === 'Paused' && release.reason !== 'StepWait') ||
    release.status === 'RollingBack' ||
    (differs(release.weight) && (release.weight.observed ?? 0) > release.weight.set);
}

// "name", "!not", commas mean or; against ticket, rollout, versions and environment.
export function matches(release: Summary, query: string): boolean {
  const terms = query.toLowerCase().split(',').map((term) => term.trim()).filter((t) => t !== '');
  if (terms.length === 0) return true;
  const text = [release.id, release.rollout, release.version, release.stable_version,
    release.environment].join(' ').toLowerCase();
  return terms.some((term) => term.startsWith('!') ? !text.includes(term.slice(1))
    : text.includes(term));
}

function toSummary(release: Release, old: Summary | undefined): Summary {
  const failed = release.report?.metrics.find((m) => m.verdict === 'fail');
  const worst = failed ?? release.report?.metrics.find(
    (m) => m.name === release.judgement?.undecided_metric);
  return {
    ...release,
    steps_total: release.steps.length,
    environment: release.info?.environment ?? old?.environment ?? '',
    worst: worst ? {name: worst.name, verdict: worst.verdict, sentence: worst.sentence} : null,
  };
}

function withRelease(page: Page<Summary>, release: Release): Page<Summary> {
  const at = page.items.findIndex((item) => item.id === release.id);
  const items = [...page.items];
  if (at >= 0) items[at] = toSummary(release, items[at]);
  else items.unshift(toSummary(release, undefined));
  return {...page, items};
}

// The newest of each rollout; of one release what comes first, which is kept up.
function newest(items: Summary[]): Summary[] {
  const seen = new Map<string, Summary>();
  for (const item of items) {
    const old = seen.get(item.rollout);
    if (!old || Date.parse(item.start) > Date.parse(old.start)) seen.set(item.rollout, item);
  }
  return [...seen.values()];
}

function useFavourites(): [Set<string>, (name: string) => void] {
  const [text, setText] = useSetting('favourites', '');
  const set = useMemo(() => new Set(text.split('\n').filter((name) => name !== '')), [text]);
  return [set, (name) => {
    const next = new Set(set);
    if (!next.delete(name)) next.add(name);
    setText([...next].join('\n'));
  }];
}

type Order = 'status' | 'rollout' | 'start';
const kStatusOrder: Status[] = ['RollingBack', 'Failed', 'Paused', 'Promoting', 'Progressing',
  'Starting', 'Pending', 'Terminated', 'Succeeded'];

function sorted(items: Summary[], order: Order, favourites: Set<string>): Summary[] {
  const rank = (r: Summary) => kStatusOrder.indexOf(r.status);
  return [...items].sort((a, b) => {
    const liked = Number(favourites.has(b.rollout)) - Number(favourites.has(a.rollout));
    if (liked !== 0) return liked;
    if (order === 'rollout') return a.rollout.localeCompare(b.rollout);
    if (order === 'status' && rank(a) !== rank(b)) return rank(a) - rank(b);
    return Date.parse(b.start) - Date.parse(a.start);
  });
}

export function ReleasesPage() {
  useTitle('Releases');
  const {query} = usePlace();
  const q = query.get('q') ?? '';
  const status = query.get('status') ?? '';
  const env = query.get('env') ?? '';
  const order = (query.get('sort') ?? 'status') as Order;
  const releases = useLoad<Page<Summary>>(`releases?limit=${kPageMax}`);
  const rollouts = useLoad<Page<Rollout>>(`rollouts?limit=${kPageMax}`);
  const [favourites, toggle] = useFavourites();
  const who = useLoad<Whoami>('whoami').data;
  const asked = useWork<{release: Release; operation: Operation}>();  // from a row's menu
  const ask = ({id}: Summary, operation: Operation) => asked.run(async () =>
    ({release: await get<Release>(`releases/${encodeURIComponent(id)}`), operation}));
  const [active, setActive] = useState(-1);
  const search = useRef<HTMLInputElement>(null);
  const live = useCallback((event: LiveEvent) => {
    if (event.type === 'reset' || event.type === 'configuration.applied') {
      releases.reload();
      rollouts.reload();
    } else if (event.type === 'release.updated') {
      const release = event.data as Release;
      releases.set((page) => withRelease(page, release));
    }
  }, [releases.reload, releases.set, rollouts.reload]);
  const feed = useFeed('events', live);

  const all = useMemo(() => newest([
    ...(releases.data?.items ?? []),
    ...(rollouts.data?.items ?? []).flatMap((rollout) => rollout.latest ? [rollout.latest] : []),
  ]), [releases.data, rollouts.data]);
  const envs = useMemo(() => [...new Set(all.map((r) => r.environment))].filter((e) => e !== '')
    .sort(), [all]);
  const shown = useMemo(() => sorted(all.filter((release) => matches(release, q) &&
    (env === '' || release.environment === env) &&
    (status === '' || (status === 'attention' ? needsAttention(release)
      : release.status === status))), order, favourites), [all, q, env, status, order, favourites]);
  const earlier = useMemo(() => {
    const newestIds = new Set(all.map((release) => release.id));
    return sorted((releases.data?.items ?? []).filter((release) => !newestIds.has(release.id) &&
      matches(release, q) && (env === '' || release.environment === env) &&
      (status === '' || (status !== 'attention' && release.status === status))), 'start',
    new Set()).slice(0, kEarlierMax);
  }, [all, releases.data, q, env, status]);
  const idle = (rollouts.data?.items ?? []).filter((rollout) => !rollout.latest);
  const move = (by: number) => setActive((i) => Math.min(shown.length - 1, Math.max(0, i + by)));
  useEffect(() => {
    document.querySelector('tr.active')?.scrollIntoView({block: 'nearest'});
  }, [active]);
  useKeys({
    '/': () => search.current?.focus(),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ...(active >= 0 && shown[active] && document.activeElement === document.body
      ? {Enter: () => go(to.release(shown[active]?.id ?? ''))} : {}),
  });
  // Where nothing was released yet, the rollouts say what could be.
  const both = {
    data: releases.data && (rollouts.data || all.length > 0) ? all : null,
    problem: releases.problem ?? rollouts.problem, at: releases.at,
    reload: () => {
      releases.reload();
      rollouts.reload();
    },
  };
  const counters = kStatusOrder.map((s) => [s, all.filter((r) => r.status === s).length] as const)
    .filter(([, n]) => n > 0);
  const attention = all.filter(needsAttention).length;

  return (
    <main id="content" class={feed.feed === 'stale' ? 'aged' : ''}>
      <FeedBar state={feed} />
      <div class="page-head">
        <h1>Releases</h1>
        <FeedDot state={feed} />
      </div>
      {asked.problem && <ProblemBox problem={asked.problem} />}
      <Shown of={both} label="releases" rows={6} empty={<NoReleases idle={idle} />}>
        {() => <>
          <div class="counters" role="group" aria-label="Show by status">
            <button type="button" aria-pressed={status === ''}
              onClick={() => setQuery('status', '')}>
              All <b>{all.length}</b></button>
            <button type="button" aria-pressed={status === 'attention'}
              class={attention > 0 ? 'attention' : ''}
              onClick={() => setQuery('status', 'attention')}>
              <span aria-hidden="true">⚠</span> Needs attention <b>{attention}</b></button>
            {counters.map(([s, n]) => (
              <button key={s} type="button" aria-pressed={status === s}
                onClick={() => setQuery('status', s)}>{statusWords[s]} <b>{n}</b></button>
            ))}
          </div>
          <div class="filters">
            <label>Search
              <input ref={search} type="search" value={q} placeholder="name, !not, a,b"
                onInput={(event) => setQuery('q', event.currentTarget.value)} />
            </label>
            {envs.length > 0 && (
              <label>Environment
                <select value={env}
                  onChange={(event) => setQuery('env', event.currentTarget.value)}>
                  <option value="">all</option>
                  {envs.map((name) => <option key={name}>{name}</option>)}
                </select>
              </label>
            )}
            <label>Order
              <select value={order}
                onChange={(event) => setQuery('sort', event.currentTarget.value)}>
                <option value="status">what needs looking at</option>
                <option value="start">newest</option>
                <option value="rollout">name</option>
              </select>
            </label>
          </div>
          {shown.length > 0 && <List label="Releases" kind="releases" items={shown}
            columns={columnsOf({favourites, toggle, who, ask})} keyOf={(release) => release.rollout}
            rowClass={(_release, i) => i === active ? 'active' : ''} />}
          {earlier.length > 0 && (
            <>
              <h2 class="earlier">Earlier</h2>
              <List label="Earlier releases" kind="releases" items={earlier}
                columns={columnsOf(null)} keyOf={(release) => release.id} />
            </>
          )}
          {shown.length + earlier.length === 0 && (
            <p>No release matches. <Link href={to.releases}>Show all</Link></p>
          )}
        </>}
      </Shown>
      {all.length > 0 && idle.length > 0 && (
        <p class="dim">Without a release yet: {idle.map((rollout, i) => (
          <span key={rollout.name}>{i > 0 ? ', ' : ''}
            <Link href={to.history(rollout.name)}>{rollout.name}</Link></span>
        ))}</p>
      )}
      {asked.result && (
        <OperationDialog operation={asked.result.operation} release={asked.result.release}
          onClose={asked.clear} onDone={(answer) => {
            asked.clear();
            releases.set((page) => withRelease(page, answer.release));
          }} />
      )}
    </main>
  );
}

function NoReleases({idle}: {idle: Rollout[]}) {
  if (idle.length > 0) {
    return (
      <Empty title="Nothing has been released yet.">
        <p>{idle.length} {idle.length === 1 ? 'rollout is' : 'rollouts are'} configured:</p>
        <ul>{idle.map((rollout) => (
          <li key={rollout.name}><Link href={to.history(rollout.name)}>{rollout.name}</Link></li>
        ))}</ul>
      </Empty>
    );
  }
  return (
    <Empty title="No rollout is configured yet.">
      <p>Describe how one service is released, then start its first release:</p>
      <p class="buttons">
        <Link class="button primary" href="/ui/new?type=canary">New canary rollout</Link>
        <Link class="button" href="/ui/new?type=blueGreen">New blue-green rollout</Link>
      </p>
      <p>Or watch a demonstration on this machine: <CopyText value="serin demo" /></p>
    </Empty>
  );
}
