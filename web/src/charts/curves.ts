// What the charts show, made of the samples of a metric: values, the interval of the canary's
// value, the limit, the evidence. No drawing here.
import type {Metric, Release, Sample} from '../api/types';
import {duration, num, unbroken} from '../text/format';

export interface Curves {
  t: number[];  // Unix seconds
  stable: (number | null)[];
  canary: (number | null)[];
  lower: (number | null)[];  // of the canary's value, by the interval of the effect
  upper: (number | null)[];
  limit: (number | null)[];  // beyond it the canary counts as worse
  evidence: (number | null)[];  // per cent of what rolls back
  n: (number | null)[];
}

const kPointsMax = 2000;
// An interval that reaches so many times beyond what is seen says "unknown": it is cut there.
const kBandMax = 3;

function finite(value: unknown): number | null {
  const n = num(value as never);
  return Number.isFinite(n) ? n : null;
}

// The canary's value at the limit, where the limit is one of values.
export function limitValue(metric: Metric, stable: number | null): number | null {
  const limit = metric.limit;
  if (!limit) return limitSaid(metric, stable);
  if (typeof limit.most === 'number') return limit.most;
  if (typeof limit.least === 'number') return limit.least;
  if (stable === null || limit.ratio === undefined || metric.kind === 'histogram') return null;
  const by = limit.absolute ?? 0;
  return limit.down ? Math.min(stable / limit.ratio, stable - by)
    : Math.max(stable * limit.ratio, stable + by);
}

// As its sentence says it; of a server that sends no `limit`.
function limitSaid(metric: Metric, stable: number | null): number | null {
  const text = /(?:limit|target) ([^;]+)$/.exec(metric.sentence)?.[1] ?? '';
  const most = /^at (?:most|least) ([0-9.e+-]+)/.exec(text);
  if (most) return finite(Number(most[1]));
  const change = /^([+−±])([0-9.e+-]+) (pp|%)$/.exec(text);
  if (!change || stable === null) return null;
  const size = Number(change[2]) / 100 * (change[1] === '−' ? -1 : 1);
  return change[3] === 'pp' ? stable + size : stable * (1 + size);
}

export function toSample(release: Release, metric: Metric, time: string): Sample {
  return {
    time,
    canary: metric.canary?.value,
    stable: metric.stable?.value,
    lower: metric.effect?.lower,
    upper: metric.effect?.upper,
    logE: metric.logE,
    logEPass: metric.logEPass,
    weight: release.weight.observed ?? release.weight.set,
    n: metric.canary?.exposure,
  };
}

// In order of time, one a second, thinned where there are many.
export function merge(old: Sample[], more: Sample[]): Sample[] {
  const at = new Map<number, Sample>();
  for (const sample of [...old, ...more]) {
    const second = Math.round(Date.parse(sample.time) / 1000);
    if (Number.isFinite(second)) at.set(second, sample);
  }
  let all = [...at.entries()].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]);
  while (all.length > kPointsMax) all = all.filter((_, i) => i % 2 === 0 || i === all.length - 1);
  return all;
}

export function curvesOf(metric: Metric, samples: Sample[]): Curves {
  const curves: Curves =
    {t: [], stable: [], canary: [], lower: [], upper: [], limit: [], evidence: [], n: []};
  const level = num(metric.level);
  const scale = metric.effect?.scale;
  for (const sample of samples) {
    const stable = finite(sample.stable);
    const canary = finite(sample.canary);
    const low = finite(sample.lower);
    const high = finite(sample.upper);
    let lower: number | null = null;
    let upper: number | null = null;
    if (scale === 'ratio' && stable !== null && stable > 0) {
      const most = kBandMax * Math.max(stable, canary ?? 0);
      lower = low === null ? 0 : Math.max(0, stable * low);
      upper = high === null ? most : Math.min(most, stable * high);
      if (upper < lower) upper = lower;
    }
    const evidence = finite(sample.logE);
    curves.t.push(Date.parse(sample.time) / 1000);
    curves.stable.push(stable);
    curves.canary.push(canary);
    curves.lower.push(lower);
    curves.upper.push(upper);
    curves.limit.push(limitValue(metric, stable));
    curves.evidence.push(evidence === null || !(level > 0) ? null
      : Math.max(0, evidence / level * 100));
    curves.n.push(finite(sample.n));
  }
  return curves;
}

const kGapTimes = 8;  // as long as the looks around it are apart
const kGapMin = 30;  // seconds
const kAround = 4;

// Stretches without a look, where there should have been some: nothing is known of them.
export function gapsOf(t: number[]): [number, number][] {
  const apart = t.slice(1).map((each, i) => each - (t[i] ?? 0));
  return apart.flatMap((length, i): [number, number][] => {
    if (length <= kGapMin) return [];
    const around = [...apart.slice(Math.max(0, i - kAround), i),
      ...apart.slice(i + 1, i + 1 + kAround)].sort((a, b) => a - b);
    const usual = around[Math.floor(around.length / 2)];
    return usual === undefined || length <= kGapTimes * usual ? []
      : [[t[i] ?? 0, t[i + 1] ?? 0]];
  });
}

// What the whole figure says, in one sentence.
export function describe(metric: Metric, curves: Curves, brief = false): string {
  const last = curves.t.length - 1;
  if (last < 0) return `${metric.name}: no curve yet.`;
  const time = duration((curves.t[last] ?? 0) - (curves.t[0] ?? 0));
  const looks = last === 0 ? 'One look.' : `${last + 1} looks over ${unbroken(time)}.`;
  return brief ? looks : `${unbroken(metric.sentence)}. ${looks}`;
}
