// One release as it is now: read once, then kept by the stream of events, with its curves.
import {useCallback, useRef} from 'preact/hooks';
import type {FeedState, LiveEvent} from '../api/live';
import type {Release} from '../api/types';
import {useFeed} from '../ui/hooks';
import {type Loaded, useLoad} from '../ui/loading';
import {type Samples, useSamples} from './story';

export interface LiveRelease {
  loaded: Loaded<Release>;
  samples: Samples;
  feed: FeedState;
}

// `also` sees every event after it was taken in.
export function useLiveRelease(id: string, also?: (event: LiveEvent) => void): LiveRelease {
  const path = `releases/${encodeURIComponent(id)}`;
  const loaded = useLoad<Release>(path);
  const samples = useSamples(path, loaded.data);
  const more = useRef(also);
  more.current = also;
  const live = useCallback((event: LiveEvent) => {
    if (event.type === 'reset') {
      loaded.reload();
      samples.reload();
    } else if (event.type === 'release.updated') {
      loaded.set(() => event.data as Release);
    } else if (event.type === 'metrics') {
      const report = (event.data as {report: Release['report']}).report;
      loaded.set((old) => ({...old, report}));
    }
    more.current?.(event);
  }, [loaded.reload, loaded.set, samples.reload]);
  // Over, it does not change any more; yet somebody may retry or return it.
  const feed = useFeed(loaded.problem?.status === 404 ? '' : `events?releases=${id}`, live);
  return {loaded, samples, feed};
}
