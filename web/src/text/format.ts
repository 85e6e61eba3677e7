// Numbers and times as people read them. No share without its count stands next to these: the
// callers show both.
import type {Effect, Metric, Num, Side} from '../api/types';

export const kNone = '–';
export const kTooFew = 'too few to tell';  // an interval that leaves all open

export function num(value: Num): number {
  if (typeof value === 'number') return value;
  if (value === '+Inf') return Infinity;
  if (value === '-Inf') return -Infinity;
  return NaN;
}

// "20 131": groups of three with a narrow space that does not break.
export function count(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return kNone;
  const rounded = Math.abs(n - Math.round(n)) < 1e-9 || Math.abs(n) >= 1000;
  const text = rounded ? String(Math.round(n)) : String(Number(n.toPrecision(3)));
  if (!rounded) return text;
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

// "0.26 %" of 0.0026: three digits, so that what is rare does not read as nothing.
export function share(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return kNone;
  return percent(n * 100);
}

export function percent(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return kNone;
  if (n === 0) return '0\u202f%';
  const digits = Math.abs(n) >= 100 ? 0
    : Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(Math.abs(n)))));
  return `${Number(n.toFixed(digits))}\u202f%`;
}

export function short(value: Num): string {
  const n = num(value);
  if (n === Infinity) return '∞';
  if (n === -Infinity) return '−∞';
  if (!Number.isFinite(n)) return kNone;
  if (n !== 0 && (Math.abs(n) >= 1e6 || Math.abs(n) < 1e-3)) return n.toExponential(1);
  return String(Number(n.toPrecision(3))).replace('-', '−');
}

// "1 min 30 s": a number stays on the line of its unit.
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return kNone;
  return plainDuration(seconds).replace(/(\d) /g, '$1\u00a0');
}

function plainDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 600 && s % 60 !== 0) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 3570) return `${Math.round(s / 60)} min`;
  const minutes = Math.round(s / 60);
  if (s < 86400) {
    return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
  }
  return `${Math.round(s / 86400)} days`;
}

// Keeps a number and its unit on one line.
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=(?:%|pp|sd|s|min|h)(?:[^\w]|$))/g, '$1\u00a0')
    .replace(/(\d) (?=\d{3}(?:\D|$))/g, '$1\u202f');
}

export type Zone = 'local' | 'utc';

function parts(date: Date, zone: Zone): string[] {
  const two = (n: number) => String(n).padStart(2, '0');
  return zone === 'utc'
    ? [`${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`,
      `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`]
    : [`${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
      `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`];
}

export function clock(time: string | number | null | undefined, zone: Zone): string {
  if (time === null || time === undefined) return kNone;
  const date = new Date(typeof time === 'number' ? time * 1000 : time);
  if (Number.isNaN(date.getTime())) return kNone;
  return parts(date, zone)[1] + (zone === 'utc' ? 'Z' : '');
}

export function dateTime(time: string | null | undefined, zone: Zone): string {
  if (!time) return kNone;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return kNone;
  return parts(date, zone).join(' ') + (zone === 'utc' ? 'Z' : '');
}

// What a side's value is a value of.
export function side(metric: Metric, of: Side | undefined): {value: string; of: string} {
  if (!of) return {value: kNone, of: ''};
  if (!Number.isFinite(num(of.value))) return {value: kNone, of: 'no samples'};
  switch (metric.kind) {
    case 'errors':
      return {value: share(of.value), of: `${count(of.events)} of ${count(of.exposure)}`};
    case 'histogram': {
      const bound = num(metric.tailBound);
      const above = Number.isFinite(bound) ? `above ${short(bound)}: ` : '';
      return {value: share(of.value), of: `${above}${count(of.events)} of ${count(of.exposure)}`};
    }
    case 'gauge':
      return {value: short(of.value), of: `${count(of.exposure)} samples`};
    case 'rate':
      return {value: short(of.value), of: `${count(of.events)} events`};
    default:
      return {value: short(of.value), of: `n = ${count(of.exposure)}`};
  }
}

// What a step's difference is counted in: "4 of 1 120 against 2 of 7 493".
export function countedInStep(of: Effect | undefined): string {
  if (!of?.canary || !of.stable) return '';
  const side = ({events, exposure}: Side) => `${count(events)} of ${count(exposure)}`;
  return `${side(of.canary)} against ${side(of.stable)}`;
}

// Three decimals: more of a standard deviation nobody needs.
const deviation = (n: number): string => short(Number.isFinite(n) ? Number(n.toFixed(3)) : n);

// "×[0.98, 1.21]"; of an interval without an end what it begins at.
export function interval(scale: string, low: Num, high: Num): string {
  const [lower, upper] = [num(low), num(high)];
  if (Number.isNaN(lower) || Number.isNaN(upper)) return '';
  if (scale !== 'ratio') {
    return lower === -Infinity && upper === Infinity ? kTooFew
      : `[${deviation(lower)}, ${deviation(upper)}]\u00a0${scale}`;
  }
  if (upper === Infinity) return lower > 0 ? `at least ×${short(lower)}` : kTooFew;
  return `×[${short(lower)}, ${short(upper)}]`;
}

// "×1.09" and "×[0.98, 1.21]". Of stable's nothing no multiple can be said.
export function effect(of: Effect | undefined): {estimate: string; interval: string} {
  if (!of) return {estimate: kNone, interval: ''};
  const estimate = num(of.estimate);
  const ratio = of.scale === 'ratio';
  if (ratio && of.canary?.events === 0 && of.stable?.events === 0) {
    return {estimate: 'none on either side', interval: ''};
  }
  const known = interval(of.scale, of.lower, of.upper);
  if (Number.isNaN(estimate)) return {estimate: kNone, interval: known};
  if (ratio) {
    return {estimate: estimate === Infinity ? 'none on stable' : `×${short(estimate)}`,
      interval: known};
  }
  return {estimate: `${estimate > 0 ? '+' : ''}${deviation(estimate)} ${of.scale}`,
    interval: known};
}
