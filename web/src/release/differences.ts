// What differs between two plans, field by field.

export interface Difference {
  path: string;
  a: string;  // "" where it is not there
  b: string;
}

export const kDifferencesMax = 200;

type Fields = Map<string, string>;

function nameOf(value: unknown, index: number): string {
  if (value && typeof value === 'object') {
    const entry = value as {name?: unknown; metric?: {name?: unknown}};
    const name = entry.name ?? entry.metric?.name;
    if (typeof name === 'string' && name) return name;
  }
  return String(index);
}

function flatten(value: unknown, path: string, fields: Fields): void {
  if (Array.isArray(value)) {
    value.forEach((each, i) => flatten(each, `${path}[${nameOf(each, i)}]`, fields));
  } else if (value && typeof value === 'object') {
    for (const [key, each] of Object.entries(value)) {
      flatten(each, path ? `${path}.${key}` : key, fields);
    }
  } else if (value !== null && value !== undefined && value !== '') {
    fields.set(path, String(value));
  }
}

// A version within a text, as a word of its own.
function word(version: unknown): RegExp | null {
  if (typeof version !== 'string' || version === '') return null;
  const literal = version.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w.-])${literal}(?![\\w-]|\\.\\w)`, 'g');
}

// Each release pins its plan with its own versions in it: they are put back into placeholders, so
// that only what the policy says differs.
function fieldsOf(plan: unknown): Fields {
  const fields: Fields = new Map();
  if (!plan || typeof plan !== 'object') return fields;
  const {version, stableVersion, open: _o, warnings: _w, rollout, background, ...rest} =
    plan as Record<string, unknown>;
  const spec = (rollout as {spec?: unknown} | undefined)?.spec;
  flatten(spec, '', fields);
  flatten(background, 'analysis', fields);
  flatten(rest, '', fields);
  const canary = word(version);
  const stable = word(stableVersion);
  for (const [path, text] of fields) {
    const named = canary ? text.replace(canary, '{{args.canary}}') : text;
    fields.set(path, stable ? named.replace(stable, '{{args.stable}}') : named);
  }
  return fields;
}

// "analysis.metrics[latency]" of "analysis.metrics[latency].metric.interval"; "" of other fields.
function elementOf(path: string): string {
  return /^.*?\[[^\]]+\]/.exec(path)?.[0] ?? '';
}

function elementsOf(fields: Fields): Set<string> {
  return new Set([...fields.keys()].map(elementOf));
}

// What one side has whole and the other not at all is one difference.
export function differences(a: unknown, b: unknown): Difference[] {
  const left = fieldsOf(a);
  const right = fieldsOf(b);
  const inLeft = elementsOf(left);
  const inRight = elementsOf(right);
  const found = new Map<string, Difference>();
  for (const path of new Set([...left.keys(), ...right.keys()])) {
    if (left.get(path) === right.get(path)) continue;
    const element = elementOf(path);
    if (element && !(inLeft.has(element) && inRight.has(element))) {
      found.set(element, {path: element, a: inLeft.has(element) ? 'in the plan' : '',
        b: inRight.has(element) ? 'in the plan' : ''});
    } else {
      found.set(path, {path, a: left.get(path) ?? '', b: right.get(path) ?? ''});
    }
  }
  return [...found.values()];
}
