// Addresses: pages below /ui/, moved between without loading anew.
import {createContext} from 'preact';
import type {ComponentChildren, JSX} from 'preact';
import {useContext, useEffect, useState} from 'preact/hooks';

export interface Place {
  path: string[];  // below /ui/
  query: URLSearchParams;
  hash: string;
}

function here(): Place {
  const path = location.pathname.replace(/^\/ui\/?/, '').split('/')
    .filter((part) => part !== '').map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return {path, query: new URLSearchParams(location.search), hash: location.hash.slice(1)};
}

const kMoved = 'serin.moved';

export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  window.dispatchEvent(new Event(kMoved));
}

export const PlaceContext = createContext<Place>(here());
export const usePlace = (): Place => useContext(PlaceContext);

export function Places({children}: {children: ComponentChildren}) {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    window.addEventListener('popstate', moved);
    window.addEventListener('hashchange', moved);
    window.addEventListener(kMoved, moved);
    return () => {
      window.removeEventListener('popstate', moved);
      window.removeEventListener('hashchange', moved);
      window.removeEventListener(kMoved, moved);
    };
  }, []);
  return <PlaceContext.Provider value={place}>{children}</PlaceContext.Provider>;
}

export const to = {
  releases: '/ui/releases',
  release: (id: string) => `/ui/releases/${encodeURIComponent(id)}`,
  metric: (id: string, metric: string) =>
    `/ui/releases/${encodeURIComponent(id)}/metrics/${encodeURIComponent(metric)}`,
  rollout: (name: string) => `/ui/rollouts/${encodeURIComponent(name)}`,
  history: (name: string) => `/ui/rollouts/${encodeURIComponent(name)}/history`,
  // Where releases are started, with the versions filled in.
  start: (name: string, version: string, stable: string) => {
    const query = new URLSearchParams([['version', version], ['stable', stable]]
      .filter(([, value]) => value)).toString();
    return `/ui/rollouts/${encodeURIComponent(name)}/history${query ? `?${query}` : ''}`;
  },
  // Either may be left out: the newest, and the one before it.
  compare: (name: string, a = '', b = '') => {
    const query = new URLSearchParams([['a', a], ['b', b]].filter(([, id]) => id)).toString();
    return `/ui/rollouts/${encodeURIComponent(name)}/compare${query ? `?${query}` : ''}`;
  },
};

type LinkProps = JSX.HTMLAttributes<HTMLAnchorElement> & {href: string};

export function Link({href, onClick: _ignored, ...rest}: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    go(href);
    window.scrollTo(0, 0);
  };
  return <a href={href} onClick={follow} {...rest} />;
}

// Changes parameters of the address without a new entry in the history; "" takes one away.
export function setQueries(values: Record<string, string>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString().replace(/%3A/g, ':').replace(/%2C/g, ',');  // readable as it is
  go(location.pathname + (text ? `?${text}` : '') + location.hash, true);
}

export function setQuery(name: string, value: string): void {
  setQueries({[name]: value});
}
