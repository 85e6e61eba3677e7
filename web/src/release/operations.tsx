// The buttons of a release. What may not be done now says why, in text.
import type {Operation, Release, Whoami} from '../api/types';
import {operationWords} from '../text/messages';
import {isWorse} from './glance';

const kMain: Operation[] = ['continue', 'approve', 'resume', 'pause', 'promoteFully', 'retry'];
const kMore: Operation[] = ['setWeight', 'mute', 'undo'];
const kBack: Operation[] = ['rollback', 'abort'];

// All that may be done to it now, the way back last.
export function operationsOf(allowed: Operation[]): Operation[] {
  return [...kMain, ...kMore, ...kBack].filter((operation) => allowed.includes(operation));
}

export const isBack = (operation: Operation): boolean => kBack.includes(operation);

interface Props {
  release: Release;
  who: Whoami | null;
  open: (operation: Operation) => void;
}

export function mayOperate(who: Whoami | null): boolean {
  return who === null || who.role !== 'viewer';
}

// What a pause waits for. Who paused resumes: to continue would leave the rest of the step out.
const kExpected: Record<string, Operation> = {StepWait: 'continue', Approval: 'approve',
  Manual: 'resume', Recovered: 'resume'};

// The plan waits for this person; nothing speaks against going on.
function expected(release: Release): Operation | undefined {
  return release.status === 'Paused' && !isWorse(release) ? kExpected[release.reason] : undefined;
}

export function Operations({release, who, open}: Props) {
  const allowed = (operation: Operation) => release.allowed.includes(operation);
  const may = mayOperate(who);
  const button = (operation: Operation, kind: string) => (
    <button key={operation} type="button" class={kind} disabled={!may}
      {...(may ? {} : {'aria-describedby': 'forbidden'})}
      onClick={() => open(operation)}>
      {operationWords[operation].button}
    </button>
  );
  const main = kMain.filter(allowed);
  const more = kMore.filter(allowed);
  const back = kBack.filter(allowed);
  if (main.length + more.length + back.length === 0) {
    return <p class="dim">Nothing can be done to this release now.</p>;
  }
  return (
    <div class="operations">
      {main.map((operation) => button(operation,
        operation === expected(release) ? 'primary' : ''))}
      {more.length > 0 && (
        <details class="more">
          <summary>More</summary>
          <div class="more-menu">{more.map((operation) => button(operation, ''))}</div>
        </details>
      )}
      <span class="spacer" />
      {back.map((operation) => button(operation,
        operation === 'abort' ? 'danger' : 'danger-quiet'))}
      {!may && (
        <p id="forbidden" class="dim">
          You may look but not act: <code>{who?.actor}</code> is a {who?.role}. An operator’s token
          is entered under <a href="/ui/settings">Settings</a>.
        </p>
      )}
    </div>
  );
}
