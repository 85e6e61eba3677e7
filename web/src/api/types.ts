// What the API answers, as far as the dashboard reads it. Unknown members are ignored; numbers
// that JSON can't hold come as the strings "NaN", "+Inf", "-Inf".

export type Num = number | 'NaN' | '+Inf' | '-Inf' | null | undefined;

export type Status = 'Pending' | 'Starting' | 'Progressing' | 'Paused' | 'Promoting' |
  'RollingBack' | 'Succeeded' | 'Failed' | 'Terminated';

export type Operation = 'continue' | 'promoteFully' | 'pause' | 'resume' | 'abort' | 'rollback' |
  'undo' | 'retry' | 'approve' | 'setWeight' | 'mute';

export type StepStatus = 'pending' | 'current' | 'done' | 'skipped' | 'failed';

export interface Step {
  kind: string;
  status: StepStatus;
  weight?: number;
  duration_s?: number;
  asked?: string;  // of an approval: what a person is asked
  approval?: 'waiting' | 'approved' | 'rejected' | 'timedOut' | 'withdrawn';
  by?: string;  // whose word ended it
  comment?: string;
  route?: string;  // of setHeaderRoute
  opens?: boolean;
  start: string | null;
  end: string | null;
}

export interface Side {
  exposure: Num;
  events: Num;
  value: Num;
}

// Of the current step: both sides are what was counted in it.
export interface Effect {
  scale: string;
  estimate: Num;
  lower: Num;
  upper: Num;
  canary?: Side;
  stable?: Side;
}

export interface Forecast {
  known: boolean;
  canPass: boolean;
  canDetect: boolean;
  sentence: string;
}

// What both sides counted in each bucket of a histogram in the current step; the last has no bound.
export interface Buckets {
  bounds: number[];
  canary: number[];
  stable: number[];
}

export interface Metric {
  name: string;
  kind: string;
  verdict: 'pass' | 'fail' | 'inconclusive' | 'noData';
  sentence: string;
  stable?: Side;
  canary?: Side;
  effect?: Effect;
  logE?: Num;
  level?: Num;
  logEPass?: Num;
  passLevel?: Num;
  share?: number;
  required?: boolean;
  dispersion?: Num;
  dispersionSource?: string;
  quantiles?: {quantile: number; canary: Num[]; stable: Num[]}[];
  tailBound?: Num;
  buckets?: Buckets;
  warmupLeftSeconds?: number;
  freshStable?: number;  // instances of stable that were started with the canary's
  coverage?: {stable: number; canary: number};
  polls?: number;
  noData?: number;
  windows?: number;
  problem?: string;
  learning?: boolean;
  forecast?: Forecast;
  limit?: {
    ratio?: number; absolute?: number; down?: boolean;  // of stable's value
    most?: number | null; least?: number | null;  // a target
  };
  // Judged once a step.
  judge?: string;
  test?: string;
  p?: Num;
  pLimit?: Num;
  passP?: Num;
  passLimit?: Num;
  // Threshold rules.
  value?: string;
  measurements?: number;
  failed?: number;
  step?: number;
}

export interface Combined {
  logE: Num;
  level: Num;
  fail: boolean;
  contested: boolean;
  passed: boolean;
  alwaysValidP: Num;
}

export interface Report {
  runningSeconds?: number;
  step?: number;
  combined?: Combined | null;
  metrics: Metric[];
}

export interface Finding {
  metric: string;
  sentence: string;
  action: string;
  guard?: boolean;
}

export interface Judgement {
  findings: Finding[];
  pauses: Finding[];
  contested: boolean;
  contested_sentence: string;
  covered: boolean;
  passed: boolean;
  undecided_metric: string;
  undecided_sentence: string;
  sources_down: boolean;
  sources_sentence: string;
}

export interface Weight {
  set: number;
  observed: number | null;
  confirmed: boolean;
  observed_at?: string;
  rules?: number;  // on content, beside the share
}

export interface Release {
  id: string;
  rollout: string;
  service: string;
  type: string;
  of: string;
  version: string;
  stable_version: string;
  status: Status;
  reason: string;
  sentence: string;
  cause: string;
  step: number;
  steps: Step[];
  startup?: {ready: number; total: number; percent: number} | null;
  weight: Weight;
  verdict: string;
  judgement: Judgement | null;
  report: Report | null;
  next: {at: string; in_s: number; extended: boolean} | null;
  allowed: Operation[];
  start: string;
  end: string | null;
  followed_by?: string[];
  info: {
    executor?: string;
    pipeline?: string;
    policy?: string;
    revision?: string;
    environment?: string;
    endpoint?: string;
  } | null;
}

// A release as lists show it.
export interface Summary extends Omit<Release, 'steps' | 'judgement' | 'report' | 'info' |
  'startup' | 'followed_by'> {
  steps_total: number;
  environment: string;
  executor?: string;
  pipeline?: string;
  worst: {name: string; verdict: string; sentence: string} | null;
}

// How a metric developed: one look.
export interface Sample {
  time: string;
  canary?: Num;
  stable?: Num;
  lower?: Num;  // the interval of the effect
  upper?: Num;
  logE?: Num;
  logEPass?: Num;
  weight?: Num;
  n?: Num;  // of the canary
}

// One entry of a release's journal.
export interface Happening {
  sequence: number;
  time: string;
  kind: string;
  body: Record<string, unknown>;
}

export interface Rollout {
  name: string;
  service: string;
  environment: string;
  type: string;
  router: string;
  steps: {kind: string; weight?: number; duration_s?: number}[];
  stable_version: string;
  active: string | null;
  latest: Summary | null;
  revision: string;
}

export interface Page<T> {
  items: T[];
  next?: string | null;
}

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  requestId?: string;
  allowedActions?: string[];
  errors?: {pointer?: string; code?: string; detail?: string}[];
}

export interface Operated {
  message: string;
  repeated: boolean;
  opened: string;
  release: Release;
}

// What makes a router split: `traffic?format=`.
export type RouterText = 'istio' | 'gateway' | 'haproxy' | 'nginx';

export interface Traffic {
  release: string;
  weight: Weight;
  router: string;
  stable: string;
  canary: string;
}

export interface AuditEntry {
  time: string;
  actor: string;
  operation: string;
  subject: string;
  details: Record<string, unknown>;
  position?: number;  // in the chain
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  reason?: string;
  result?: string;  // done, repeated, or refused: and why
  hash?: string;
}

// A router, or the server that a metric comes from.
export interface Target {
  id: string;
  release: string;
  rollout: string;
  kind: string;  // router, metrics
  name: string;
  healthy: boolean | null;
  detail: string;
  observed_at: string | null;
  age_s: number | null;
  desired: number | null;  // of a router, per cent
  observed: number | null;
  confirmed: boolean | null;
  last_error: string | null;
}

export interface TargetTest {
  id: string;
  healthy: boolean;
  detail: string;
  took_ms: number;
  observed: number | null;
  series: Record<string, number>;  // by version
  asked: string[];
}

export interface Whoami {
  actor: string;
  role: 'viewer' | 'operator' | 'admin';
  override: boolean;
}

export interface Token {
  id: string;
  name: string;
  role: string;
  override: boolean;
  created: string;
  expires: string | null;
}

export interface LintReport {
  errors: number;
  warnings: number;
  diagnostics: {
    file: string; line: number; column: number; level: string; code: string;
    pointer: string; message: string; hint: string;
  }[];
}

export interface ConfigFile {
  name: string;
  text: string;
}

export interface Configuration {
  revision: string;
  files: ConfigFile[];
  diagnostics: LintReport;
}

export interface Applied {
  revision: string;
  dryRun: boolean;
  changed: string[];
  diagnostics: LintReport;
}

// What the server says for people: a status, a warning, with how often it was so.
export interface Told {
  change: number;
  component: string;
  type: string;
  message: string;
  severity: 'info' | 'warning' | 'alert';
  first: string;
  last: string;
  count: number;
}

// What is asked for a metric.
export interface Asked {
  metric: string;
  provider: string;
  address: string | null;
  queries: {text: string}[];
}

// A release with what its journal keeps of it.
export interface Story {
  release: Release;
  plan: unknown;  // what it pinned; null where its records are too old
  note: string;
}
