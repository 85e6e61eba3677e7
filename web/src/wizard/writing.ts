// A rollout's YAML from a few answers.
import {type Answers, hasRules, kPresets, mayBeFresh, routerOf, wrongOf} from './answers';

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

const whole = (text: string, least: number): number =>
  Math.max(least, Math.round(Number(text)) || least);

function workload(a: Answers): string[] {
  if (a.workload === 'none') return [];
  const of = {
    systemd: [`systemd: {unit: ${scalar(a.unit)}}`],
    command: ['command:', `  apply: ${command(a.apply)}`,
      ...(a.observe.trim() ? [`  observe: ${command(a.observe)}`] : [])],
    process: ['process:', `  command: ${command(a.start)}`,
      `  stablePorts: ${numbers(a.stablePorts)}`, `  canaryPorts: ${numbers(a.canaryPorts)}`],
  }[a.workload];
  return ['workload:', `  instances: ${whole(a.instances, 1)}`,
    ...(a.fresh && mayBeFresh(a) ? ['  baseline: fresh'] : []), ...indented(of, 2)];
}

function routing(a: Answers): string[] {
  switch (routerOf(a)) {
    case 'haproxy':
      return ['haproxy:', `  socket: [${scalar(a.socket)}]`, `  backend: ${scalar(a.backend)}`,
        `  stable: ${list(a.stable)}`, `  canary: ${list(a.canary)}`];
    case 'haproxyMap':
      return ['haproxy:', `  socket: [${scalar(a.socket)}]`, `  map: ${scalar(a.map)}`,
        ...(hasRules(a) ? [`  matchMap: ${scalar(a.matchMap)}`] : []),
        `  stableBackend: ${scalar(a.stableBackend)}`,
        `  canaryBackend: ${scalar(a.canaryBackend)}`];
    case 'istio':
    case 'gateway':
    case 'command':
      return ['command:', `  set: ${command(a.setProgram)}`, `  get: ${command(a.getProgram)}`];
    case 'webhook':
      return [`webhook: {url: ${scalar(a.url)}}`];
    default:
      return ['nginx:', `  file: ${scalar(a.file)}`,
        `  stableUpstream: ${scalar(a.stableUpstream)}`,
        `  canaryUpstream: ${scalar(a.canaryUpstream)}`];
  }
}

function match(a: Answers): string[] {
  if (!hasRules(a)) return [];
  return ['match:', ...a.rules.map(({on, key, how, value, any}) => {
    const text = scalar(value);
    if (on === 'os' || on === 'browser') return `- ${on}: [${any.join(', ')}]`;
    if (on !== 'cookie') return `- ${on}: {key: ${scalar(key)}, ${how}: ${text}}`;
    return how === 'exact' ? `- cookie: {name: ${scalar(key)}, value: ${text}}`
      : `- cookie: {regex: ${text}}`;
  })];
}

// Whose requests are chosen differ from others: they are held against a target instead.
function targets(a: Answers, inner: string): string[] {
  return hasRules(a) ? [inner] : [];
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
    if (a.traffic && !hasRules(a)) add('traffic', [named('traffic'), 'required: false']);
  } else {
    if (a.errors) {
      add('error-rate', ['compare:', '  errors:', `    bad: ${scalar(a.bad)}`,
        `    total: ${scalar(a.total)}`, ...indented(targets(a, errorsMax), 2)]);
    }
    if (a.latency) {
      add('latency', ['compare:', `  histogram: {buckets: ${scalar(`${a.histogram}_bucket`)}}`,
        ...indented(targets(a, latencyMax), 2)]);
    }
    if (a.traffic && !hasRules(a)) {
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
  if (hasRules(a)) lines.push(pause(a.ruleMinutes));
  for (const step of a.steps) {
    if (!wrongOf(step)) lines.push(`- setWeight: ${Number(step.weight)}`, pause(step.minutes));
  }
  return lines.length > 0 ? ['steps:', ...lines] : [];
}

const kLookSeconds = 10;
const kBadLooksMax = 3;  // few requests err easily

// `selector` of one version alone.
function ofVersion(selector: string, label: string): string {
  const matcher = `${label}="{{args.canary}}"`;
  return /\{\s*\}\s*$/.test(selector) ? selector.replace(/\{\s*\}\s*$/, `{${matcher}}`)
    : selector.includes('{') ? selector.replace(/,?\s*\}\s*$/, `,${matcher}}`)
      : `${selector.trim()}{${matcher}}`;
}

function beforeSwitch(a: Answers): string[] {
  if (a.before === 'none') return [];
  const look = a.before === 'web'
    ? ['- name: answers', `  interval: ${kLookSeconds}s`, '  count: 3',
      `  provider: {web: {url: ${scalar(a.beforeUrl)}}}`,
      ...(a.beforeCondition.trim() ? [`  successCondition: ${scalar(a.beforeCondition)}`] : [])]
    : ['- name: smoke', `  provider: {job: {command: ${command(a.beforeProgram)}}}`];
  return ['prePromotionAnalysis:', '  metrics:', ...indented(look, 2)];
}

// Counters begin with the new version's instances: their quotient is of all its requests.
function afterSwitch(a: Answers): string[] {
  if (!a.errors || !(Number(a.afterMinutes) > 0)) return [];
  const bad = ofVersion(a.bad, a.versionLabel);
  const total = ofVersion(a.total, a.versionLabel);
  const looks = Math.max(1, Math.round(Number(a.afterMinutes) * 60 / kLookSeconds));
  return ['postPromotionAnalysis:', '  metrics:', '  - name: error-share',
    `    interval: ${kLookSeconds}s`, `    count: ${looks}`, `    failureLimit: ${kBadLooksMax}`,
    '    provider:', '      prometheus:', `        address: ${scalar(a.prometheus)}`,
    `        query: ${scalar(`(sum(${bad}) or vector(0)) / sum(${total})`)}`,
    `    successCondition: result[0] <= ${(Number(a.errorsMax) || 1) / 100}`];
}

function blueGreen(a: Answers): string[] {
  return ['blueGreen:', ...indented([
    'trafficRouting:', ...indented(routing(a), 2),
    ...beforeSwitch(a),
    a.switches === 'person' ? 'autoPromotionEnabled: false'
      : `autoPromotionSeconds: ${whole(a.switchSeconds, 1)}`,
    ...afterSwitch(a),
    `scaleDownDelaySeconds: ${60 * whole(a.warmMinutes, 0)}`,
  ], 2)];
}

function canary(a: Answers): string[] {
  return ['canary:', ...indented(['trafficRouting:', ...indented(routing(a), 2), ...match(a),
    ...metrics(a), ...steps(a)], 2)];
}

export function write(a: Answers): string {
  return [
    'apiVersion: serin.dev/v1alpha1',
    'kind: Rollout',
    `metadata: {name: ${scalar(a.name)}}`,
    'spec:',
    ...(a.environment ? [`  environment: ${scalar(a.environment)}`] : []),
    ...(a.endpoint ? [`  endpoint: ${scalar(a.endpoint)}`] : []),
    ...indented(workload(a), 2),
    '  strategy:',
    ...indented(a.type === 'blueGreen' ? blueGreen(a) : canary(a), 4),
    '',
  ].join('\n');
}
