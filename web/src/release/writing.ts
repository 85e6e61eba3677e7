// A rollout's YAML from a few answers.

export type Router = 'haproxy' | 'haproxyMap' | 'nginx';
export type Workload = 'none' | 'systemd' | 'command' | 'process';

// Requests that go to the canary: rules are alternatives.
export interface Rule {
  on: 'header' | 'cookie' | 'query';
  key: string;
  how: 'exact' | 'regex';
  value: string;
}

export interface PlanStep {
  weight: string;  // per cent
  minutes: string;  // "": until a person continues
}

export interface Answers {
  type: 'canary' | 'blueGreen';
  name: string;
  environment: string;
  version: string;  // the first to be released, and what runs now
  stableVersion: string;
  workload: Workload;
  instances: string;
  unit: string;
  apply: string;
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
}

export const kAnswers: Answers = {
  type: 'canary',
  name: 'checkout',
  environment: '',
  version: '',
  stableVersion: '',
  workload: 'none',
  instances: '2',
  unit: 'checkout-{slot}@{instance}.service',
  apply: '/opt/checkout/slot apply {slot} {version} {instances}',
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
  policy: 'ratio',
  rules: [{on: 'header', key: 'X-Team', how: 'exact', value: 'qa'}],
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

// A YAML scalar: plain where that is safe, also within braces, else quoted.
function scalar(text: string): string {
  return /^[A-Za-z_/][A-Za-z0-9_./-]*$/.test(text) &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text) ? text : `'${text.replace(/'/g, "''")}'`;
}

function list(text: string): string {
  return `[${text.split(',').map((item) => item.trim()).filter((item) => item !== '')
    .map(scalar).join(', ')}]`;
}

function numbers(text: string): string {
  return `[${text.split(/[\s,]+/).filter((item) => /^\d+$/.test(item)).join(', ')}]`;
}

function command(text: string): string {
  return `[${text.split(/\s+/).filter((item) => item !== '').map(scalar).join(', ')}]`;
}

function pause(minutes: string): string {
  const value = Number(minutes);
  if (minutes.trim() === '' || !(value > 0)) return '- pause: {}';
  const time = Number.isInteger(value) ? `${value}m` : `${Math.max(1, Math.round(value * 60))}s`;
  return `- pause: {duration: ${time}}`;
}

function indented(lines: string[], by: number): string[] {
  return lines.map((line) => ' '.repeat(by) + line);
}

function workload(a: Answers): string[] {
  if (a.workload === 'none') return [];
  const of = {
    systemd: [`systemd: {unit: ${scalar(a.unit)}}`],
    command: [`command: {apply: ${command(a.apply)}}`],
    process: ['process:', `  command: ${command(a.start)}`,
      `  stablePorts: ${numbers(a.stablePorts)}`, `  canaryPorts: ${numbers(a.canaryPorts)}`],
  }[a.workload];
  return ['workload:', `  instances: ${Math.max(1, Math.round(Number(a.instances)) || 1)}`,
    ...indented(of, 2)];
}

// Rules on content need two backends or upstreams.
export function routerOf(a: Answers): Router {
  return a.policy === 'content' && a.router === 'haproxy' ? 'haproxyMap' : a.router;
}

function routing(a: Answers): string[] {
  switch (routerOf(a)) {
    case 'haproxy':
      return ['haproxy:', `  socket: [${scalar(a.socket)}]`, `  backend: ${scalar(a.backend)}`,
        `  stable: ${list(a.stable)}`, `  canary: ${list(a.canary)}`];
    case 'haproxyMap':
      return ['haproxy:', `  socket: [${scalar(a.socket)}]`, `  map: ${scalar(a.map)}`,
        ...(a.policy === 'content' ? [`  matchMap: ${scalar(a.matchMap)}`] : []),
        `  stableBackend: ${scalar(a.stableBackend)}`,
        `  canaryBackend: ${scalar(a.canaryBackend)}`];
    default:
      return ['nginx:', `  file: ${scalar(a.file)}`,
        `  stableUpstream: ${scalar(a.stableUpstream)}`,
        `  canaryUpstream: ${scalar(a.canaryUpstream)}`];
  }
}

function match(a: Answers): string[] {
  if (a.policy !== 'content') return [];
  return ['match:', ...a.rules.map(({on, key, how, value}) => {
    const text = scalar(value);
    if (on !== 'cookie') return `- ${on}: {key: ${scalar(key)}, ${how}: ${text}}`;
    return how === 'exact' ? `- cookie: {name: ${scalar(key)}, value: ${text}}`
      : `- cookie: {regex: ${text}}`;
  })];
}

// Whose requests are chosen differ from others: they are held against a target instead.
function targets(a: Answers, inner: string): string[] {
  return a.policy === 'content' ? [inner] : [];
}

function metrics(a: Answers): string[] {
  const preset = kPresets.find(({name}) => name === a.preset);
  const provider = `  provider: {prometheus: {address: ${scalar(a.prometheus)}}}`;
  const where = a.where ? `, where: ${scalar(a.where)}` : '';
  const errorsMax = `slo: {max: ${(Number(a.errorsMax) || 1) / 100}}`;
  const latencyMs = Number(a.latencyMax) || 300;
  const latencyMax = `slo: {quantile: 0.99, max: ${preset?.milliseconds ? latencyMs
    : latencyMs / 1000}}`;
  const lines: string[] = [];
  const add = (name: string, of: string[]) =>
    lines.push(`- name: ${name}`, '  interval: 10s', ...indented(of, 2), provider);
  if (preset) {
    const named = (metric: string) => `preset: {${preset.name}: ${metric}${where}}`;
    if (a.errors) add('error-rate', [named('errors'), ...targets(a, errorsMax)]);
    if (a.latency) add('latency', [named('latency'), ...targets(a, latencyMax)]);
    if (a.traffic && a.policy === 'ratio') add('traffic', [named('traffic'), 'required: false']);
  } else {
    if (a.errors) {
      add('error-rate', ['compare:', '  errors:', `    bad: ${scalar(a.bad)}`,
        `    total: ${scalar(a.total)}`, ...indented(targets(a, errorsMax), 2)]);
    }
    if (a.latency) {
      add('latency', ['compare:', `  histogram: {buckets: ${scalar(`${a.histogram}_bucket`)}}`,
        ...indented(targets(a, latencyMax), 2)]);
    }
    if (a.traffic && a.policy === 'ratio') {
      add('traffic', ['compare:', `  rate: {count: ${scalar(a.total)}}`, '  required: false']);
    }
  }
  if (lines.length === 0) return [];
  const versions = preset?.label ? [`  versions: {label: ${preset.label}, ` +
    `canary: ${scalar(a.canaryLabel)}, stable: ${scalar(a.stableLabel)}, ` +
    `instance: ${preset.instance}}`] : [];
  return ['analysis:', ...versions, '  metrics:', ...indented(lines, 2)];
}

function steps(a: Answers): string[] {
  const lines: string[] = [];
  if (a.policy === 'content') lines.push(pause(a.ruleMinutes));
  if (a.type === 'blueGreen') {
    // All at once, after somebody has tried the version that nobody else gets yet.
    if (a.policy === 'ratio') lines.push(pause(''));
    lines.push('- setWeight: 100', pause('10'));
    return ['steps:', ...lines];
  }
  for (const step of a.steps) {
    const weight = Number(step.weight);
    if (step.weight.trim() !== '' && weight >= 0 && weight <= 100) {
      lines.push(`- setWeight: ${weight}`, pause(step.minutes));
    }
  }
  return lines.length > 0 ? ['steps:', ...lines] : [];
}

export function write(a: Answers): string {
  return [
    'apiVersion: serin.dev/v1alpha1',
    'kind: Rollout',
    `metadata: {name: ${scalar(a.name)}}`,
    'spec:',
    ...(a.environment ? [`  environment: ${scalar(a.environment)}`] : []),
    ...indented(workload(a), 2),
    '  strategy:',
    '    canary:',
    '      trafficRouting:',
    ...indented(routing(a), 8),
    ...indented(match(a), 6),
    ...indented(metrics(a), 6),
    ...indented(steps(a), 6),
    '',
  ].join('\n');
}
