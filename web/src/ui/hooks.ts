// What pages share: the stream of events, settings of this browser, time that passes. What is read
// of the server is in loading.ts.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks';
import {type FeedState, LiveFeed, type LiveEvent} from '../api/live';
import type {Zone} from '../text/format';

export function useFeed(path: string, onEvent: (event: LiveEvent) => void): FeedState {
  const [state, setState] = useState<FeedState>(
    {feed: 'connecting', since: Date.now(), heard: 0});
  const handler = useRef(onEvent);
  handler.current = onEvent;
  useEffect(() => {
    if (!path) return undefined;
    const feed = new LiveFeed(path, (event) => handler.current(event), setState);
    return () => feed.close();
  }, [path]);
  return state;
}

const tickers = new Set<(now: number) => void>();
let ticking = 0;

// One timer for all that shows passing time.
function onTick(tell: (now: number) => void): () => void {
  tickers.add(tell);
  if (tickers.size === 1) {
    ticking = window.setInterval(() => {
      if (document.hidden) return;
      const now = Date.now();
      for (const each of tickers) each(now);
    }, 1000);
  }
  return () => {
    tickers.delete(tell);
    if (tickers.size === 0) clearInterval(ticking);
  };
}

// Now in ms, once a second.
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => onTick(setNow), []);
  return now;
}

// A text that depends on the time; what shows it is drawn anew only where the text changes.
export function useTimeText(text: (now: number) => string): string {
  const current = useRef(text);
  current.current = text;
  const [, changed] = useState('');
  useEffect(() => onTick((now) => changed(current.current(now))), []);
  return text(Date.now());
}

function stored(key: string, fallback: string): string {
  try {
    return localStorage.getItem(key) ?? fallback;
  } catch {
    return fallback;
  }
}

const kChanged = 'serin.setting';

// A setting of this browser, the same in all of the page.
export function useSetting(name: string, fallback: string): [string, (value: string) => void] {
  const key = `serin.${name}`;
  const [value, setValue] = useState(() => stored(key, fallback));
  useEffect(() => {
    const changed = (event: Event) => {
      if ((event as CustomEvent<string>).detail === key) setValue(stored(key, fallback));
    };
    window.addEventListener(kChanged, changed);
    return () => window.removeEventListener(kChanged, changed);
  }, [key, fallback]);
  const set = useCallback((next: string) => {
    try {
      localStorage.setItem(key, next);
    } catch {
      // Not kept: this page has it all the same.
    }
    setValue(next);
    window.dispatchEvent(new CustomEvent(kChanged, {detail: key}));
  }, [key]);
  return [value, set];
}

export function useZone(): Zone {
  return useSetting('zone', 'local')[0] === 'utc' ? 'utc' : 'local';
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · serin` : 'serin';
  }, [title]);
}

// Whether a media query holds now.
export function useMedia(text: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(text).matches);
  useEffect(() => {
    const query = matchMedia(text);
    const changed = () => setHolds(query.matches);
    changed();
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, [text]);
  return holds;
}

// Light or dark, as it is shown now: charts are drawn in one of them.
export function useDark(): boolean {
  const [theme] = useSetting('theme', 'system');
  const system = useMedia('(prefers-color-scheme: dark)');
  const paper = useMedia('print');
  return !paper && (theme === 'dark' || (theme !== 'light' && system));
}
