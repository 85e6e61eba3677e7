// A rollout's YAML from a few answers.

export interface Answers {
  type: 'canary' | 'blueGreen';
  name: string;
  socket: string;
  backend: string;
  stable: string;
  canary: string;
  prometheus: string;
  errors: boolean;
  total: string;
  bad: string;
  latency: boolean;
  histogram: string;
  steps: string;
}

export const kAnswers: Answers = {
  type: 'canary',
  name: 'checkout',
  socket: '/run/haproxy/admin.sock',
  backend: 'checkout',
  stable: 'stable1, stable2',
  canary: 'canary1, canary2',
  prometheus: 'http://127.0.0.1:9090',
  errors: true,
  total: 'http_requests_total',
  bad: 'http_requests_total{code=~"5.."}',
  latency: false,
  histogram: 'http_request_duration_seconds',
  steps: '5 for 10, 25 for 10, 50 for 10',
};

// A YAML scalar: plain where that is safe, else quoted.
function scalar(text: string): string {
  return /^[A-Za-z_/][A-Za-z0-9_./-]*$/.test(text) &&
    !/^(true|false|null|yes|no|on|off)$/i.test(text) ? text : `'${text.replace(/'/g, "''")}'`;
}

function list(text: string): string {
  return `[${text.split(',').map((item) => item.trim()).filter((item) => item !== '')
    .map(scalar).join(', ')}]`;
}

export function steps(text: string): {weight: number; minutes: number}[] {
  return text.split(',').flatMap((part) => {
    const found = /^\s*([0-9.]+)\s*%?\s*(?:for\s*([0-9.]+))?/.exec(part);
    return found ? [{weight: Number(found[1]), minutes: Number(found[2] ?? 10)}] : [];
  });
}

export function write(a: Answers): string {
  const lines: string[] = [
    'apiVersion: serin.dev/v1alpha1',
    'kind: Rollout',
    `metadata: {name: ${scalar(a.name)}}`,
    'spec:',
    '  strategy:',
    '    canary:',
    '      trafficRouting:',
    '        haproxy:',
    `          socket: [${scalar(a.socket)}]`,
    `          backend: ${scalar(a.backend)}`,
    `          stable: ${list(a.stable)}`,
    `          canary: ${list(a.canary)}`,
  ];
  const metrics: string[] = [];
  const provider = `          provider: {prometheus: {address: ${scalar(a.prometheus)}}}`;
  if (a.errors) {
    metrics.push('        - name: error-rate', '          interval: 10s', '          compare:',
      '            errors:', `              bad: ${scalar(a.bad)}`,
      `              total: ${scalar(a.total)}`, provider);
  }
  if (a.latency) {
    metrics.push('        - name: latency', '          interval: 10s', '          compare:',
      `            histogram: {buckets: ${scalar(`${a.histogram}_bucket`)}}`, provider);
  }
  if (metrics.length > 0) lines.push('      analysis:', '        metrics:', ...metrics);
  lines.push('      steps:');
  // All at once, after somebody has tried the version that nobody else gets yet.
  if (a.type === 'blueGreen') lines.push('      - pause: {}');
  const plan = a.type === 'blueGreen' ? [{weight: 100, minutes: 10}] : steps(a.steps);
  for (const step of plan) {
    lines.push(`      - setWeight: ${step.weight}`);
    lines.push(step.minutes > 0 ? `      - pause: {duration: ${step.minutes}m}`
      : '      - pause: {}');
  }
  return lines.join('\n') + '\n';
}
