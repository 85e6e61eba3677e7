// The past of a release: its journal and how its metrics developed; kept up while it goes on.
import {useCallback, useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {get} from '../api/client';
import type {Happening, Page, Problem, Release, Sample, Told} from '../api/types';
import {problemOf} from '../ui/loading';
import {merge, toSample} from '../charts/curves';

const kPageMax = 500;
const kPagesMax = 40;
const kSoonMs = 300;
// The server remembers from its own start: what was before, the journal has.
const kMissingMs = 60_000;

export interface Events {
  items: Happening[];
  told: Told[];
  problem: Problem | null;
  reload: () => void;
  soon: () => void;  // reads what is new, in a moment
}

interface Read {
  items: Happening[];
  before: number;  // how many of them came before the page that `cursor` gives
  cursor: string;
}

// Judgements and operations. A journal only grows: what is new is on its last page.
export function useEvents(path: string): Events {
  const [items, setItems] = useState<Happening[]>([]);
  const [told, setTold] = useState<Told[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const timer = useRef(0);
  const turn = useRef(0);
  const last = useRef<Read>({items: [], before: 0, cursor: ''});
  const read = useCallback(() => {
    const mine = ++turn.current;
    const state = {...last.current, items: last.current.items.slice(0, last.current.before)};
    const pages = async (): Promise<void> => {
      for (let i = 0; i < kPagesMax; ++i) {
        const more = state.cursor ? `&cursor=${encodeURIComponent(state.cursor)}` : '';
        const answer = await get<Page<Happening>>(`${path}/decisions?limit=${kPageMax}${more}`);
        state.before = state.items.length;
        state.items = [...state.items, ...answer.items];
        if (!answer.next) return;
        state.cursor = answer.next;
      }
    };
    get<Page<Told>>(`happenings?limit=${kPageMax}&release=${path.replace('releases/', '')}`).then(
      (page) => {
        if (mine === turn.current) setTold(page.items);
      }, () => undefined);  // The journal below says whether the server answers.
    pages().then(() => {
      if (mine !== turn.current) return;
      last.current = state;
      setItems(state.items);
      setProblem(null);
    }, (error: unknown) => {
      if (mine === turn.current) setProblem(problemOf(error));
    });
  }, [path]);
  useEffect(() => {
    last.current = {items: [], before: 0, cursor: ''};
    setItems([]);
    setTold([]);
    read();
    return () => {
      ++turn.current;
      clearTimeout(timer.current);
    };
  }, [read]);
  const soon = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(read, kSoonMs);
  }, [read]);
  return {items, told, problem, reload: read, soon};
}

export interface Samples {
  items: Map<string, Sample[]>;  // by metric
  read: boolean;  // all that there is was read once
  problem: Problem | null;
  reload: () => void;
}

// The look that ended a release may have come too soon after another one to be kept.
function withEnd(items: Map<string, Sample[]>, release: Release | null): Map<string, Sample[]> {
  const end = release?.end;
  if (!release || !end) return items;
  const next = new Map(items);
  for (const metric of release.report?.metrics ?? []) {
    const kept = items.get(metric.name) ?? [];
    if (kept.length > 0 && metric.windows) {
      next.set(metric.name, merge(kept, [toSample(release, metric, end)]));
    }
  }
  return next;
}

// Of every compared metric: what the server has kept, and from then on what the page sees.
export function useSamples(path: string, release: Release | null): Samples {
  const [items, setItems] = useState<Map<string, Sample[]>>(new Map());
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  const [read, setRead] = useState(false);
  const start = release?.start ?? '';
  const names = useMemo(() => (release?.report?.metrics ?? [])
    .filter((metric) => metric.kind !== 'threshold').map((metric) => metric.name).join('\n'),
  [release?.report]);
  useEffect(() => {
    if (!names) return undefined;
    let dropped = false;
    const take = (name: string, more: Sample[]) => {
      if (!dropped) setItems((old) => new Map(old).set(name, merge(more, old.get(name) ?? [])));
    };
    let wrong: Problem | null = null;
    const remembered = names.split('\n').map(async (name) => {
      try {
        const answer =
          await get<{items: Sample[]}>(`${path}/metrics/${encodeURIComponent(name)}/samples`);
        take(name, answer.items);
        return Date.parse(answer.items[0]?.time ?? '');
      } catch (error) {
        wrong = problemOf(error);
        return NaN;
      }
    });
    const readAll = async (): Promise<void> => {
      const firsts = await Promise.all(remembered);
      if (dropped || firsts.some((first) => first - Date.parse(start) < kMissingMs)) return;
      try {
        const told = await get<{samples: Record<string, Sample[]>}>(`${path}/report?format=json`);
        for (const [name, more] of Object.entries(told.samples)) take(name, more);
        wrong = null;
      } catch {
        // Old records are pruned: what the server remembers is all there is.
      }
    };
    readAll().finally(() => {
      if (dropped) return;
      setProblem(wrong);
      setRead(true);
    });
    return () => {
      dropped = true;
    };
  }, [path, names, start, turn]);
  useEffect(() => {
    setItems(new Map());
    setRead(false);
  }, [path]);
  useEffect(() => {
    if (!release?.report || release.end) return;
    const time = new Date().toISOString();
    const report = release.report;
    setItems((old) => {
      const next = new Map(old);
      for (const metric of report.metrics) {
        // Without an answer it is what was known before, no look of now.
        if (metric.kind === 'threshold' || !metric.windows || metric.problem) continue;
        next.set(metric.name,
          merge(old.get(metric.name) ?? [], [toSample(release, metric, time)]));
      }
      return next;
    });
  }, [release?.report]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const whole = useMemo(() => withEnd(items, release), [items, release]);
  return {items: whole, read, problem, reload};
}
