// What is to be found by a plan, in the words of the API and of the command line.

export type Kind = 'errors' | 'latency' | 'mean';
export type Slower = 'times' | 'more';  // all requests take longer, or more of them are slow

export interface Figures {
  kind: Kind;
  rps: number;
  risk: number;  // per cent
  weights: number[];  // per cent
  // Errors.
  baseline: number;  // per cent
  effect: number;  // percentage points
  dispersion: number;
  // Latency, in ms.
  p50: number;
  p99: number;
  slower: Slower;
  times: number;
  over: number;
  points: number;  // percentage points
  // A mean.
  mean: number;
  sd: number;
  rise: number;  // per cent
}

export const kFigures: Figures = {
  kind: 'errors', rps: 200, risk: 1, weights: [1, 5, 25, 50], baseline: 0.5, effect: 0.5,
  dispersion: 1, p50: 80, p99: 400, slower: 'times', times: 1.3, over: 300, points: 1, mean: 5,
  sd: 3, rise: 10,
};

type Words = [name: string, value: string][];

// The figures of the kind: as members of a request, and as flags.
function words(f: Figures): Words {
  if (f.kind === 'errors') return [['baseline', `${f.baseline}%`], ['effect', `+${f.effect}pp`]];
  if (f.kind === 'mean') {
    return [['mean', String(f.mean)], ['sd', String(f.sd)], ['effect', `+${f.rise}%`]];
  }
  const latency: Words = [['latency', `p50=${f.p50}ms,p99=${f.p99}ms`]];
  return f.slower === 'times' ? [...latency, ['effect', `x${f.times}`]]
    : [...latency, ['over', `${f.over}ms`], ['effect', `+${f.points}pp`]];
}

export function requestOf(f: Figures): Record<string, unknown> {
  const numbers = ['mean', 'sd'];
  return {rps: f.rps, risk: f.risk / 100, weights: f.weights.slice(0, 12),
    ...Object.fromEntries(words(f).map(([name, value]) =>
      [name, numbers.includes(name) ? Number(value) : value]))};
}

export function commandOf(f: Figures): string {
  const flags = words(f).map(([name, value]) => `--${name} ${value}`).join(' ');
  return `serin plan --rps ${f.rps} ${flags} --weights ${f.weights.join(',')}`;
}

// What is counted until a bad release is found.
export function harmOf(f: Figures): string {
  if (f.kind === 'errors') return 'Bad requests more';
  return f.kind === 'latency' && f.slower === 'more' ? 'Slow requests more'
    : 'Requests to a worse canary';
}
