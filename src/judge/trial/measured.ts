import type { Allowance } from './allowance.ts';
import type { Baseline } from './baseline.ts';
import { countsEvidence, countsStatistic } from './counts-evidence.ts';
import type { CountsBaseline } from './counts-baseline.ts';
import type { Features } from './features.ts';
import { gammaPoissonRatio } from './gamma-poisson.ts';
import { LATENCY_HARM, LATENCY_HEALTHY, levelsEvidence, levelsStatistic } from './levels-evidence.ts';
import type { LevelTest } from './levels-evidence.ts';
import type { LevelsBaseline } from './levels-baseline.ts';
import type { NodeCap } from './node-cap.ts';
import type { Cells, CountCells, LevelCells, Panel, ShapeCells } from './panel.ts';
import { psiOf, shapesEvidence, shapesStatistic } from './shapes-evidence.ts';
import type { ShapesBaseline } from './shapes-baseline.ts';
import type { Span } from './span.ts';
import { superposed } from './superposed.ts';
import type { TrialMetric } from './trial.ts';

/** One metric at one look: a test of one direction of harm. */
export interface Measured {
  readonly metric: TrialMetric;
  /** Of the e-process: against no harm beyond the margin, and against harm of the margin. */
  readonly up: Features;
  readonly down: Features | undefined;
  /** Of the randomisation test. */
  readonly statistic: () => Generator<void, Features>;
  readonly effect: (set: readonly number[]) => Effect | undefined;
  /** Observations, and minutes with a sample, of each node. */
  readonly observations: Float64Array;
  readonly minutes: Float64Array;
  /** Share of these minutes in which the node was worse than expected. */
  readonly lasting: Float64Array;
}

/** How much worse the candidates are, in the metric's unit (a share, a share of the latency, a mean, an index). */
export interface Effect {
  readonly estimate: number;
  /** Ends of a 90 % interval. */
  readonly lower: number;
  readonly upper: number;
  readonly margin: number;
  /** Evidence against harm of the margin that is to be expected of a healthy candidate when `factor` times as much has been seen, nats. */
  readonly foreseen: (factor: number) => number;
}

export interface MeasureInput {
  readonly panel: Panel;
  readonly span: Span;
  readonly seed: string;
  readonly caps: NodeCap;
  /** Share of each cohort's nodes that was chosen. */
  readonly shares: readonly number[];
}

const Z90 = 1.645;

/** All tests of a metric: two where a mean may be worse in both directions. */
export const measure = (
  metric: TrialMetric,
  cells: Cells,
  baseline: Baseline,
  input: MeasureInput,
): readonly Measured[] => {
  if (cells.kind === 'counts' && baseline.kind === 'counts') return [counts(metric, cells, baseline, input)];
  if (cells.kind === 'shapes' && baseline.kind === 'shapes') return [shapes(metric, cells, baseline, input)];
  if (cells.kind === 'levels' && baseline.kind === 'levels') {
    return levelTests(metric, baseline, input).map((test) => levels(metric, cells, baseline, test, input));
  }
  return [];
};

const counts = (
  metric: TrialMetric,
  cells: CountCells,
  baseline: CountsBaseline,
  { panel, span, seed, caps, shares }: MeasureInput,
): Measured => {
  const { relative = 0, absolute = 0 } = metric.maxIncrease ?? {};
  // The larger of the two in each cohort, by what is usual there.
  const allowances: readonly Allowance[] = baseline.cohorts.map((usual) =>
    relative * usual >= absolute ? { relative, absolute: 0 } : { relative: 0, absolute },
  );
  const evidence = countsEvidence({ cells, span, baseline, allowances, caps });
  const { fit, variance, dispersion, allowed } = evidence;
  return {
    metric,
    up: evidence.up,
    down: evidence.down,
    *statistic() {
      const bad = superposed(cells, panel, baseline, allowances, `${seed}/${metric.name}`);
      yield;
      return countsStatistic({ cells, span, baseline, allowances }, shares, bad);
    },
    observations: fit.requests,
    minutes: fit.minutes,
    lasting: fit.above.map((above, node) => above / Math.max(1, fit.minutes[node] ?? 0)),
    effect: (set) => {
      const sum = (values: (node: number) => number): number =>
        set.reduce((all, node) => all + values(node), 0);
      const requests = sum((node) => fit.requests[node] ?? 0);
      if (requests === 0) return undefined;
      const observed = sum((node) => fit.uncut[node] ?? 0);
      const expected = sum((node) => fit.expected[node] ?? 0);
      const raised = expected > 0 ? Math.max(1, observed / expected) : 1;
      const noise = sum((node) => {
        const mean = raised * (fit.expected[node] ?? 0);
        return (dispersion[node] ?? 1) * Math.max(mean, 0.5) + (variance[node] ?? 0) * mean ** 2;
      });
      const estimate = (observed - expected) / requests;
      const error = Math.sqrt(noise) / requests;
      const margin = sum((node) => allowed[node] ?? 0) / requests;
      return {
        estimate,
        lower: estimate - Z90 * error,
        upper: estimate + Z90 * error,
        margin,
        foreseen: (factor) =>
          sum((node) => {
            const phi = dispersion[node] ?? 1;
            const usual = (factor * (fit.expected[node] ?? 0)) / phi;
            const tolerated = usual + (factor * (allowed[node] ?? 0)) / phi;
            if (tolerated <= 0) return 0;
            const part = usual / tolerated;
            const k = 1 / Math.max((variance[node] ?? 0) * part ** 2, 0.05 * (1 - part) ** 2);
            return gammaPoissonRatio(usual, usual, tolerated, k);
          }),
      };
    },
  };
};

const levelTests = (
  { kind, maxIncrease, maxDecrease }: TrialMetric,
  baseline: LevelsBaseline,
  { panel }: MeasureInput,
): readonly LevelTest[] => {
  if (kind === 'latency') {
    const { relative = 0, absolute = 0 } = maxIncrease ?? {};
    return [
      {
        worse: 1,
        harm: LATENCY_HARM,
        healthy: LATENCY_HEALTHY,
        margins: baseline.cohorts.map((level) => Math.log1p(Math.max(relative, absolute / Math.exp(level)))),
      },
    ];
  }
  // In steps of what one node's mean is uncertain by, so that a metric of any unit has its scale.
  const doubts = panel.nodes.map((_, node) => baseline.doubts[node] ?? 0);
  const usual = doubts.reduce((sum, value) => sum + value, 0) / Math.max(1, doubts.length);
  const step = Math.sqrt(baseline.drift + usual + baseline.noise / 60);
  const margins = (margin: typeof maxIncrease): readonly number[] =>
    baseline.cohorts.map((level) =>
      Math.max((margin?.relative ?? 0) * Math.abs(level), margin?.absolute ?? 0),
    );
  const test = (worse: 1 | -1, margin: typeof maxIncrease): LevelTest => {
    const own = margins(margin);
    const largest = Math.max(0, ...own);
    return {
      worse,
      harm: {
        shifts: [0.5, 1, 2, 4, 8].map((times) => times * step),
        weights: [0.15, 0.25, 0.25, 0.2, 0.15],
      },
      healthy: {
        shifts: [-0.5, -0.25, 0, 0.25].map((times) => times * largest),
        weights: [0.25, 0.25, 0.25, 0.25],
      },
      margins: own,
    };
  };
  const decrease = maxDecrease === undefined && maxIncrease !== undefined ? [] : [test(-1, maxDecrease)];
  const increase = maxIncrease === undefined && maxDecrease !== undefined ? [] : [test(1, maxIncrease)];
  return [...decrease, ...increase];
};

const levels = (
  metric: TrialMetric,
  cells: LevelCells,
  baseline: LevelsBaseline,
  test: LevelTest,
  { panel, span, caps, shares }: MeasureInput,
): Measured => {
  const evidence = levelsEvidence({ cells, span, baseline, test, caps });
  const { fit, variance } = evidence;
  const shown = (shift: number): number => (metric.kind === 'latency' ? Math.expm1(shift) : shift);
  return {
    metric,
    up: evidence.up,
    down: evidence.down,
    // oxlint-disable-next-line require-yield -- one of several kinds of statistic, done in one go
    *statistic() {
      return levelsStatistic({ cells, span, baseline, test }, shares);
    },
    observations: fit.observations,
    minutes: fit.minutes,
    lasting: fit.above.map((above, node) => {
      const higher = above / Math.max(1, fit.minutes[node] ?? 0);
      return test.worse === 1 ? higher : 1 - higher;
    }),
    effect: (set) => {
      let precision = 0;
      let sum = 0;
      let margin = 0;
      for (const node of set) {
        const own = variance[node] ?? Infinity;
        if (!(own < Infinity)) continue;
        precision += 1 / own;
        sum += (fit.shift[node] ?? 0) / own;
        margin += (test.margins[panel.nodes[node]?.cohort ?? 0] ?? 0) / own;
      }
      if (precision === 0) return undefined;
      const mean = sum / precision;
      const error = Z90 / Math.sqrt(precision);
      const tolerated = margin / precision;
      return {
        estimate: shown(mean),
        lower: shown(mean - error),
        upper: shown(mean + error),
        margin: test.worse * shown(tolerated),
        foreseen: (factor) =>
          set.reduce((all, node) => {
            const own = variance[node] ?? Infinity;
            const weight = fit.weight[node] ?? 0;
            if (!(own < Infinity) || weight <= 0) return all;
            const later = own - (baseline.noise / weight) * (1 - 1 / factor);
            return all + tolerated ** 2 / (2 * later);
          }, 0),
      };
    },
  };
};

const shapes = (
  metric: TrialMetric,
  cells: ShapeCells,
  baseline: ShapesBaseline,
  { span, caps, shares }: MeasureInput,
): Measured => {
  const maxPsi = metric.maxPsi ?? 0;
  const evidence = shapesEvidence({ cells, span, baseline, maxPsi, caps });
  return {
    metric,
    up: evidence.up,
    down: evidence.down,
    // oxlint-disable-next-line require-yield -- the same
    *statistic() {
      return shapesStatistic({ cells, span, baseline, maxPsi }, shares);
    },
    observations: evidence.fit.n,
    minutes: evidence.fit.minutes,
    // A shape has no direction in which a minute could be worse.
    lasting: new Float64Array(evidence.fit.minutes.length),
    effect: (set) => {
      const psi = psiOf(evidence, set);
      if (psi === undefined) return undefined;
      const { estimate, error } = psi;
      return {
        estimate,
        lower: Math.max(0, estimate - Z90 * error),
        upper: estimate + Z90 * error,
        margin: maxPsi,
        foreseen: (factor) =>
          set.reduce((all, node) => {
            const own = evidence.variance[node] ?? Infinity;
            const n = evidence.fit.n[node] ?? 0;
            if (!(own < Infinity) || n <= 0) return all;
            const later = own - (baseline.noise / n) * (1 - 1 / factor);
            return all + maxPsi / (2 * later);
          }, 0),
      };
    },
  };
};
