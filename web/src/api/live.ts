// The stream of events: one a page, closed while the tab is hidden, resumed where it stopped.
//
// It is read with fetch and not with EventSource, which can send neither a token nor say whether
// bytes still come. Silence is checked: after two seconds without a byte the server is asked
// whether it answers, so that a dead connection is called stale within five seconds.
import {headers, kBase} from './client';

export type Feed = 'connecting' | 'live' | 'stale';
export interface FeedState {
  feed: Feed;
  since: number;  // ms: when it became so
  heard: number;  // ms: when the server was last heard
}
export interface LiveEvent {
  type: string;
  id: string;
  data: unknown;
}

const kQuietMs = 2000;
const kProbeMs = 2000;
const kRetryMinMs = 500;
const kRetryMaxMs = 5000;
const kBufferMax = 4 * 1024 * 1024;

export class LiveFeed {
  private state: FeedState = {feed: 'connecting', since: Date.now(), heard: 0};
  private lastId = '';
  private stopper: AbortController | null = null;
  private retryMs = kRetryMinMs;
  private retryTimer = 0;
  private probing = false;
  private readonly watch: number;
  private closed = false;

  // `onEvent` also gets {type: 'reset'} after anything that may have left a gap: read all anew.
  constructor(private readonly path: string, private readonly onEvent: (event: LiveEvent) => void,
    private readonly onState: (state: FeedState) => void) {
    this.watch = window.setInterval(() => void this.check(), 500);
    document.addEventListener('visibilitychange', this.onVisibility);
    window.addEventListener('offline', this.onOffline);
    window.addEventListener('online', this.onOnline);
    void this.connect();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.watch);
    clearTimeout(this.retryTimer);
    document.removeEventListener('visibilitychange', this.onVisibility);
    window.removeEventListener('offline', this.onOffline);
    window.removeEventListener('online', this.onOnline);
    this.stopper?.abort();
  }

  private readonly onVisibility = (): void => {
    if (document.hidden) {
      clearTimeout(this.retryTimer);
      this.drop();
    } else if (!this.stopper) {
      this.retryMs = kRetryMinMs;
      void this.connect();
    }
  };

  private readonly onOffline = (): void => this.lost();
  private readonly onOnline = (): void => {
    if (this.stopper) return;
    clearTimeout(this.retryTimer);
    void this.connect();
  };

  private set(feed: Feed): void {
    if (this.state.feed === feed) return;
    this.state = {...this.state, feed, since: Date.now()};
    this.onState(this.state);
  }

  private hear(): void {
    this.state = {...this.state, heard: Date.now()};
    if (this.state.feed === 'live') this.onState(this.state);
    else this.set('live');
  }

  private drop(): void {
    this.stopper?.abort();
    this.stopper = null;
  }

  private lost(): void {
    this.drop();
    if (this.closed || document.hidden) return;
    this.set('stale');
    clearTimeout(this.retryTimer);
    // Spread, so that many tabs do not come back in one moment.
    this.retryTimer = window.setTimeout(() => void this.connect(),
      this.retryMs * (0.5 + Math.random()));
    this.retryMs = Math.min(this.retryMs * 2, kRetryMaxMs);
  }

  private async connect(): Promise<void> {
    if (this.closed) return;
    const stop = new AbortController();
    this.drop();
    this.stopper = stop;
    const opened = window.setTimeout(() => stop.abort(), kQuietMs + kProbeMs);
    try {
      const response = await fetch(`${kBase}/${this.path}`, {
        headers: {
          Accept: 'text/event-stream',
          ...headers(),
          ...(this.lastId ? {'Last-Event-ID': this.lastId} : {}),
        },
        cache: 'no-store',
        signal: stop.signal,
      });
      clearTimeout(opened);
      if (!response.ok || !response.body) throw new Error(String(response.status));
      this.retryMs = kRetryMinMs;
      const resumed = this.lastId !== '';
      this.hear();
      // Without an id to go on from, what happened before the stream stood is read.
      if (!resumed) this.onEvent({type: 'reset', id: '', data: null});
      await this.read(response.body, stop.signal);
      throw new Error('ended');
    } catch {
      clearTimeout(opened);
      if (this.stopper === stop) {
        this.stopper = null;
        this.lost();
      }
    }
  }

  private async read(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let buffer = '';
    for (;;) {
      const {done, value} = await reader.read();
      if (done || signal.aborted) return;
      this.hear();
      buffer += decoder.decode(value, {stream: true}).replace(/\r\n?/g, '\n');
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        this.dispatch(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
      }
      if (buffer.length > kBufferMax) throw new Error('an event without end');
    }
  }

  private dispatch(block: string): void {
    let type = 'message';
    let id: string | null = null;
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') type = value;
      else if (field === 'id') id = value;
      else if (field === 'data') data.push(value);
    }
    if (id !== null) this.lastId = id;
    if (data.length === 0) return;
    let content: unknown = null;
    try {
      content = JSON.parse(data.join('\n'));
    } catch {
      return;
    }
    this.onEvent({type, id: this.lastId, data: content});
  }

  private async check(): Promise<void> {
    if (this.closed || document.hidden || this.probing || this.state.feed !== 'live') return;
    if (Date.now() - this.state.heard < kQuietMs) return;
    this.probing = true;
    const stop = new AbortController();
    const timer = window.setTimeout(() => stop.abort(), kProbeMs);
    try {
      const response = await fetch('/healthz', {cache: 'no-store', signal: stop.signal});
      if (!response.ok) throw new Error(String(response.status));
      this.hear();
    } catch {
      this.lost();
    } finally {
      clearTimeout(timer);
      this.probing = false;
    }
  }
}
