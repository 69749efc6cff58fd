import { BLOCK } from './counts-baseline.ts';
import { fitLevels } from './levels-fit.ts';
import type { LevelsFit } from './levels-fit.ts';
import { spreadOf } from './moment.ts';
import type { LevelCells } from './panel.ts';
import { halves, offsetOf, visible } from './span.ts';
import type { Span } from './span.ts';

/** The past of a level (a mean, or the mean logarithm of a latency), frozen when the soak begins. */
export interface LevelsBaseline {
  readonly kind: 'levels';
  /** Usual level of each node. */
  readonly levels: readonly number[];
  /** Variance of that level, from how little was seen. */
  readonly doubts: readonly number[];
  /** Usual level of each cohort. */
  readonly cohorts: readonly number[];
  /** Variance by which a node's level moves between its past and the soak. */
  readonly drift: number;
  /** Variance of a mean of weight 1, what is correlated from minute to minute included. */
  readonly noise: number;
  /** Observations at which a minute's chance is as large as what moves the level from minute to minute. */
  readonly n0: number;
  /** What one standard deviation between nodes is; the scale of a metric without one of its own. */
  readonly spread: number;
  /** Variance of what comes over all nodes of each cohort at once; what is not known where it has no controls. */
  readonly shocks: readonly number[];
}

/** Smallest drift, as a share of the spread between nodes: a twentieth of its standard deviation. */
const MIN_DRIFT_SHARE = 0.0025;
const MIN_HISTORY = 20;
/** Where nothing is known of it: nodes move by a third of what they differ. */
const PRIOR_DRIFT_SHARE = 0.1;
const TINY = 1e-12;

export function* levelsBaseline(cells: LevelCells, span: Span): Generator<void, LevelsBaseline> {
  const cohorts = cohortLevels(cells, span);
  yield;
  const n0 = chanceOf(cells, span);
  yield;
  const noise = yield* noiseOf(cells, span, n0);
  const whole = fitOwn(cells, span, { cohorts, n0, noise });
  yield;
  return {
    kind: 'levels',
    levels: [...whole.levels],
    doubts: [...whole.doubts],
    cohorts,
    drift: driftOf(cells, span, { cohorts, n0, noise }, whole.spread),
    noise,
    n0,
    spread: Math.sqrt(whole.spread),
    shocks: yield* shocksOf(cells, span, { levels: whole.levels, n0 }, whole.spread),
  };
}

/** Less is never believed: two hours of history have not seen a whole day. */
const MIN_SHOCK_SHARE = 0.1;

function* shocksOf(
  cells: LevelCells,
  span: Span,
  { levels, n0 }: { readonly levels: Float64Array; readonly n0: number },
  spread: number,
): Generator<void, readonly number[]> {
  const { cohorts, nodes } = span.panel;
  const blocks = Math.floor((span.to - span.from) / BLOCK);
  const squares = new Float64Array(cohorts.length);
  for (let block = 0; block < blocks; block += 1) {
    const from = span.from + block * BLOCK;
    const fit = fitLevels({
      cells,
      span: { ...span, from, to: from + BLOCK },
      levels,
      n0,
      reference: () => false,
    });
    for (const cohort of cohorts.keys()) {
      const own = [...nodes.keys()].filter(
        (node) => nodes[node]?.cohort === cohort && (fit.weight[node] ?? 0) > 0,
      );
      const mean = own.reduce((sum, node) => sum + (fit.shift[node] ?? 0), 0) / Math.max(1, own.length);
      squares[cohort] = (squares[cohort] ?? 0) + mean ** 2;
    }
    yield;
  }
  return [...squares].map((sum) => Math.max(MIN_SHOCK_SHARE * spread, sum / Math.max(1, blocks)));
}

interface Scales {
  readonly cohorts: readonly number[];
  readonly n0: number;
  readonly noise: number;
}

/** Mean of the nodes' own means, so that a busy node does not stand for its cohort. */
const cohortLevels = (cells: LevelCells, span: Span): readonly number[] => {
  const { panel } = span;
  const sums = new Float64Array(panel.cohorts.length);
  const counts = new Float64Array(panel.cohorts.length);
  for (const [node, { cohort }] of panel.nodes.entries()) {
    const { mean, weight } = meanOf(cells, span, node);
    if (weight === 0) continue;
    sums[cohort] = (sums[cohort] ?? 0) + mean;
    counts[cohort] = (counts[cohort] ?? 0) + 1;
  }
  return [...sums].map((sum, cohort) => ((counts[cohort] ?? 0) > 0 ? sum / (counts[cohort] ?? 1) : 0));
};

const meanOf = (
  cells: LevelCells,
  span: Span,
  node: number,
): { readonly mean: number; readonly weight: number } => {
  let sum = 0;
  let weight = 0;
  const start = offsetOf(span, node);
  for (let cell = start + span.from; cell < start + span.to; cell += 1) {
    const n = cells.n[cell] ?? NaN;
    const level = cells.level[cell] ?? NaN;
    if (!visible(span, cell) || Number.isNaN(level) || !(n > 0)) continue;
    sum += n * level;
    weight += n;
  }
  return { mean: weight > 0 ? sum / weight : 0, weight };
};

/** Squared residuals about the node's own mean grow with 1/n; where chance and movement are equal is n0. */
const chanceOf = (cells: LevelCells, span: Span): number => {
  let [sw, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (const node of span.panel.nodes.keys()) {
    const { mean, weight } = meanOf(cells, span, node);
    if (weight === 0) continue;
    const start = offsetOf(span, node);
    for (let cell = start + span.from; cell < start + span.to; cell += 1) {
      const n = cells.n[cell] ?? NaN;
      const level = cells.level[cell] ?? NaN;
      if (!visible(span, cell) || Number.isNaN(level) || !(n > 0)) continue;
      const square = (level - mean) ** 2;
      // A squared residual's own variance goes by its square, about 1/n^2 for small n.
      const trust = n;
      sw += trust;
      sx += trust / n;
      sy += trust * square;
      sxx += trust / n ** 2;
      sxy += (trust * square) / n;
    }
  }
  if (sw === 0) return 1;
  const determinant = sw * sxx - sx ** 2;
  const slope = determinant > TINY * sw * sxx ? (sw * sxy - sx * sy) / determinant : 0;
  const chance = Math.max(slope, 0);
  const movement = Math.max((sy - chance * sx) / sw, 0);
  if (chance === 0) return 0;
  return movement <= TINY ? 1e6 : Math.min(1e6, chance / movement);
};

/** Variance of block means times their weight, so that what is correlated within a block is counted. */
function* noiseOf(cells: LevelCells, span: Span, n0: number): Generator<void, number> {
  const { nodes } = span.panel;
  const blocks = Math.floor((span.to - span.from) / BLOCK);
  const own = Float64Array.from(nodes, (_, node) => meanOf(cells, span, node).mean);
  if (blocks < 2) return 0;
  const fits: LevelsFit[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const from = span.from + block * BLOCK;
    fits.push(
      fitLevels({
        cells,
        span: { ...span, from, to: from + BLOCK },
        levels: own,
        n0,
        reference: () => true,
      }),
    );
    yield;
  }
  let sum = 0;
  let count = 0;
  for (const node of nodes.keys()) {
    const used = fits.filter(({ weight }) => (weight[node] ?? 0) > 0);
    if (used.length < 2) continue;
    const total = used.reduce((all, { weight }) => all + (weight[node] ?? 0), 0);
    const mean =
      used.reduce((all, { weight, shift }) => all + (weight[node] ?? 0) * (shift[node] ?? 0), 0) / total;
    for (const { weight, shift } of used) sum += (weight[node] ?? 0) * ((shift[node] ?? 0) - mean) ** 2;
    count += used.length - 1;
  }
  return count > 0 ? sum / count : 0;
}

interface Own {
  readonly levels: Float64Array;
  readonly doubts: Float64Array;
  readonly spread: number;
}

/** Each node's level, drawn towards its cohort's as far as its own past is thin. */
const fitOwn = (cells: LevelCells, span: Span, { cohorts, n0, noise }: Scales): Own => {
  const { nodes } = span.panel;
  const centre = Float64Array.from(nodes, ({ cohort }) => cohorts[cohort] ?? 0);
  const fit = fitLevels({ cells, span, levels: centre, n0, reference: () => true });
  const squares = [...fit.shift].map((shift) => shift ** 2);
  const noises = [...fit.weight].map((weight) => (weight > 0 ? noise / weight : Infinity));
  const rough = squares.reduce((sum, value) => sum + value, 0) / Math.max(1, squares.length);
  const spread = Math.max(
    spreadOf({ squares, noise: noises, prior: Math.max(rough, TINY), priorNodes: 0 }),
    TINY,
  );
  const doubts = fit.weight.map((weight) => 1 / (1 / spread + weight / Math.max(noise, TINY)));
  const levels = fit.shift.map((shift, node) => {
    const weight = (fit.weight[node] ?? 0) / Math.max(noise, TINY);
    return (centre[node] ?? 0) + (shift * weight) / (1 / spread + weight);
  });
  return { levels, doubts, spread };
};

const driftOf = (cells: LevelCells, span: Span, scales: Scales, spread: number): number => {
  const prior = Math.max(PRIOR_DRIFT_SHARE * spread, TINY);
  if (span.to - span.from < MIN_HISTORY) return prior;
  const [before, after] = halves(span);
  const { levels, doubts } = fitOwn(cells, before, scales);
  const fit = fitLevels({ cells, span: after, levels, n0: scales.n0, reference: () => true });
  return Math.max(
    MIN_DRIFT_SHARE * spread,
    excessShift(fit, doubts, scales.noise, { prior, priorNodes: 2 }),
    TINY,
  );
};

/** Variance of the nodes' shifts that neither noise nor doubt about the past explains. */
export const excessShift = (
  { shift, weight }: LevelsFit,
  doubts: ArrayLike<number>,
  noise: number,
  options: { readonly prior: number; readonly priorNodes: number; readonly of?: (node: number) => boolean },
): number => {
  const squares: number[] = [];
  const noises: number[] = [];
  for (const [node, own] of weight.entries()) {
    if (own <= 0 || options.of?.(node) === false) continue;
    squares.push((shift[node] ?? 0) ** 2);
    noises.push(noise / own + (doubts[node] ?? 0));
  }
  return spreadOf({ squares, noise: noises, ...options });
};
