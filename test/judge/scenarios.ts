import type { Trial, TrialMetric } from '../../src/judge/trial/trial.ts';
import type { Effect, FleetModel } from './fleet-model.ts';
import { EDGE_FLEET, NO_EFFECT } from './fleet-model.ts';
import { EDGE_METRICS, simulateWaves, type SimulatedWave, type Simulation } from './fleet.ts';

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Whether the candidate does harm (beyond the margin, where there is one); Unjudgeable: it can't be known. */
  readonly candidate: 'Harmless' | 'Harmful' | 'Unjudgeable';
  readonly simulation: Partial<Simulation>;
  /** Whose harmless and harmful replicates an oracle tunes the rivals on. */
  readonly family: Family;
  /** What the judge is given of the trial. */
  readonly seen?: (trial: Trial) => Trial;
}

export type Family = 'Edge' | 'Three' | 'Small' | 'NearZero';

/** One replicate of a scenario: a trial for each wave. */
export const replicate = (
  { name, simulation, seen }: Scenario,
  seed: string | number,
  index: number,
): readonly SimulatedWave[] =>
  simulateWaves(simulation, `${seed}/${name}/${index}`).map((wave) =>
    seen === undefined ? wave : { ...wave, trial: seen(wave.trial) },
  );

const fleet = (changes: Partial<FleetModel>): FleetModel => ({ ...EDGE_FLEET, ...changes });
const effect = (changes: Partial<Effect>): Effect => ({ ...NO_EFFECT, ...changes });

const BURSTY = fleet({ bursts: { ...EDGE_FLEET.bursts, chance: 0.005 } });
const SHIFTED = fleet({ shift: 0.15 });
const QUIET = fleet({ rps: [0.05, 0.5] });
const SHAKEN = fleet({
  errors: { ...EDGE_FLEET.errors, fleet: 0.6 },
  latency: { ...EDGE_FLEET.latency, fleet: 0.1 },
});
const OFTEN_AWAY = fleet({ outages: { chance: 1 / 30, minutes: 10 } });
const SMALL = fleet({
  cohorts: [{ name: 'only', nodes: 8, candidates: 2, errorRate: 0.01, medianSeconds: 0.018 }],
});
/** As many candidates as the first wave has unless told otherwise. */
const THREE = fleet({
  cohorts: EDGE_FLEET.cohorts.map((cohort) => ({ ...cohort, candidates: 3 })),
});
const THREE_WAVES = fleet({
  cohorts: EDGE_FLEET.cohorts.map((cohort) => ({
    ...cohort,
    candidates: cohort.nodes === 10 ? [1, 3, 6] : [2, 5, 12],
  })),
});
const LAST_WAVE = fleet({
  cohorts: EDGE_FLEET.cohorts.map((cohort) => ({ ...cohort, candidates: cohort.nodes })),
});
/** 3 of 20 nodes, one request a second, hardly an error. */
const NEAR_ZERO = fleet({
  cohorts: [{ name: 'only', nodes: 20, candidates: 3, errorRate: 1e-5, medianSeconds: 0.045 }],
  rps: [1, 1],
});
const CLUSTERED = fleet({ scores: { ...EDGE_FLEET.scores, rho: 0.03 } });

/** The margins that the product has where its user sets none. */
export const DEFAULT_MARGINS: readonly TrialMetric[] = EDGE_METRICS.map((metric) =>
  Object.assign(
    { ...metric },
    metric.kind === 'ratio'
      ? { maxIncrease: { relative: 0.5, absolute: 0.002 } }
      : { maxIncrease: { relative: 0.15 } },
  ),
);
const SCORES: readonly TrialMetric[] = [{ name: 'scores', kind: 'drift', maxPsi: 0.02 }];
const CONFIDENCE: readonly TrialMetric[] = [{ name: 'confidence', kind: 'mean' }];
const CONFIDENCE_MARGIN: readonly TrialMetric[] = [
  { name: 'confidence', kind: 'mean', maxDecrease: { absolute: 0.02 } },
];

const without =
  (unseen: (node: Trial['nodes'][number]) => boolean) =>
  (trial: Trial): Trial => ({
    ...trial,
    nodes: trial.nodes.map((node) =>
      unseen(node)
        ? {
            ...node,
            arrived: node.minutes.map((minute, k) => (minute >= 0 ? null : (node.arrived?.[k] ?? minute))),
          }
        : node,
    ),
  });

const familyOf = ({ fleet: model }: Partial<Simulation>): Family =>
  model === SMALL ? 'Small' : model === THREE ? 'Three' : model === NEAR_ZERO ? 'NearZero' : 'Edge';

const harmless = (name: string, title: string, simulation: Partial<Simulation> = {}): Scenario => ({
  name,
  title,
  candidate: 'Harmless',
  simulation,
  family: familyOf(simulation),
});
const harmful = (name: string, title: string, simulation: Partial<Simulation>): Scenario => ({
  name,
  title,
  candidate: 'Harmful',
  simulation,
  family: familyOf(simulation),
});

const ERRORS_TWICE = effect({ errors: 2 });

/** The scenarios of the reference, by its names. */
const REFERENCE: readonly Scenario[] = [
  harmless('null', 'no effect'),
  harmful('err1.5', 'errors × 1.5', { effect: effect({ errors: 1.5 }) }),
  harmful('err2', 'errors × 2', { effect: ERRORS_TWICE }),
  harmful('err5', 'errors × 5', { effect: effect({ errors: 5 }) }),
  harmful('lat1.2', 'latency + 20 %', { effect: effect({ latency: 1.2 }) }),
  harmful('err2_cls1', 'errors × 2, one class', { effect: effect({ errors: 2, cohorts: ['medium'] }) }),
  harmful('lat1.2_cls1', 'latency + 20 %, one class', {
    effect: effect({ latency: 1.2, cohorts: ['medium'] }),
  }),
  harmless('null_bursty', 'no effect, bursts five times as often', { fleet: BURSTY }),
  harmless('null_tdrift', 'no effect, every node shifts at the switch (t3)', { fleet: SHIFTED }),
  harmless('null_lowtraffic', 'no effect, 0.05 to 0.5 requests a second', { fleet: QUIET }),
  harmless('null_shock', 'no effect, large shocks of the whole fleet', { fleet: SHAKEN }),
  harmless('null_outage', 'no effect, nodes often away', { fleet: OFTEN_AWAY }),
  harmful('err2_bursty', 'errors × 2, bursts five times as often', { fleet: BURSTY, effect: ERRORS_TWICE }),
  harmful('err2_tdrift', 'errors × 2, every node shifts at the switch (t3)', {
    fleet: SHIFTED,
    effect: ERRORS_TWICE,
  }),
  harmful('err2_lowtraffic', 'errors × 2, 0.05 to 0.5 requests a second', {
    fleet: QUIET,
    effect: ERRORS_TWICE,
  }),
  harmful('err2_shock', 'errors × 2, large shocks of the whole fleet', {
    fleet: SHAKEN,
    effect: ERRORS_TWICE,
  }),
  harmful('err2_outage', 'errors × 2, nodes often away', { fleet: OFTEN_AWAY, effect: ERRORS_TWICE }),
  harmless('better', 'errors × 0.7, latency × 0.9', { effect: effect({ errors: 0.7, latency: 0.9 }) }),
  harmless('three_null', '3 candidates in each class, no effect', { fleet: THREE }),
  harmful('three_err1.5', '3 candidates in each class, errors × 1.5', {
    fleet: THREE,
    effect: effect({ errors: 1.5 }),
  }),
  harmful('three_err2', '3 candidates in each class, errors × 2', { fleet: THREE, effect: ERRORS_TWICE }),
  harmful('three_err2_cls1', '3 candidates in each class, errors × 2 in one class', {
    fleet: THREE,
    effect: effect({ errors: 2, cohorts: ['medium'] }),
  }),
  harmless('small_null', '8 nodes with 2 candidates, no effect', { fleet: SMALL }),
  harmful('small_err2', '8 nodes with 2 candidates, errors × 2', { fleet: SMALL, effect: ERRORS_TWICE }),
  harmful('small_err5', '8 nodes with 2 candidates, errors × 5', {
    fleet: SMALL,
    effect: effect({ errors: 5 }),
  }),
  harmful('small_lat1.2', '8 nodes with 2 candidates, latency + 20 %', {
    fleet: SMALL,
    effect: effect({ latency: 1.2 }),
  }),
];

/** With the margins that people get who set none. */
const MARGINS: readonly Scenario[] = [
  harmless('null_margin', 'default margins, no effect', { metrics: DEFAULT_MARGINS }),
  harmless('null_bursty_margin', 'default margins, no effect, bursts five times as often', {
    fleet: BURSTY,
    metrics: DEFAULT_MARGINS,
  }),
  harmless('null_tdrift_margin', 'default margins, no effect, every node shifts at the switch (t3)', {
    fleet: SHIFTED,
    metrics: DEFAULT_MARGINS,
  }),
  harmless('null_lowtraffic_margin', 'default margins, no effect, 0.05 to 0.5 requests a second', {
    fleet: QUIET,
    metrics: DEFAULT_MARGINS,
  }),
  harmless('null_shock_margin', 'default margins, no effect, large shocks of the whole fleet', {
    fleet: SHAKEN,
    metrics: DEFAULT_MARGINS,
  }),
  harmless('null_outage_margin', 'default margins, no effect, nodes often away', {
    fleet: OFTEN_AWAY,
    metrics: DEFAULT_MARGINS,
  }),
  harmless('better_margin', 'default margins, errors × 0.7, latency × 0.9', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ errors: 0.7, latency: 0.9 }),
  }),
  harmless('small_null_margin', 'default margins, 8 nodes with 2 candidates, no effect', {
    fleet: SMALL,
    metrics: DEFAULT_MARGINS,
  }),
  harmless('three_null_margin', 'default margins, 3 candidates in each class, no effect', {
    fleet: THREE,
    metrics: DEFAULT_MARGINS,
  }),
  harmful('three_err2_margin', 'default margins, 3 candidates in each class, errors × 2', {
    fleet: THREE,
    metrics: DEFAULT_MARGINS,
    effect: ERRORS_TWICE,
  }),
  harmless('err1.5_margin', 'default margins, errors × 1.5: at the margin', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ errors: 1.5 }),
  }),
  harmless('lat1.15_margin', 'default margins, latency + 15 %: at the margin', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ latency: 1.15 }),
  }),
  harmful('err2_margin', 'default margins, errors × 2', { metrics: DEFAULT_MARGINS, effect: ERRORS_TWICE }),
  harmful('err5_cls1_margin', 'default margins, errors × 5, one class', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ errors: 5, cohorts: ['medium'] }),
  }),
  harmful('err3_margin', 'default margins, errors × 3', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ errors: 3 }),
  }),
  harmful('err5_margin', 'default margins, errors × 5', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ errors: 5 }),
  }),
  harmful('lat1.2_margin', 'default margins, latency + 20 %', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ latency: 1.2 }),
  }),
  harmful('lat1.5_margin', 'default margins, latency + 50 %', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ latency: 1.5 }),
  }),
  harmless('near_zero', 'default margins, 3 of 20 nodes, one request a second, hardly an error', {
    fleet: NEAR_ZERO,
    metrics: DEFAULT_MARGINS,
  }),
  harmful('near_zero_broken', 'the same, 1 % of requests fail on candidates', {
    fleet: NEAR_ZERO,
    metrics: DEFAULT_MARGINS,
    effect: effect({ errors: 1_000 }),
  }),
];

/** Several waves, and data that is not there. */
const RULES: readonly Scenario[] = [
  harmless('waves_null', 'three waves, no effect', { fleet: THREE_WAVES }),
  harmless('waves_null_margin', 'default margins, three waves, no effect', {
    fleet: THREE_WAVES,
    metrics: DEFAULT_MARGINS,
  }),
  harmful('waves_err1.5', 'three waves, errors × 1.5', {
    fleet: THREE_WAVES,
    effect: effect({ errors: 1.5 }),
  }),
  harmful('waves_err2', 'three waves, errors × 2', { fleet: THREE_WAVES, effect: ERRORS_TWICE }),
  harmless('no_controls', 'the whole fleet at once, no effect', { fleet: LAST_WAVE }),
  harmful('no_controls_err5', 'the whole fleet at once, errors × 5', {
    fleet: LAST_WAVE,
    effect: effect({ errors: 5 }),
  }),
  harmful('late_err2', 'errors × 2 from minute 30 on', { effect: effect({ errors: 2, onset: 30 }) }),
  harmless('null_lost', 'no effect, every fifth sample lost in the whole fleet', {
    fleet: fleet({ lost: 0.2 }),
  }),
  harmful('cand_away', 'candidates are away ten times as often', { effect: effect({ outages: 10 }) }),
  harmful('cand_lost', 'candidates lose 30 % of their samples', { effect: effect({ lost: 0.3 }) }),
  harmful('cand_dark', 'every candidate goes dark in minute 10', { effect: effect({ dark: 1, onset: 10 }) }),
  {
    ...harmless('no_candidate_data', 'no sample of a candidate'),
    candidate: 'Unjudgeable',
    seen: without(({ candidate }) => candidate),
  },
  {
    ...harmless('no_control_data', 'no sample of a control node'),
    candidate: 'Unjudgeable',
    seen: without(({ candidate }) => !candidate),
  },
  {
    ...harmless('no_data', 'no sample since the switch'),
    candidate: 'Unjudgeable',
    seen: without(() => true),
  },
  harmless('node_burst', 'one candidate has 20 times the errors for 5 minutes', {
    effect: effect({ burst: { from: 10, minutes: 5, errors: 20 } }),
  }),
  harmless('node_burst_margin', 'default margins, one candidate has 20 times the errors for 5 minutes', {
    metrics: DEFAULT_MARGINS,
    effect: effect({ burst: { from: 10, minutes: 5, errors: 20 } }),
  }),
  harmless('small_node_burst_margin', 'default margins, 8 nodes with 2 candidates, one bursts likewise', {
    fleet: SMALL,
    metrics: DEFAULT_MARGINS,
    effect: effect({ burst: { from: 10, minutes: 5, errors: 20 } }),
  }),
  harmless('small_node_burst', '8 nodes with 2 candidates, one has 20 times the errors for 5 minutes', {
    fleet: SMALL,
    effect: effect({ burst: { from: 10, minutes: 5, errors: 20 } }),
  }),
];

const VALUES: readonly Scenario[] = [
  harmless('drift_null', 'score histogram, clustered by node (rho .01), no effect', { metrics: SCORES }),
  harmful('drift_shift', 'score histogram, shifted by a quarter of a deviation', {
    metrics: SCORES,
    effect: effect({ scores: 0.25 }),
  }),
  harmless('drift_null_clustered', 'score histogram, strongly clustered (rho .03), no effect', {
    metrics: SCORES,
    fleet: CLUSTERED,
  }),
  harmful('drift_shift_clustered', 'strongly clustered, shifted by a quarter of a deviation', {
    metrics: SCORES,
    fleet: CLUSTERED,
    effect: effect({ scores: 0.25 }),
  }),
  harmless('mean_null', 'mean confidence, no effect', { metrics: CONFIDENCE }),
  harmless('mean_null_margin', 'mean confidence, no effect, 0.02 allowed', { metrics: CONFIDENCE_MARGIN }),
  harmful('mean_lower_margin', 'mean confidence lower by 0.05, 0.02 allowed', {
    metrics: CONFIDENCE_MARGIN,
    effect: effect({ confidence: -0.05 }),
  }),
  harmful('mean_lower', 'mean confidence lower by 0.03', {
    metrics: CONFIDENCE,
    effect: effect({ confidence: -0.03 }),
  }),
];

export const SCENARIOS: readonly Scenario[] = [...REFERENCE, ...MARGINS, ...RULES, ...VALUES];

export const scenarioNamed = (name: string): Scenario => {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `there is no scenario "${name}"; there are ${SCENARIOS.map((each) => each.name).join(', ')}`,
  );
};

/** The scenarios to tune on: what is harmless there, and the harm that a rule is to find. */
export const TUNED_ON: Readonly<Record<Family, { readonly harmless: string; readonly harmful: string }>> = {
  Edge: { harmless: 'null', harmful: 'err2' },
  Three: { harmless: 'three_null', harmful: 'three_err2' },
  Small: { harmless: 'small_null', harmful: 'small_err2' },
  NearZero: { harmless: 'near_zero', harmful: 'near_zero_broken' },
};
