import type { Features } from './features.ts';
import { logSumExp } from './features.ts';
import { excessShape } from './shapes-baseline.ts';
import type { ShapesBaseline } from './shapes-baseline.ts';
import { fitShapes, histogramsOf, lengthOf } from './shapes-fit.ts';
import type { ShapesFit } from './shapes-fit.ts';
import type { NodeCap } from './node-cap.ts';
import type { ShapeCells } from './panel.ts';
import type { Span } from './span.ts';

/** Sizes of a drift that are looked for beyond the tolerated one, as population stability indices. */
const SIZES = [0.02, 0.05, 0.1, 0.2, 0.5, 1];

export interface ShapesEvidence {
  readonly up: Features;
  readonly down: Features | undefined;
  readonly fit: ShapesFit;
  /** Variance of each node's standardised shares. */
  readonly variance: Float64Array;
}

export interface ShapesEvidenceInput {
  readonly cells: ShapeCells;
  readonly span: Span;
  readonly baseline: ShapesBaseline;
  /** Largest index that counts as none. */
  readonly maxPsi: number;
  readonly caps: NodeCap;
}

export const shapesEvidence = ({
  cells,
  span,
  baseline,
  maxPsi,
  caps,
}: ShapesEvidenceInput): ShapesEvidence => {
  const { nodes, cohorts } = span.panel;
  const isControl = (node: number): boolean => nodes[node]?.candidate === false;
  const fit = fitShapes(histogramsOf(cells, span), baseline.shares, baseline.cohorts, nodes, isControl);
  const drift = Math.max(baseline.drift, excessShape(fit, baseline.doubts, baseline.noise, isControl));
  const arms = cohorts.map((_, cohort) => {
    const own = nodes.filter((node) => node.cohort === cohort);
    return { chosen: own.filter(({ candidate }) => candidate).length, size: own.length };
  });
  const variance = varianceOf(fit, baseline, drift).map((value, node) => {
    const { chosen, size } = arms[nodes[node]?.cohort ?? 0] ?? { chosen: 0, size: 0 };
    return size > chosen ? value * (1 + chosen / (size - chosen)) : value;
  });
  const values = valuesOf(fit, variance, (node) => caps(nodes[node]?.cohort ?? 0, 0));
  return {
    up: { width: fit.bins + 1, values, score: driftScore(fit.bins, maxPsi) },
    down: maxPsi > 0 ? { width: fit.bins + 1, values, score: steadyScore(fit.bins, maxPsi) } : undefined,
    fit,
    variance,
  };
};

/** The statistic of the randomisation test: the same, with all nodes for reference. */
export const shapesStatistic = (
  { cells, span, baseline, maxPsi }: Omit<ShapesEvidenceInput, 'caps'>,
  shares: readonly number[],
): Features => {
  const { nodes } = span.panel;
  const fit = fitShapes(histogramsOf(cells, span), baseline.shares, baseline.cohorts, nodes, () => true);
  // What the reference moved by has the chosen nodes' part in it: (1 - share) of a drift is left in them.
  for (const [node, { cohort }] of nodes.entries()) {
    const left = 1 - (shares[cohort] ?? 0);
    for (let at = node * fit.bins; at < (node + 1) * fit.bins; at += 1)
      fit.shift[at] = (fit.shift[at] ?? 0) / left;
  }
  const variance = varianceOf(fit, baseline, baseline.drift);
  return {
    width: fit.bins + 1,
    values: valuesOf(fit, variance, () => Infinity),
    score: driftScore(fit.bins, maxPsi),
  };
};

const varianceOf = (fit: ShapesFit, { doubts, noise }: ShapesBaseline, drift: number): Float64Array =>
  fit.n.map((n, node) => (n > 0 ? (doubts[node] ?? 0) + drift + noise / n : Infinity));

/** Shift over variance in each bin, and the precision: the sums of a normal mean. */
const valuesOf = (fit: ShapesFit, variance: Float64Array, cap: (node: number) => number): Float64Array => {
  const { bins, shift } = fit;
  const values = new Float64Array(variance.length * (bins + 1));
  for (let node = 0; node < variance.length; node += 1) {
    const own = variance[node] ?? Infinity;
    if (!(own < Infinity)) continue;
    const nats = lengthOf(fit, node) / own / 2;
    const cut = nats > cap(node) ? Math.sqrt(cap(node) / nats) : 1;
    for (let bin = 0; bin < bins; bin += 1) {
      values[node * (bins + 1) + bin] = (cut * (shift[node * bins + bin] ?? 0)) / own;
    }
    values[node * (bins + 1) + bins] = 1 / own;
  }
  return values;
};

const sumsOf = (
  sums: Float64Array,
  at: number,
  bins: number,
): { readonly length: number; readonly weight: number } => {
  let square = 0;
  for (let bin = 0; bin < bins; bin += 1) square += (sums[at + bin] ?? 0) ** 2;
  return { length: Math.sqrt(square), weight: sums[at + bins] ?? 0 };
};

/**
 * Log e-value against a shift of at most the root of maxPsi in any direction: a normal mixture over directions, of what
 * the sum is longer than such a shift could make it. That is at most the mixture at the true shift, so it stays valid
 * for all of them.
 */
const driftScore = (bins: number, maxPsi: number): Features['score'] => {
  const dimensions = Math.max(1, bins - 1);
  return (sums, at) => {
    const { length, weight } = sumsOf(sums, at, bins);
    if (weight === 0) return 0;
    const beyond = Math.max(0, length - Math.sqrt(maxPsi) * weight);
    return (
      logSumExp(
        SIZES.map((size) => {
          const spread = size / dimensions;
          const grown = 1 + spread * weight;
          return (-dimensions / 2) * Math.log(grown) + (spread * beyond ** 2) / (2 * grown);
        }),
      ) - Math.log(SIZES.length)
    );
  };
};

/** Log e-value of no shift against one of maxPsi or more, in whichever direction is the hardest to tell. */
const steadyScore = (bins: number, maxPsi: number): Features['score'] => {
  const size = Math.sqrt(maxPsi);
  return (sums, at) => {
    const { length, weight } = sumsOf(sums, at, bins);
    return (size * size * weight) / 2 - size * length;
  };
};

/** Population stability index of a set, less what chance alone would make of it; and its standard error. */
export const psiOf = (
  { up: { values, width } }: ShapesEvidence,
  set: readonly number[],
): { readonly estimate: number; readonly error: number } | undefined => {
  const bins = width - 1;
  const sums = new Float64Array(width);
  for (const node of set) {
    for (let i = 0; i < width; i += 1) sums[i] = (sums[i] ?? 0) + (values[node * width + i] ?? 0);
  }
  const { length, weight } = sumsOf(sums, 0, bins);
  if (weight === 0) return undefined;
  const raw = (length / weight) ** 2;
  const chance = Math.max(1, bins - 1) / weight;
  return {
    estimate: Math.max(0, raw - chance),
    // Variance of a non-central chi-square over the precision: 2 (k + 2 lambda) / w^2.
    error: Math.sqrt(2 * Math.max(1, bins - 1) + 4 * Math.max(0, raw - chance) * weight) / weight,
  };
};
