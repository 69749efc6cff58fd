import { baselineOf } from './baseline.ts';
import type { Baseline } from './baseline.ts';
import { cross, isNextStep, readCrossings, spent, writeCrossings } from './boundary.ts';
import type { Features } from './features.ts';
import { measure } from './measured.ts';
import type { Measured } from './measured.ts';
import { nodeCap } from './node-cap.ts';
import { standsWithoutOne } from './without-one.ts';
import { layOut } from './panel.ts';
import type { Panel } from './panel.ts';
import { drawsOf, referenceRows, rowsOf, waysOf } from './reference-rows.ts';
import type { Draw } from './reference-rows.ts';
import { evidenceOf, statisticsOf } from './set-evidence.ts';
import type { SetEvidence } from './set-evidence.ts';
import { soakSpan } from './span.ts';
import type { Track } from './trial.ts';
import { boundsAt, controlsBreak } from './cohort-bounds.ts';
import type { CohortBound } from './cohort-bounds.ts';
import type { Baselines, Failed, Rates, TrialMemory, WaveDesign } from './wave-design.ts';

export type { Baselines, Failed, TrialMemory, WaveDesign };
import { speak } from './speak.ts';
import type { LookResult } from './trial-verdict.ts';

/** The rate that harm of the margin is promoted at, at most. */
const PROMOTION_RATE = 0.05;
/** Before a quarter of the soak, or 15 minutes, nothing passes and no bound is broken. */
const SETTLED = { share: 0.25, minutes: 15 } as const;

/**
 * Freezes the past of each metric; yields between metrics.
 * @param by minute of the look before which it is frozen; what arrives later changes it no more
 */
export function* freeze(
  design: WaveDesign,
  tracks: readonly Track[],
  by: number,
): Generator<void, Baselines> {
  return yield* freezeAt(yield* layOut({ nodes: tracks, metrics: design.metrics }), by);
}

/** The same over a panel that is laid out already. */
export function* freezeAt(panel: Panel, by: number): Generator<void, Baselines> {
  const baselines: Record<string, Baseline> = {};
  for (const [name, cells] of panel.metrics) {
    baselines[name] = yield* baselineOf(panel, cells, by);
  }
  return baselines;
}

/**
 * One look at all metrics of a wave; yields between batches of work.
 * @param minute how many minutes of the soak are over
 */
export function* look(
  design: WaveDesign,
  baselines: Baselines,
  tracks: readonly Track[],
  minute: number,
  memory: TrialMemory,
): Generator<void, LookResult> {
  const panel = yield* layOut({ nodes: tracks, metrics: design.metrics }, 0);
  return yield* lookAt(design, baselines, panel, minute, memory);
}

/** The same over a panel that is laid out already. */
export function* lookAt(
  design: WaveDesign,
  baselines: Baselines,
  panel: Panel,
  minute: number,
  memory: TrialMemory,
): Generator<void, LookResult> {
  const draws = drawsOf(panel);
  const rates = ratesOf(design, panel, draws);
  const sets = draws.map(({ nodes }) => nodes.filter((node) => panel.nodes[node]?.candidate === true));
  const settled = minute >= settledAt(design);
  const half = minute >= design.horizonMinutes / 2;
  const caps = nodeCap({ rate: rates.eProcess, candidates: sets.map(({ length }) => length), half });
  const measured: Measured[] = [];
  for (const metric of design.metrics) {
    const cells = panel.metrics.get(metric.name);
    const baseline = baselines[metric.name];
    if (cells === undefined || baseline === undefined) continue;
    measured.push(
      ...measure(metric, cells, baseline, {
        panel,
        span: soakSpan(panel, minute),
        seed: design.seed,
        caps,
        shares: draws.map(({ chosen, size }) => (size === 0 ? 0 : chosen / size)),
      }),
    );
    yield;
  }
  const up = evidenceOf(
    measured.map((each) => each.up),
    sets,
  );
  let after = memory;
  if (
    after.failed === undefined &&
    rates.eProcess > 0 &&
    up.all >= Math.log(1 / rates.eProcess) &&
    standsWithoutOne({ measured, sets, rate: rates.eProcess, half })
  ) {
    after = { ...after, failed: { minute, by: 'EProcess', ...blame(measured, up, panel) } };
  }
  if (rates.randomisation > 0) {
    after = yield* randomise(
      { design, panel, draws, sets, measured, minute, rate: rates.randomisation },
      after,
    );
  }
  const bounds = boundsAt(design, baselines, panel, draws, minute);
  yield;
  if (settled) after = noteBroken(after, bounds, rates.bound, minute);
  after = notePasses(after, measured, sets, minute, settled);
  const said = yield* speak({
    design,
    panel,
    draws,
    sets,
    measured,
    minute,
    settled,
    memory: after,
    rates,
    bounds,
  });
  return { memory: after, ...said };
}

/** Share of the rate that absolute bounds have, where there are any. */
const BOUNDS = 0.05;

/** Auto shares the rate between both rules; where the draw could have come out in too few ways the e-process has all. */
const ratesOf = (
  { falseRollbackRate, method, undrawn, memoryWhole, metrics }: WaveDesign,
  { cohorts }: Panel,
  draws: readonly Draw[],
): Rates => {
  const bounds = metrics.reduce(
    (sum, { max, min }) => sum + (max === undefined ? 0 : 1) + (min === undefined ? 0 : 1),
    0,
  );
  const bound = bounds === 0 ? 0 : (BOUNDS * falseRollbackRate) / (bounds * Math.max(1, cohorts.length));
  const alpha = falseRollbackRate * (bounds === 0 ? 1 : 1 - BOUNDS);
  if (method === 'EProcess' || !memoryWhole) return { randomisation: 0, eProcess: alpha, bound };
  if (method === 'Randomisation') return { randomisation: alpha, eProcess: 0, bound };
  const half = alpha / 2;
  const ways = waysOf(drawnOf(cohorts, draws, undrawn));
  return ways < 10 / half
    ? { randomisation: 0, eProcess: alpha, bound }
    : { randomisation: half, eProcess: half, bound };
};

/** Cohorts that the operator did not draw, or left no node of, are no part of the draw. */
const drawnOf = (
  cohorts: readonly string[],
  draws: readonly Draw[],
  undrawn: readonly string[],
): readonly Draw[] =>
  draws.map((draw, cohort) =>
    undrawn.includes(cohorts[cohort] ?? '') || draw.chosen === draw.size
      ? { size: 0, chosen: 0, nodes: [] }
      : draw,
  );

const settledAt = ({ horizonMinutes }: Pick<WaveDesign, 'horizonMinutes'>): number =>
  Math.min(SETTLED.minutes, Math.ceil(horizonMinutes * SETTLED.share));

interface Randomised {
  readonly design: WaveDesign;
  readonly panel: Panel;
  readonly draws: readonly Draw[];
  readonly sets: readonly (readonly number[])[];
  readonly measured: readonly Measured[];
  readonly minute: number;
  readonly rate: number;
}

function* randomise(
  { design, panel, draws, sets, measured, minute, rate }: Randomised,
  memory: TrialMemory,
): Generator<void, TrialMemory> {
  const { horizonMinutes: horizon, undrawn, seed } = design;
  const drawn = drawnOf(panel.cohorts, draws, undrawn);
  const rows = rowsOf(drawn);
  const allowed = spent(rate, minute, horizon);
  // Rows that cross one at a time, as soon as one may, are mostly relatives of the worst one; so they are let to gather.
  if (!isNextStep(minute, memory.randomised, horizon)) return memory;
  const crossings = readCrossings(memory, rows);
  const crossed = crossings.rows.reduce((sum, bit) => sum + bit, 0);
  if (measured.length === 0 || Math.floor(allowed * rows + 1e-9) <= crossed) return memory;
  const features: Features[] = [];
  for (const { statistic } of measured) {
    features.push(yield* statistic());
    yield;
  }
  const reference = yield* referenceRows(drawn, panel, seed);
  const statistics = yield* statisticsOf(
    features,
    reference,
    drawn.map(({ chosen }) => chosen),
  );
  const after = cross(crossings, statistics, allowed);
  const noted = { ...memory, ...writeCrossings(after), randomised: minute };
  if (noted.failed !== undefined || after.rows[0] !== 1) return noted;
  const drawnSets = sets.map((set, cohort) => ((drawn[cohort]?.size ?? 0) > 0 ? set : []));
  return {
    ...noted,
    failed: { minute, by: 'Randomisation', ...blame(measured, evidenceOf(features, drawnSets), panel) },
  };
}

/** Evidence of a metric or a cohort within so many nats of the largest is named beside it. */
const BESIDE = 2;

/** Whom the evidence points at. Only that something is harmed has an error rate; this is read off its parts. */
const blame = (
  measured: readonly Measured[],
  { pooled, cohorts }: SetEvidence,
  panel: Panel,
): Pick<Failed, 'metrics' | 'cohorts'> => {
  const strongest = measured.map((_, at) => Math.max(pooled[at] ?? 0, ...(cohorts[at] ?? [])));
  const most = Math.max(...strongest);
  const guilty = [...strongest.keys()].filter(
    (at) => (strongest[at] ?? 0) > 0 && (strongest[at] ?? 0) >= most - BESIDE,
  );
  const names = new Set(guilty.map((at) => measured[at]?.metric.name ?? ''));
  const evidence = panel.cohorts.map((_, cohort) =>
    Math.max(...guilty.map((at) => cohorts[at]?.[cohort] ?? -Infinity)),
  );
  const harmed = panel.cohorts.filter((_, cohort) => (evidence[cohort] ?? 0) > 0);
  const worst = panel.cohorts[evidence.indexOf(Math.max(...evidence))];
  return {
    metrics: [...names],
    cohorts: harmed.length > 0 ? harmed : worst === undefined ? [] : [worst],
  };
};

const noteBroken = (
  memory: TrialMemory,
  bounds: readonly CohortBound[],
  rate: number,
  minute: number,
): TrialMemory => {
  const broken = bounds.filter(
    (each) =>
      !controlsBreak(each) && each.candidates.some((bound) => rate > 0 && bound.broken >= Math.log(1 / rate)),
  );
  if (memory.failed !== undefined || broken.length === 0) return memory;
  return {
    ...memory,
    failed: {
      minute,
      by: 'Bound',
      metrics: [...new Set(broken.map(({ metric }) => metric))],
      cohorts: [...new Set(broken.map(({ cohort }) => cohort))],
    },
  };
};

/** A metric whose pooled evidence ruled the margin out once has done so at the stated rate, whenever it was looked at. */
const notePasses = (
  memory: TrialMemory,
  measured: readonly Measured[],
  sets: readonly (readonly number[])[],
  minute: number,
  settled: boolean,
): TrialMemory => {
  const { passed = {} } = memory;
  const fresh: Record<string, number> = {};
  const names = new Set(measured.map(({ metric }) => metric.name));
  for (const name of names) {
    if (passed[name] !== undefined || !settled) continue;
    const tests = measured.filter(({ metric }) => metric.name === name);
    const out = tests.every(({ down }) => {
      if (down === undefined) return false;
      const { pooled, cohorts } = evidenceOf([down], sets);
      return (pooled[0] ?? 0) >= Math.log(1 / PROMOTION_RATE) && (cohorts[0] ?? []).every((own) => own >= 0);
    });
    if (out) fresh[name] = minute;
  }
  return Object.keys(fresh).length === 0 ? memory : { ...memory, passed: { ...passed, ...fresh } };
};
