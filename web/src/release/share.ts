// The canary's share, as it is set and as the router says it is.

interface Weight {
  set: number;
  observed: number | null;
  confirmed: boolean | null;
}

const kOff = 0.05;  // per cent: what rounding explains

// Whether the router has another split than is set.
export function differs({set, observed}: Pick<Weight, 'set' | 'observed'>): boolean {
  return observed !== null && Math.abs(observed - set) > kOff;
}

// It is on its way up: less than is set, and nothing says that it stays so.
export function isRising(weight: Weight): boolean {
  return differs(weight) && !weight.confirmed && (weight.observed ?? 0) < weight.set;
}
