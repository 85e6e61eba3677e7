// What is read of the server, and what it is asked to do, with the state that this is in. Shown by
// shown.tsx.
import {useCallback, useEffect, useMemo, useRef, useState} from 'preact/hooks';
import {ApiError, get} from '../api/client';
import type {Page, Problem} from '../api/types';

export interface Loaded<T> {
  data: T | null;  // the last good answer, also after an error
  problem: Problem | null;
  loading: boolean;
  at: number;  // ms: when `data` was read
  reload: () => void;
  set: (change: (data: T) => T) => void;
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return {title: 'Something went wrong on this page', detail: String(error), status: 0};
}

const kNothing = {data: null, problem: null, loading: true, at: 0};

// Reads `path` now and whenever it changes; "" reads nothing.
export function useLoad<T>(path: string): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, 'reload' | 'set'> & {path: string}>(
    {...kNothing, path});
  const turn = useRef(0);
  const reload = useCallback(() => {
    if (!path) return;
    const mine = ++turn.current;
    setState((old) => old.path === path ? {...old, loading: true} : {...kNothing, path});
    get<T>(path).then(
      (data) => {
        if (mine === turn.current) {
          setState({data, problem: null, loading: false, at: Date.now(), path});
        }
      },
      (error: unknown) => {
        if (mine === turn.current) {
          setState((old) => ({...old, problem: problemOf(error), loading: false, path}));
        }
      });
  }, [path]);
  useEffect(() => {
    reload();
    return () => {
      ++turn.current;
    };
  }, [reload]);
  const set = useCallback((change: (data: T) => T) => {
    setState((old) => old.data === null ? old
      : {...old, data: change(old.data), at: Date.now()});
  }, []);
  // Of another path nothing is shown, not even until the first answer.
  return {...(state.path === path ? state : kNothing), reload, set};
}

export interface Paged<T> extends Omit<Loaded<T[]>, 'set'> {
  more: (() => void) | null;  // reads the next page; null: there is none
}

// A list that comes in pages, newest first: the first now, the others as they are asked for.
export function usePages<T>(path: string): Paged<T> {
  const first = useLoad<Page<T>>(path);
  const [rest, setRest] = useState<{of: Page<T> | null; items: T[]; next: string | null}>(
    {of: null, items: [], next: null});
  const work = useWork<void>();
  const extra = rest.of === first.data ? rest
    : {of: first.data, items: [], next: first.data?.next ?? null};
  const data = useMemo(() => first.data && [...first.data.items, ...extra.items],
    [first.data, extra.items]);
  const more = () => work.run(async () => {
    const page = await get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}cursor=` +
      encodeURIComponent(extra.next ?? ''));
    setRest({of: first.data, items: [...extra.items, ...page.items], next: page.next ?? null});
  });
  return {data, problem: first.problem ?? work.problem, loading: first.loading || work.working,
    at: first.at, reload: first.reload, more: extra.next ? more : null};
}

export interface Work<T> {
  working: boolean;
  problem: Problem | null;
  result: T | null;
  run: (job: () => Promise<T>) => void;  // not while another is under way
  clear: () => void;
}

// Something that is done when a person asks for it.
export function useWork<T>(): Work<T> {
  const [state, setState] = useState<Omit<Work<T>, 'run' | 'clear'>>(
    {working: false, problem: null, result: null});
  const turn = useRef(0);
  const busy = useRef(false);
  useEffect(() => () => {
    ++turn.current;
  }, []);
  const clear = useCallback(() => {
    ++turn.current;
    busy.current = false;
    setState({working: false, problem: null, result: null});
  }, []);
  const run = useCallback((job: () => Promise<T>) => {
    if (busy.current) return;
    busy.current = true;
    const mine = ++turn.current;
    const ended = (next: Omit<Work<T>, 'run' | 'clear'>) => {
      if (mine !== turn.current) return;
      busy.current = false;
      setState(next);
    };
    setState((old) => ({...old, working: true, problem: null}));
    job().then((result) => ended({working: false, problem: null, result}),
      (error: unknown) => ended({working: false, problem: problemOf(error), result: null}));
  }, []);
  return {...state, run, clear};
}
