import { BLOCK } from './counts-baseline.ts';
import { spreadOf } from './moment.ts';
import type { PanelNode, ShapeCells } from './panel.ts';
import { fitShapes, histogramsOf, lengthOf } from './shapes-fit.ts';
import type { Histograms, ShapesFit } from './shapes-fit.ts';
import { halves } from './span.ts';
import type { Span } from './span.ts';

/** The past of a histogram's shape, frozen when the soak begins. */
export interface ShapesBaseline {
  readonly kind: 'shapes';
  readonly bins: number;
  /** Usual shares, node after node, drawn towards its cohort's as far as its own past is thin. */
  readonly shares: readonly number[];
  /** Variance of a standardised share, from how little was seen. */
  readonly doubts: readonly number[];
  /** Usual shares of each cohort, cohort after cohort. */
  readonly cohorts: readonly number[];
  /** Variance by which a node's standardised share moves between its past and the soak. */
  readonly drift: number;
  /** Variance of one observation, at least 1: what is alike within a block of minutes is counted. */
  readonly noise: number;
}

/** Where nothing is known: nodes differ by a hundredth and move by a five-hundredth (variance of a standardised share). */
const PRIOR_SPREAD = 0.01;
const PRIOR_DRIFT = 0.002;
const MIN_SPREAD = 1e-6;
const MIN_HISTORY = 20;

export function* shapesBaseline(cells: ShapeCells, span: Span): Generator<void, ShapesBaseline> {
  const { nodes, cohorts: names } = span.panel;
  const found = histogramsOf(cells, span);
  const cohorts = cohortShares(found, nodes, names.length);
  const noise = yield* noiseOf(cells, span, found, cohorts);
  const { shares, doubts } = fitOwn(found, nodes, cohorts, noise);
  yield;
  return {
    kind: 'shapes',
    bins: cells.bins,
    shares: [...shares],
    doubts: [...doubts],
    cohorts,
    drift: driftOf(cells, span, cohorts, noise),
    noise,
  };
}

const cohortShares = (
  { bins, counts }: Histograms,
  nodes: readonly PanelNode[],
  cohorts: number,
): readonly number[] => {
  // Half an observation more in each bin, so that none is impossible.
  const sums = Array.from({ length: cohorts }, () => new Float64Array(bins).fill(0.5));
  for (const [node, { cohort }] of nodes.entries()) {
    const own = sums[cohort];
    if (own === undefined) continue;
    for (let bin = 0; bin < bins; bin += 1) own[bin] = (own[bin] ?? 0) + (counts[node * bins + bin] ?? 0);
  }
  return sums.flatMap((own) => {
    const total = own.reduce((a, b) => a + b, 0);
    return [...own].map((value) => value / total);
  });
};

function* noiseOf(
  cells: ShapeCells,
  span: Span,
  { counts, n, bins }: Histograms,
  cohorts: readonly number[],
): Generator<void, number> {
  const { nodes } = span.panel;
  const blocks = Math.floor((span.to - span.from) / BLOCK);
  if (blocks < 2 || bins < 2) return 1;
  const own = counts.map((value, at) => value / Math.max(n[Math.floor(at / bins)] ?? 0, 1));
  let sum = 0;
  let used = 0;
  for (let block = 0; block < blocks; block += 1) {
    const from = span.from + block * BLOCK;
    const found = histogramsOf(cells, { ...span, from, to: from + BLOCK });
    const fit = fitShapes(found, own, cohorts, nodes, () => true);
    for (const node of nodes.keys()) {
      const observations = fit.n[node] ?? 0;
      if (observations === 0) continue;
      sum += (lengthOf(fit, node) * observations * blocks) / (blocks - 1) / (bins - 1);
      used += 1;
    }
    yield;
  }
  return used === 0 ? 1 : Math.max(1, sum / used);
}

const fitOwn = (
  found: Histograms,
  nodes: readonly PanelNode[],
  cohorts: readonly number[],
  noise: number,
): { readonly shares: Float64Array; readonly doubts: Float64Array } => {
  const { bins, n, counts } = found;
  const usual = Float64Array.from(counts, (_, at) => {
    const cohort = nodes[Math.floor(at / bins)]?.cohort ?? 0;
    return cohorts[cohort * bins + (at % bins)] ?? 0;
  });
  const fit = fitShapes(found, usual, cohorts, nodes, () => false);
  const spread = Math.max(
    MIN_SPREAD,
    spreadOf({ ...deviations(fit, noise, () => 0), prior: PRIOR_SPREAD, priorNodes: 1 }),
  );
  const doubts = n.map((observations) => 1 / (1 / spread + observations / noise));
  const shares = usual.map((value, at) => {
    const node = Math.floor(at / bins);
    const observations = n[node] ?? 0;
    const own = (counts[at] ?? 0) / Math.max(observations, 1);
    const weight = observations / noise;
    return (value / spread + own * weight) / (1 / spread + weight);
  });
  return { shares, doubts };
};

const driftOf = (cells: ShapeCells, span: Span, cohorts: readonly number[], noise: number): number => {
  if (span.to - span.from < MIN_HISTORY) return PRIOR_DRIFT;
  const { nodes } = span.panel;
  const [before, after] = halves(span);
  const { shares, doubts } = fitOwn(histogramsOf(cells, before), nodes, cohorts, noise);
  const fit = fitShapes(histogramsOf(cells, after), shares, cohorts, nodes, () => true);
  return Math.max(
    MIN_SPREAD,
    excessShape(fit, doubts, noise, () => true),
  );
};

/** Variance of the nodes' standardised shares that neither chance nor doubt about the past explains. */
export const excessShape = (
  fit: ShapesFit,
  doubts: ArrayLike<number>,
  noise: number,
  of: (node: number) => boolean,
): number =>
  spreadOf({
    ...deviations(fit, noise, (node) => (of(node) ? (doubts[node] ?? 0) : Infinity)),
    prior: PRIOR_DRIFT,
    priorNodes: 1,
  });

const deviations = (
  fit: ShapesFit,
  noise: number,
  doubt: (node: number) => number,
): { readonly squares: readonly number[]; readonly noise: readonly number[] } => ({
  squares: [...fit.n.keys()].map((node) => lengthOf(fit, node) / Math.max(1, fit.bins - 1)),
  noise: [...fit.n].map((observations, node) =>
    observations > 0 ? noise / observations + doubt(node) : Infinity,
  ),
});
