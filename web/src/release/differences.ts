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

// Each release pins its plan with its own versions in it; `open` is the same before they were put
// in, so that only what the policy says differs.
function fieldsOf(plan: unknown): Fields {
  const fields: Fields = new Map();
  if (!plan || typeof plan !== 'object') return fields;
  const {version: _v, stableVersion: _s, open: _o, warnings: _w, rollout, background, ...rest} =
    plan as Record<string, unknown>;
  const spec = (rollout as {spec?: unknown} | undefined)?.spec;
  flatten(spec, '', fields);
  flatten(background, 'analysis', fields);
  flatten(rest, '', fields);
  return fields;
}

function opened(plan: unknown): unknown {
  return (plan as {open?: unknown} | null)?.open ?? null;
}

export function differences(a: unknown, b: unknown): Difference[] {
  const both = opened(a) && opened(b);
  const left = fieldsOf(both ? opened(a) : a);
  const right = fieldsOf(both ? opened(b) : b);
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return paths.filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({path, a: left.get(path) ?? '', b: right.get(path) ?? ''}));
}
