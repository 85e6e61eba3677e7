// How long a step needs to find a rise of errors.
//
// Of each error one asks whose it was: the canary's with probability w where the versions are
// equal, with a greater one where the canary is worse. The log of the likelihood ratio then grows
// by the Kullback-Leibler divergence of the two an error on average (Wald 1945), and rolls back at
// log(1/risk). Weighing many possible effects instead of the right one takes kMixture times as
// long; a dispersion divides the evidence.

export interface PlanInput {
  rps: number;
  baseline: number;  // per cent
  effect: number;  // percentage points
  risk: number;  // per cent
  dispersion: number;
  weights: number[];  // per cent
}

export interface PlanStep {
  weight: number;
  canaryRps: number;
  half: number;  // seconds
  mostly: number;
  requests: number;  // the canary's by `mostly`
  extraBad: number;
  power: {seconds: number; power: number}[];
}

const kMixture = 1.7;
const kCurvePoints = 41;
const kMostly = 0.9;

// Abramowitz and Stegun 26.2.17, error below 1e-7.
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * t * (0.319381530 +
    t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
}

function step(input: PlanInput, weight: number): PlanStep {
  const w = weight / 100;
  const stable = input.baseline / 100;
  const canary = Math.min(1, stable + input.effect / 100);
  const bad = w * canary + (1 - w) * stable;
  const q = w * canary / bad;
  const up = Math.log(q / w);
  const down = Math.log((1 - q) / (1 - w));
  const mean = q * up + (1 - q) * down;
  const variance = q * (1 - q) * (up - down) ** 2;
  const errors = input.rps * bad / input.dispersion / kMixture;  // that count, a second
  const level = Math.log(100 / input.risk);
  const power = (seconds: number): number => {
    const n = errors * seconds;
    return n > 0 ? normalCdf((mean * n - level) / Math.sqrt(variance * n)) : 0;
  };
  const when = (goal: number): number => {
    let low = 0;
    let high = 1;
    while (power(high) < goal && high < 1e9) high *= 2;
    for (let i = 0; i < 60; ++i) {
      const middle = (low + high) / 2;
      if (power(middle) < goal) low = middle;
      else high = middle;
    }
    return high;
  };
  const mostly = when(kMostly);
  const end = mostly * 1.5;
  return {
    weight,
    canaryRps: input.rps * w,
    half: when(0.5),
    mostly,
    requests: input.rps * w * mostly,
    extraBad: input.rps * w * mostly * (canary - stable),
    power: Array.from({length: kCurvePoints}, (_, i) => {
      const seconds = end * i / (kCurvePoints - 1);
      return {seconds, power: power(seconds)};
    }),
  };
}

export function estimate(input: PlanInput): PlanStep[] {
  return input.weights.map((weight) => step(input, weight));
}
