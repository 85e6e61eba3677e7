// Small pieces that every page uses.
import {type ComponentChildren, Fragment} from 'preact';
import {useEffect, useState} from 'preact/hooks';
import type {Problem, Status, StepStatus} from '../api/types';
import {clock, dateTime, duration} from '../text/format';
import {statusWords, text} from '../text/messages';
import {useNow, useTimeText, useZone} from './hooks';

const kStatusLook: Record<Status, {icon: string; tone: string}> = {
  Pending: {icon: '◌', tone: 'neutral'},
  Starting: {icon: '◌', tone: 'running'},
  Progressing: {icon: '◌', tone: 'running'},
  Paused: {icon: '‖', tone: 'unsure'},
  Promoting: {icon: '◌', tone: 'running'},
  RollingBack: {icon: '↩', tone: 'bad'},
  Succeeded: {icon: '✔', tone: 'good'},
  Failed: {icon: '✖', tone: 'bad'},
  Terminated: {icon: '✖', tone: 'neutral'},
};

export const stepLook: Record<StepStatus, {icon: string; tone: string}> = {
  done: {icon: '✔', tone: 'good'},
  current: {icon: '◌', tone: 'running'},
  failed: {icon: '✖', tone: 'bad'},
  skipped: {icon: '–', tone: 'neutral'},
  pending: {icon: '·', tone: 'neutral'},
};

export function toneOf(status: Status): string {
  return kStatusLook[status]?.tone ?? 'neutral';
}

// An icon and a word: colour alone never says it.
export function Mark({icon, tone, children}: {
  icon: string; tone: string; children: ComponentChildren;
}) {
  return <span class={`mark ${tone}`}><span aria-hidden="true">{icon}</span> {children}</span>;
}

export function StatusMark({status}: {status: Status}) {
  const look = kStatusLook[status] ?? {icon: '?', tone: 'neutral'};
  return <Mark {...look}>{statusWords[status] ?? status}</Mark>;
}

export function Time({at, full}: {at: string | null | undefined; full?: boolean}) {
  const zone = useZone();
  if (!at) return <span>–</span>;
  const words = (full ? dateTime(at, zone) : clock(at, zone)).split(' ');
  return (
    <time dateTime={at} title={at}>{words.map((word, i) => (
      <Fragment key={i}>{i > 0 && ' '}<span class="nowrap">{word}</span></Fragment>
    ))}</time>
  );
}

export function Ago({at}: {at: string}) {
  const age = useTimeText((now) => duration((now - Date.parse(at)) / 1000));
  return <time dateTime={at} title={at}>{age}</time>;
}

// Shown only where loading takes long enough to be noticed; takes its place from the start.
export function Skeleton({rows = 3, label}: {rows?: number; label: string}) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" aria-busy="true">
      <span class="hidden">Loading {label}</span>
      {Array.from({length: rows}, (_, i) => (
        <div key={i} class={shown ? 'bone shown' : 'bone'} aria-hidden="true" />
      ))}
    </div>
  );
}

export function ProblemBox({problem, retry, at}: {
  problem: Problem; retry?: () => void; at?: number;
}) {
  const now = useNow();
  return (
    <div class="box bad" role="alert">
      <p><strong><span aria-hidden="true">✖</span> {problem.title}</strong></p>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.errors?.map((error, i) => (
        <p key={i}>{error.pointer && <code>{error.pointer}</code>} {error.code} {error.detail}</p>
      ))}
      {problem.requestId && <p class="dim">Request <code>{problem.requestId}</code></p>}
      {at ? (
        <p class="dim">Shown below: what was read {duration((now - at) / 1000)} ago.</p>
      ) : null}
      {retry && <button type="button" onClick={retry}>{text.retry}</button>}
    </div>
  );
}

function useCopy(value: string): {done: boolean; copy: () => void} {
  const [done, setDone] = useState(false);
  useEffect(() => setDone(false), [value]);
  const copy = () => {
    navigator.clipboard.writeText(value).then(() => {
      setDone(true);
      window.setTimeout(() => setDone(false), 2000);
    }, () => setDone(false));
  };
  return {done, copy};
}

export function CopyText({value, label}: {value: string; label?: string}) {
  const {done, copy} = useCopy(value);
  return (
    <span class="copy">
      <code>{value}</code>
      <button type="button" class="small" onClick={copy} aria-label={label ?? `Copy ${value}`}>
        {done ? text.copied : text.copy}
      </button>
    </span>
  );
}

// Some lines of text with a button that copies them; `children` are more to press.
export function CopyBlock({value, label, children}: {
  value: string; label: string; children?: ComponentChildren;
}) {
  const {done, copy} = useCopy(value);
  return (
    <div class="copy-block">
      <pre tabIndex={0}><code>{value}</code></pre>
      <p class="buttons left">
        <button type="button" class="small" onClick={copy}>{done ? text.copied : label}</button>
        {children}
      </p>
    </div>
  );
}

// Why there is nothing, and what one can do.
export function Empty({title, children}: {title: string; children?: ComponentChildren}) {
  return (
    <div class="box empty">
      <p><strong>{title}</strong></p>
      {children}
    </div>
  );
}

// The way to what is older than what is shown.
export function Older({of, what}: {
  of: {more: (() => void) | null; loading: boolean}; what: string;
}) {
  if (!of.more) return null;
  return (
    <p><button type="button" disabled={of.loading} onClick={of.more}>Older {what}</button></p>
  );
}

// Why a button can't be pressed, beside it.
export function MayNot({who, what}: {
  who: {actor: string; role: string} | null; what: string;
}) {
  return (
    <p class="dim">You may look but not {what}: <code>{who?.actor}</code> is a {who?.role}. An
      operator’s token is entered under <a href="/ui/settings">Settings</a>.</p>
  );
}

export function Facts({items}: {items: [string, ComponentChildren][]}) {
  return (
    <dl class="facts">
      {items.map(([term, fact]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{fact === '' || fact === null || fact === undefined ? '–' : fact}</dd>
        </div>
      ))}
    </dl>
  );
}
