// Asks before something is done: what it does in numbers, on whom; the verb on the button. The
// focus starts on Cancel, Escape closes.
import {useEffect, useRef, useState} from 'preact/hooks';
import {newKey, post} from '../api/client';
import type {Operated, Operation, Release} from '../api/types';
import {count, num, percent, share, unbroken} from '../text/format';
import {operationWords, text} from '../text/messages';
import {useWork} from '../ui/loading';
import {ProblemBox} from '../ui/parts';
import {go, to} from '../ui/router';

// "25 % of the traffic (about 100 requests/s)": the rate of both versions so far, by the share.
function trafficOf(release: Release): string {
  const weight = release.weight.observed ?? release.weight.set;
  const seconds = release.report?.runningSeconds ?? 0;
  const metric = release.report?.metrics.find((m) => m.kind === 'errors');
  const requests = num(metric?.stable?.exposure) + num(metric?.canary?.exposure);
  const rate = requests / seconds * weight / 100;
  const about = seconds > 10 && rate >= 1 ? ` (about ${count(Math.round(rate))} requests/s)` : '';
  return `${percent(weight)} of the traffic${about}`;
}

// What will happen, in numbers.
export function effectOf(operation: Operation, release: Release): string {
  const now = percent(release.weight.observed ?? release.weight.set);
  const stable = release.stable_version || 'the stable version';
  const rest = release.steps.filter((step) => step.status === 'pending').length;
  switch (operation) {
    case 'abort':
      return `${trafficOf(release)} returns from ${release.version} to ${stable}, at once. ` +
        'Requests in flight finish. The release ends as Terminated.';
    case 'rollback':
      return `${trafficOf(release)} returns from ${release.version} to ${stable}, at once, and ` +
        'the state before this release is restored under a new ticket. A release under way ends.';
    case 'promoteFully':
      return `${release.version} takes 100 % of the traffic now (it has ${now}). ` +
        (rest === 0 ? '' : `${rest} ${rest === 1 ? 'step is' : 'steps are'} skipped.`);
    case 'continue': {
      const next = release.steps.slice(release.step + 1).find((s) => s.kind === 'setWeight');
      const then = next ? `The canary goes from ${now} to ${percent(next.weight)}.`
        : `The canary has ${now}. Promotion is next.`;
      return `This step ends now. ${then}`;
    }
    case 'pause':
      return `The canary keeps ${now} of the traffic until a person resumes. ` +
        'Metrics are judged all the time: a failure still returns it to stable.';
    case 'resume':
      return `The plan goes on from step ${Math.min(release.step + 1, release.steps.length)} of ` +
        `${release.steps.length}; the canary has ${now}.`;
    case 'retry':
      return `${release.version} is released again from the first step, as a new ticket.`;
    case 'approve':
      return `The check is approved and the plan goes on; the canary has ${now}.`;
    case 'setWeight':
      return `The canary has ${now} of the traffic now; the plan’s next step sets it again.`;
    case 'undo':
      return 'An older version goes through the steps, as a new ticket.';
    case 'mute':
      return 'The metric is judged no more in this release; it neither returns it to stable nor ' +
        'holds it.';
  }
}

function worse(release: Release): string[] {
  return (release.report?.metrics ?? []).filter((m) => m.verdict === 'fail').map((m) => m.name);
}

function unsure(release: Release): boolean {
  return (release.report?.metrics ?? []).some((m) => m.required && m.verdict !== 'pass');
}

interface Props {
  operation: Operation;
  release: Release;
  of?: string;  // the metric that is muted, chosen already
  onClose: () => void;
  onDone: (answer: Operated) => void;
}

export function OperationDialog({operation, release, of, onClose, onDone}: Props) {
  const words = operationWords[operation];
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const key = useRef(newKey());
  const [reason, setReason] = useState('');
  const [name, setName] = useState('');
  const [weight, setWeight] = useState(String(release.weight.set));
  const [metric, setMetric] = useState(of ?? release.report?.metrics[0]?.name ?? '');
  const [version, setVersion] = useState(release.stable_version);
  const {working, problem, run} = useWork<void>();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    cancel.current?.focus();
    return () => {
      dialog.current?.close();  // while it stands, nothing behind it takes the focus
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);

  const against = operation === 'promoteFully' ? worse(release) : [];
  const reasonNeeded = operation === 'mute' ||
    (operation === 'promoteFully' && (against.length > 0 || unsure(release)));
  const share100 = Number(weight);
  const ready = !working && (!reasonNeeded || reason.trim() !== '') &&
    (against.length === 0 || name === release.id) &&
    (operation !== 'setWeight' || (weight !== '' && share100 >= 0 && share100 <= 100)) &&
    (operation !== 'mute' || metric !== '') && (operation !== 'undo' || version !== '');

  const act = (event: Event) => {
    event.preventDefault();
    if (!ready) return;
    const body = {
      ...(reason.trim() ? {reason: reason.trim()} : {}),
      ...(operation === 'setWeight' ? {weight: share100} : {}),
      ...(operation === 'mute' ? {metric} : {}),
      ...(operation === 'undo' ? {version} : {}),
    };
    const path = `releases/${encodeURIComponent(release.id)}/operations/${operation}`;
    run(async () => {
      const sent = key.current;
      key.current = newKey();  // for another press, should this one fail
      const answer = await post<Operated>(path, body, sent);
      onDone(answer);
      if (answer.opened) go(to.release(answer.opened));
    });
  };

  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}>
      <form onSubmit={act}>
        <h2 id="dialog-title">{words.title(release.id)}</h2>
        <p>{effectOf(operation, release)}</p>
        {against.length > 0 && (
          <div class="box bad">
            <p><strong><span aria-hidden="true">▲</span> Worse now: {against.join(', ')}.</strong>
            </p>
            {release.report?.metrics.filter((m) => m.verdict === 'fail').map((m) => (
              <p key={m.name}>{unbroken(m.sentence)} (canary {share(m.canary?.value)})</p>
            ))}
          </div>
        )}
        {operation === 'setWeight' && (
          <label>Canary’s share in per cent
            <input type="number" min="0" max="100" step="any" required value={weight}
              onInput={(event) => setWeight(event.currentTarget.value)} />
          </label>
        )}
        {operation === 'undo' && (
          <label>Version
            <input value={version} onInput={(event) => setVersion(event.currentTarget.value)} />
          </label>
        )}
        {operation === 'mute' && (
          <label>Metric
            <select value={metric} onChange={(event) => setMetric(event.currentTarget.value)}>
              {release.report?.metrics.map((m) => <option key={m.name}>{m.name}</option>)}
            </select>
          </label>
        )}
        <label>Why{reasonNeeded ? ' (needed)' : ' (kept in the audit log)'}
          <input value={reason} maxLength={1000}
            onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        {against.length > 0 && (
          <label><span>Type <code>{release.id}</code> to release it all the same</span>
            <input value={name} autocomplete="off"
              onInput={(event) => setName(event.currentTarget.value)} />
          </label>
        )}
        {problem && <ProblemBox problem={problem} />}
        <div class="buttons">
          <button type="button" ref={cancel} onClick={onClose}>{text.cancel}</button>
          <button type="submit" disabled={!ready}
            class={operation === 'abort' || operation === 'rollback' ? 'danger' : 'primary'}>
            {working ? 'Asked …' : words.confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
