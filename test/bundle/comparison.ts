/** One figure of the program from its sources and of the bundle: medians, and the median of the ratios run by run. */
export interface Comparison {
  readonly sources: number;
  readonly bundle: number;
  /** Bundle to sources, each pair measured in turn: the speed of the machine drops out. */
  readonly ratio: number;
}

export function compare(pairs: readonly (readonly [sources: number, bundle: number])[]): Comparison {
  return {
    sources: median(pairs.map(([sources]) => sources)),
    bundle: median(pairs.map(([, bundle]) => bundle)),
    ratio: median(pairs.map(([sources, bundle]) => bundle / sources)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
