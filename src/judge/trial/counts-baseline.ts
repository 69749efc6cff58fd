import { fitCounts } from './counts-fit.ts';
import type { CountsFit } from './counts-fit.ts';
import { spreadOf } from './moment.ts';
import type { CountCells } from './panel.ts';
import { halves, offsetOf, visible } from './span.ts';
import type { Span } from './span.ts';

/** A ratio's past, frozen when the soak begins. Arrays go by the panel's nodes and cohorts. */
export interface CountsBaseline {
  readonly kind: 'counts';
  /** Usual share of bad requests of each node, drawn towards its cohort's as far as its own past is thin. */
  readonly rates: readonly number[];
  /** Relative variance of that share, from how little was seen. */
  readonly doubts: readonly number[];
  /** Usual share of each cohort. */
  readonly cohorts: readonly number[];
  /** Relative variance by which a node's share moves between its past and the soak. */
  readonly drift: number;
  /** Relative variance of a node's share from one block of minutes to the next. */
  readonly blocks: number;
  /** Relative variance of what comes over all nodes of each cohort at once; what is not known where it has no controls. */
  readonly shocks: readonly number[];
}

/** Minutes of a block, long enough for what is correlated from minute to minute to be within it. */
export const BLOCK = 10;
/** Nodes differ like this where nothing is known of them: a standard deviation of 40 % between nodes, 15 % in time. */
const PRIOR_SPREAD = 0.16;
const PRIOR_DRIFT = 0.0225;
const MIN_SPREAD = 1e-3;
const MIN_DRIFT = 0.0025;
const MAX_SPREAD = 4;
/** With less there is no past to speak of. */
const MIN_HISTORY = 20;

/**
 * Node rates by empirical Bayes (gamma-Poisson within the cohort), and how much they wander: what the first half of
 * the past predicts of the second shows drift, blocks within a node show overdispersion.
 */
export function* countsBaseline(cells: CountCells, span: Span): Generator<void, CountsBaseline> {
  const { nodes } = span.panel;
  const cohorts = cohortRates(cells, span);
  const whole = yield* fitRates(cells, span, cohorts, 0);
  const blocks = yield* blockSpread(cells, span, whole.rates);
  const fitted = yield* fitRates(cells, span, cohorts, blocks);
  return {
    kind: 'counts',
    rates: [...fitted.rates],
    doubts: [...fitted.doubts],
    cohorts,
    drift: nodes.length === 0 ? PRIOR_DRIFT : yield* driftOf(cells, span, cohorts, blocks),
    blocks,
    shocks: yield* shocksOf(cells, span, fitted.rates),
  };
}

/** Less is never believed: two hours of history have not seen a whole day. */
const MIN_SHOCK = 0.09;

function* shocksOf(cells: CountCells, span: Span, rates: Float64Array): Generator<void, readonly number[]> {
  const { cohorts, nodes } = span.panel;
  const blocks = Math.floor((span.to - span.from) / BLOCK);
  const squares = new Float64Array(cohorts.length);
  for (let block = 0; block < blocks; block += 1) {
    const from = span.from + block * BLOCK;
    const fit = fitCounts({
      cells,
      span: { ...span, from, to: from + BLOCK },
      rates,
      reference: () => false,
    });
    const observed = new Float64Array(cohorts.length);
    const expected = new Float64Array(cohorts.length);
    for (const [node, { cohort }] of nodes.entries()) {
      observed[cohort] = (observed[cohort] ?? 0) + (fit.observed[node] ?? 0);
      expected[cohort] = (expected[cohort] ?? 0) + (fit.expected[node] ?? 0);
    }
    for (const cohort of cohorts.keys()) {
      const usual = expected[cohort] ?? 0;
      if (usual > 0) {
        squares[cohort] = (squares[cohort] ?? 0) + ((observed[cohort] ?? 0) / usual - 1) ** 2 - 1 / usual;
      }
    }
    yield;
  }
  return [...squares].map((sum) => Math.max(MIN_SHOCK, sum / Math.max(1, blocks)));
}

const cohortRates = (cells: CountCells, span: Span): readonly number[] => {
  const { panel } = span;
  const bad = new Float64Array(panel.cohorts.length);
  const total = new Float64Array(panel.cohorts.length);
  for (const [node, { cohort }] of panel.nodes.entries()) {
    const start = offsetOf(span, node);
    for (let cell = start + span.from; cell < start + span.to; cell += 1) {
      const requests = cells.total[cell] ?? NaN;
      if (!visible(span, cell) || Number.isNaN(requests)) continue;
      bad[cohort] = (bad[cohort] ?? 0) + (cells.bad[cell] ?? 0);
      total[cohort] = (total[cohort] ?? 0) + requests;
    }
  }
  // Half an error more, so that a cohort that never failed has a rate to be compared with.
  return [...total].map((requests, cohort) => ((bad[cohort] ?? 0) + 0.5) / (requests + 1));
};

interface Rates {
  readonly rates: Float64Array;
  readonly doubts: Float64Array;
}

function* fitRates(
  cells: CountCells,
  span: Span,
  cohorts: readonly number[],
  blocks: number,
): Generator<void, Rates> {
  const { nodes } = span.panel;
  let rates = Float64Array.from(nodes, ({ cohort }) => cohorts[cohort] ?? 0);
  let doubts = new Float64Array(nodes.length).fill(PRIOR_SPREAD);
  // The shocks depend on the rates and the rates on the shocks; three rounds are enough.
  for (let round = 0; round < 3; round += 1) {
    const { observed, expected, minutes } = fitCounts({ cells, span, rates, reference: () => true });
    // Against the cohort's rate instead of the node's own.
    const usual = expected.map(
      (value, node) => (value * (cohorts[nodes[node]?.cohort ?? 0] ?? 0)) / (rates[node] ?? 1),
    );
    const dispersion = usual.map(
      (value, node) => 1 + (blocks * value * BLOCK) / Math.max(minutes[node] ?? 0, 1),
    );
    const spread = Math.min(
      MAX_SPREAD,
      Math.max(
        MIN_SPREAD,
        spreadOf({
          squares: [...usual].map((value, node) => ((observed[node] ?? 0) / value - 1) ** 2),
          noise: [...usual].map((value, node) => (dispersion[node] ?? 1) / value),
          prior: PRIOR_SPREAD,
          priorNodes: 1,
        }),
      ),
    );
    doubts = usual.map((value, node) => 1 / (1 / spread + value / (dispersion[node] ?? 1)));
    rates = usual.map((value, node) => {
      const phi = dispersion[node] ?? 1;
      const factor = (1 / spread + (observed[node] ?? 0) / phi) / (1 / spread + value / phi);
      return (cohorts[nodes[node]?.cohort ?? 0] ?? 0) * factor;
    });
    yield;
  }
  return { rates, doubts };
}

/** Relative variance between a node's blocks, beyond that of counts. */
function* blockSpread(cells: CountCells, span: Span, rates: Float64Array): Generator<void, number> {
  const { nodes } = span.panel;
  const blocks = Math.floor((span.to - span.from) / BLOCK);
  if (blocks < 2) return 0;
  const fits: CountsFit[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const from = span.from + block * BLOCK;
    fits.push(fitCounts({ cells, span: { ...span, from, to: from + BLOCK }, rates, reference: () => true }));
    yield;
  }
  let excess = 0;
  let weight = 0;
  for (const node of nodes.keys()) {
    const expected = fits.map((fit) => fit.expected[node] ?? 0);
    const observed = fits.map((fit) => fit.observed[node] ?? 0);
    const sum = expected.reduce((a, b) => a + b, 0);
    const factor = sum > 0 ? observed.reduce((a, b) => a + b, 0) / sum : 0;
    for (const [block, value] of expected.entries()) {
      const mean = value * factor;
      excess += (((observed[block] ?? 0) - mean) ** 2 * blocks) / (blocks - 1) - mean;
      weight += mean ** 2;
    }
  }
  return weight > 0 ? Math.max(0, excess / weight) : 0;
}

function* driftOf(
  cells: CountCells,
  span: Span,
  cohorts: readonly number[],
  blocks: number,
): Generator<void, number> {
  if (span.to - span.from < MIN_HISTORY) return PRIOR_DRIFT;
  const [before, after] = halves(span);
  const { rates, doubts } = yield* fitRates(cells, before, cohorts, blocks);
  const fit = fitCounts({ cells, span: after, rates, reference: () => true });
  return Math.max(MIN_DRIFT, excessSpread(fit, doubts, blocks, { prior: PRIOR_DRIFT, priorNodes: 2 }));
}

/** Relative variance of observed about expected counts that neither chance nor doubt about the past explains. */
export const excessSpread = (
  { observed, expected, minutes }: ReturnType<typeof fitCounts>,
  doubts: ArrayLike<number>,
  blocks: number,
  options: { readonly prior: number; readonly priorNodes: number; readonly of?: (node: number) => boolean },
): number => {
  const squares: number[] = [];
  const noise: number[] = [];
  for (const [node, value] of expected.entries()) {
    if (value <= 0 || options.of?.(node) === false) continue;
    const phi = 1 + (blocks * value * BLOCK) / Math.max(minutes[node] ?? 0, 1);
    squares.push(((observed[node] ?? 0) / value - 1) ** 2);
    noise.push(phi / value + (doubts[node] ?? 0));
  }
  return spreadOf({ squares, noise, ...options });
};
