// The plan as an ordered list: what is done, where it is, what is to come.
import type {ComponentChildren} from 'preact';
import type {Release, Step, StepStatus} from '../api/types';
import {duration, percent} from '../text/format';
import {stepWords} from '../text/messages';
import {useNow} from '../ui/hooks';
import {Facts, stepLook, Time} from '../ui/parts';
import {usePlace} from '../ui/router';

const kTitles: Record<string, string> = {
  approval: 'approval',
  analysis: 'analysis',
  hook: 'hook',
  setCanaryScale: 'scale the canary',
  setMirrorRoute: 'copy requests',
  cleanup: 'clean up',
};

export function stepTitle(step: Step): string {
  switch (step.kind) {
    case 'setWeight':
      return percent(step.weight);
    case 'pause':
      return step.duration_s === undefined ? 'wait for a person'
        : `watch ${duration(step.duration_s)}`;
    case 'setHeaderRoute':
      return `${step.opens ? 'open' : 'close'} route ${step.route ?? ''}`.trim();
    default:
      return kTitles[step.kind] ?? step.kind;
  }
}

// It goes on no more, or back.
function wontReach(release: Release): boolean {
  return release.end !== null || release.status === 'RollingBack';
}

function wordOf(release: Release, status: StepStatus): string {
  return status === 'pending' && wontReach(release) ? 'not reached' : stepWords[status];
}

function Countdown({release}: {release: Release}) {
  const now = useNow();
  const next = release.next;
  if (!next) return null;
  if (release.judgement?.sources_down) return <span class="countdown">held</span>;
  const left = Math.max(0, (Date.parse(next.at) - now) / 1000);
  const planned = release.steps[release.step]?.duration_s ?? 0;
  const whole = next.extended ? 2 * planned : planned;
  return (
    <span class="countdown">
      {whole > 0 && (
        <progress max={whole} value={Math.max(0, whole - left)} aria-label="Time of this step" />
      )}
      <span>{left > 0 ? `${duration(left)} left` : 'due'}
        {next.extended ? ', extended' : ''}</span>
    </span>
  );
}

export function Stepper({release}: {release: Release}) {
  const place = usePlace();
  const opened = /^step=(\d+)$/.exec(place.hash)?.[1];
  return (
    <>
      <ol class="stepper" aria-label="Steps">
        {release.steps.map((step, i) => {
          const look = stepLook[step.status];
          const current = step.status === 'current';
          return (
            <li key={i} class={`step ${look.tone} ${step.status}`}
              {...(current ? {'aria-current': 'step' as const} : {})}>
              <a href={`#step=${i}`}>
                <span class="step-icon" aria-hidden="true">{look.icon}</span>
                <span class="step-title">{stepTitle(step)}</span>
                <span class="step-word">{wordOf(release, step.status)}</span>
              </a>
              {current && <Countdown release={release} />}
            </li>
          );
        })}
        {release.steps.length > 0 && (
          <li class={`step ${release.status === 'Succeeded' ? 'good done' : 'neutral pending'}`}>
            <span class="step-plain">
              <span class="step-icon" aria-hidden="true">
                {release.status === 'Succeeded' ? '✔' : '·'}
              </span>
              <span class="step-title">promote</span>
              <span class="step-word">{release.status === 'Succeeded' ? 'done'
                : release.status === 'Promoting' ? 'now' : wordOf(release, 'pending')}</span>
            </span>
          </li>
        )}
      </ol>
      {opened !== undefined && release.steps[Number(opened)] && (
        <StepDetail index={Number(opened)} release={release} />
      )}
    </>
  );
}

const kApprovals: Record<string, string> = {
  waiting: 'a person is asked',
  approved: 'approved',
  rejected: 'rejected',
  timedOut: 'nobody answered in time',
  withdrawn: 'withdrawn: the release returned for another reason first',
};

function took(step: Step): string {
  return step.start && step.end
    ? duration((Date.parse(step.end) - Date.parse(step.start)) / 1000) : '';
}

function StepDetail({index, release}: {index: number; release: Release}) {
  const step = release.steps[index];
  if (!step) return null;
  const facts: [string, ComponentChildren][] = [
    ['Kind', step.kind],
    ['State', wordOf(release, step.status)],
    ['Begun', <Time at={step.start} full />],
    ['Ended', <Time at={step.end} full />],
    ['Took', took(step)],
  ];
  if (step.kind === 'setWeight') {
    const before = release.steps.slice(0, index).reverse()
      .find((each) => each.kind === 'setWeight')?.weight ?? 0;
    facts.push(['Service', release.service],
      ['Versions', `${release.stable_version || 'unknown'} → ${release.version}`],
      ['Canary’s share', `${percent(before)} → ${percent(step.weight)}`]);
  }
  if (step.asked) facts.push(['Asked', step.asked]);
  if (step.approval) facts.push(['Answer', kApprovals[step.approval] ?? step.approval]);
  if (step.by) facts.push(['By', step.by]);
  if (step.comment) facts.push(['Comment', step.comment]);
  return (
    <section class="box" aria-label={`Step ${index + 1}`}>
      <h2>Step {index + 1} of {release.steps.length}: {stepTitle(step)}</h2>
      <Facts items={facts} />
      <p><a href="#">Close the step</a></p>
    </section>
  );
}
