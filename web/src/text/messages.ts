// The words of the dashboard in one table, so that another language is another table.
import type {Operation, Status, StepStatus} from '../api/types';

export const statusWords: Record<Status, string> = {
  Pending: 'Pending',
  Starting: 'Starting',
  Progressing: 'Progressing',
  Paused: 'Paused',
  Promoting: 'Promoting',
  RollingBack: 'Rolling back',
  Succeeded: 'Succeeded',
  Failed: 'Failed',
  Terminated: 'Terminated',
};

// Why a release is paused or on its way back.
export const reasonWords: Record<string, string> = {
  StepWait: 'the plan waits for a person',
  Manual: 'paused by a person',
  Inconclusive: 'the evidence does not suffice to promote',
  NoData: 'the step’s data stayed incomplete',
  Contested: 'evidence against the canary that is no failure yet',
  MixedCanary: 'canary instances of more than one version',
  Approval: 'an approval is awaited',
  Recovered: 'after a restart less traffic was found than recorded',
  ExternalChange: 'somebody took traffic from the canary',
  TrafficMissing: 'the canary gets less than its share',
  MetricFailed: 'a metric that pauses has failed',
  Capacity: 'the next weight is more than the canary slot can take',
  StableCapacity: 'stable has too few ready instances to take all traffic',
};

export const stepWords: Record<StepStatus, string> = {
  pending: 'to come',
  current: 'now',
  done: 'done',
  skipped: 'skipped',
  failed: 'failed',
};

export const verdictWords: Record<string, string> = {
  pass: 'ok',
  fail: 'worse',
  inconclusive: 'undecided',
  noData: 'no data',
};

interface OperationWords {
  button: string;  // on the page
  confirm: string;  // on the dialog: a verb, never "yes"
  title: (id: string) => string;
}

export const operationWords: Record<Operation, OperationWords> = {
  continue: {
    button: 'Continue', confirm: 'Continue release', title: (id) => `Continue ${id}?`,
  },
  promoteFully: {
    button: 'Release fully', confirm: 'Release fully', title: (id) => `Release ${id} fully?`,
  },
  pause: {button: 'Pause', confirm: 'Pause release', title: (id) => `Pause ${id}?`},
  resume: {button: 'Resume', confirm: 'Resume release', title: (id) => `Resume ${id}?`},
  abort: {button: 'Abort', confirm: 'Abort release', title: (id) => `Abort ${id}?`},
  rollback: {button: 'Roll back', confirm: 'Roll back', title: (id) => `Roll back ${id}?`},
  undo: {button: 'Return to a version', confirm: 'Start return', title: (id) => `Undo ${id}?`},
  retry: {button: 'Retry', confirm: 'Retry release', title: (id) => `Retry ${id}?`},
  approve: {button: 'Approve', confirm: 'Approve', title: (id) => `Approve ${id}?`},
  setWeight: {
    button: 'Set weight', confirm: 'Set weight', title: (id) => `Set the weight of ${id}?`,
  },
  mute: {button: 'Mute metric', confirm: 'Mute metric', title: (id) => `Mute a metric of ${id}?`},
};

export const text = {
  skip: 'Skip to the content',
  live: 'live',
  connecting: 'connecting',
  polling: 'polling every 5 s',
  stale: (seconds: number) => `Live updates lost ${seconds} s ago – reconnecting`,
  staleDetail: 'What is shown may be out of date.',
  finished: 'as of',
  retry: 'Try again',
  copy: 'Copy',
  copied: 'Copied',
  cancel: 'Cancel',
  close: 'Close',
  refresh: 'Refresh',
  asTable: 'View as table',
  asChart: 'View as chart',
};
