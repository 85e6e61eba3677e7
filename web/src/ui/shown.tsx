// The one frame around what is read of the server: loading, not allowed, gone, broken, old, empty,
// there. Pages say only what is theirs.
import type {ComponentChildren} from 'preact';
import type {Problem} from '../api/types';
import type {Loaded} from './loading';
import {ProblemBox, Skeleton} from './parts';
import {Link} from './router';

interface Props<T> {
  of: Pick<Loaded<T>, 'data' | 'problem' | 'reload' | 'at'>;
  label: string;  // "the history": what is loading, for those who hear the page
  rows?: number;  // of the skeleton
  empty?: ComponentChildren;  // where `data` is a list without items
  missing?: ComponentChildren;  // where there is no such thing (404)
  forbidden?: string;  // "The audit log is for administrators."
  children: (data: T) => ComponentChildren;
}

function isForbidden(problem: Problem | null): boolean {
  return problem?.status === 401 || problem?.status === 403;
}

function isEmpty(data: unknown): boolean {
  const items = Array.isArray(data) ? data : (data as {items?: unknown}).items;
  return Array.isArray(items) && items.length === 0;
}

// After an error what was read last stays, dimmed, with its age.
export function Shown<T>({of, label, rows = 4, empty, missing, forbidden, children}: Props<T>) {
  const {data, problem} = of;
  if (problem && forbidden && isForbidden(problem)) {
    return <Forbidden title={forbidden} problem={problem} />;
  }
  if (problem?.status === 404 && missing !== undefined) return <>{missing}</>;
  if (data === null) {
    return problem ? <ProblemBox problem={problem} retry={of.reload} />
      : <Skeleton rows={rows} label={label} />;
  }
  const content = empty !== undefined && isEmpty(data) ? empty : children(data);
  if (!problem) return <>{content}</>;
  return (
    <>
      <ProblemBox problem={problem} retry={of.reload} at={of.at} />
      <div class="aged">{content}</div>
    </>
  );
}

function Forbidden({title, problem}: {title: string; problem: Problem}) {
  return (
    <div class="box unsure" role="alert">
      <p><strong>{title}</strong></p>
      <p>{problem.detail?.replace(/([^.])$/, '$1.')} Another token is entered under{' '}
        <Link href="/ui/settings">Settings</Link>.</p>
    </div>
  );
}
