// What a new rollout is asked of its author, with answers to begin with.

export type Router = 'haproxy' | 'haproxyMap' | 'nginx' | 'istio' | 'gateway' | 'command' |
  'webhook';
export type Workload = 'none' | 'systemd' | 'command' | 'process';

// Requests that go to the canary: rules are alternatives.
export interface Rule {
  on: 'header' | 'cookie' | 'query' | 'os' | 'browser';
  key: string;
  how: 'exact' | 'regex';
  value: string;
  any: string[];  // of os and browser
}

// As the file names them, and as people do.
export const kSystems: [string, string][] = [['ios', 'iOS'], ['android', 'Android'],
  ['windows', 'Windows'], ['macos', 'macOS']];
export const kBrowsers: [string, string][] = [['chrome', 'Chrome'], ['firefox', 'Firefox'],
  ['safari', 'Safari'], ['edge', 'Edge'], ['ie', 'Internet Explorer']];

export interface PlanStep {
  weight: string;  // per cent
  minutes: string;  // "": until a person continues
}

// What can't be so; "": all is well.
export function wrongOf(step: PlanStep): string {
  const weight = Number(step.weight);
  if (step.weight.trim() === '' || !(weight >= 0 && weight <= 100)) {
    return 'A weight is from 0 to 100: this step is left out of the file.';
  }
  return step.minutes.trim() === '' || Number(step.minutes) >= 0 ? ''
    : 'Minutes are 0 or more: this step is left out of the file.';
}

// Which answers the file can't be written from.
export function wrongAnswers(a: Answers): string[] {
  const steps = a.type === 'canary' ? a.steps.flatMap((step, i) => wrongOf(step)
    ? [`step ${i + 1}`] : []) : [];
  return [...(a.name.trim() === '' ? ['the name'] : []), ...steps];
}

export interface Answers {
  type: 'canary' | 'blueGreen';
  name: string;
  environment: string;
  endpoint: string;  // the address that clients use
  version: string;  // the first to be released, and what runs now
  stableVersion: string;
  workload: Workload;
  instances: string;
  fresh: boolean;  // stable instances are started with the canary's, to compare with
  unit: string;
  apply: string;
  observe: string;
  start: string;
  stablePorts: string;
  canaryPorts: string;
  router: Router;
  socket: string;
  backend: string;
  stable: string;
  canary: string;
  map: string;
  matchMap: string;
  stableBackend: string;
  canaryBackend: string;
  file: string;
  stableUpstream: string;
  canaryUpstream: string;
  setProgram: string;
  getProgram: string;
  url: string;
  policy: 'ratio' | 'content';
  rules: Rule[];
  ruleMinutes: string;  // as in PlanStep, for the matched alone
  prometheus: string;
  preset: string;  // one of kPresets, "": by selectors
  where: string;
  canaryLabel: string;
  stableLabel: string;
  errors: boolean;
  total: string;
  bad: string;
  errorsMax: string;  // per cent, where nothing is compared
  latency: boolean;
  histogram: string;
  latencyMax: string;  // ms, likewise
  traffic: boolean;
  steps: PlanStep[];
  // Blue-green: a look before the switch, one after it.
  before: 'none' | 'web' | 'program';
  beforeUrl: string;
  beforeCondition: string;
  beforeProgram: string;
  switches: 'person' | 'itself';
  switchSeconds: string;  // after so long, by itself
  afterMinutes: string;  // "": no look
  versionLabel: string;
  warmMinutes: string;  // the old version stays up so long
}

export const kAnswers: Answers = {
  type: 'canary',
  name: 'checkout',
  environment: '',
  endpoint: '',
  version: '',
  stableVersion: '',
  workload: 'none',
  instances: '2',
  fresh: false,
  unit: 'checkout-{slot}@{instance}.service',
  apply: '/opt/checkout/slot apply {slot} {version} {instances}',
  observe: '/opt/checkout/slot observe {slot}',
  start: '/opt/checkout/{version}/bin/checkout --port {port}',
  stablePorts: '8001, 8002',
  canaryPorts: '8011, 8012',
  router: 'haproxy',
  socket: '/run/haproxy/admin.sock',
  backend: 'checkout',
  stable: 'stable1, stable2',
  canary: 'canary1, canary2',
  map: '/etc/haproxy/share.map',
  matchMap: '/etc/haproxy/match.map',
  stableBackend: 'blue',
  canaryBackend: 'green',
  file: '/etc/nginx/serin/checkout.conf',
  stableUpstream: 'blue',
  canaryUpstream: 'green',
  setProgram: '/opt/split/set {weight} {place}',
  getProgram: '/opt/split/get',
  url: 'http://127.0.0.1:8070/routes/checkout',
  policy: 'ratio',
  rules: [{on: 'header', key: 'X-Team', how: 'exact', value: 'qa', any: []}],
  ruleMinutes: '60',
  prometheus: 'http://127.0.0.1:9090',
  preset: '',
  where: '',
  canaryLabel: 'checkout-canary',
  stableLabel: 'checkout',
  errors: true,
  total: 'http_requests_total',
  bad: 'http_requests_total{code=~"5.."}',
  errorsMax: '1',
  latency: false,
  histogram: 'http_request_duration_seconds',
  latencyMax: '300',
  traffic: false,
  steps: ['5', '25', '50'].map((weight) => ({weight, minutes: '10'})),
  before: 'web',
  beforeUrl: 'http://127.0.0.1:8011/health',
  beforeCondition: 'result.status == "ok"',
  beforeProgram: '/opt/checkout/smoke http://127.0.0.1:8011',
  switches: 'person',
  switchSeconds: '60',
  afterMinutes: '5',
  versionLabel: 'version',
  warmMinutes: '15',
};

interface Preset {
  name: string;
  label?: string;  // by which versions are told apart, where its values are no versions
  instance?: string;
  milliseconds?: boolean;
}
export const kPresets: Preset[] = [
  {name: 'prometheus'},
  {name: 'otel-http'},
  {name: 'micrometer'},
  {name: 'istio', milliseconds: true},
  {name: 'envoy', label: 'envoy_cluster_name', instance: 'instance', milliseconds: true},
  {name: 'contour', label: 'envoy_cluster_name', instance: 'pod', milliseconds: true},
  {name: 'linkerd', label: 'deployment', instance: 'pod', milliseconds: true},
  {name: 'nginx-ingress', label: 'service', instance: 'controller_pod'},
  {name: 'traefik', label: 'service', instance: 'instance'},
];


// Servers of one backend can't be told apart by content, nor hold a version that nobody gets yet.
export function routerOf(a: Answers): Router {
  const two = a.type === 'canary' && a.policy === 'content';
  return two && a.router === 'haproxy' ? 'haproxyMap' : a.router;
}

// Blue-green has one switch: nobody gets the new version first.
export function hasRules(a: Answers): boolean {
  return a.type === 'canary' && a.policy === 'content';
}

// Only where the two are compared, and serin starts what is.
export function mayBeFresh(a: Answers): boolean {
  return a.workload !== 'none' && a.type === 'canary' && !hasRules(a);
}

const kPortsMax = 50;

// `ports` with as many more behind them as `count` wants: "8001, 8002" becomes "8001, 8002, 8003".
export function morePorts(ports: string, count: number): string {
  const list = ports.split(/[\s,]+/).filter((port) => /^\d+$/.test(port)).map(Number);
  while (list.length > 0 && list.length < Math.min(count, kPortsMax)) {
    list.push(Math.max(...list) + 1);
  }
  return list.join(', ');
}
