// Whether what is shown is live; it never pretends to be.
import type {FeedState} from '../api/live';
import {text} from '../text/messages';
import {useNow} from './hooks';
import {Time} from './parts';

export function FeedDot({state}: {state: FeedState}) {
  const now = useNow();
  if (state.feed === 'live') {
    const seconds = Math.max(0, Math.round((now - state.heard) / 1000));
    return (
      <span class="feed good" data-feed="live"><span aria-hidden="true">●</span> {text.live},
        heard {seconds} s ago</span>
    );
  }
  return (
    <span class={`feed ${state.feed === 'stale' ? 'unsure' : ''}`} data-feed={state.feed}>
      <span aria-hidden="true">○</span> {state.feed === 'stale' ? 'stale' : text.connecting}
    </span>
  );
}

export function FeedBar({state}: {state: FeedState}) {
  const now = useNow();
  if (state.feed !== 'stale') return null;
  const from = state.heard || state.since;
  return (
    <div class="stale-bar" role="status" data-testid="stale">
      <strong><span aria-hidden="true">⚠</span>{' '}
        {text.stale(Math.max(0, Math.round((now - from) / 1000)))}</strong>{' '}
      {text.staleDetail}
    </div>
  );
}

// Nothing comes any more: what is shown stays so.
export function Finished({at}: {at: string}) {
  return (
    <span class="feed"><span aria-hidden="true">■</span> finished, as of <Time at={at} full />
    </span>
  );
}
