import { amount, many, percent, signedPercent, span } from '../phrase.ts';
import type { UndecidedReason } from '../verdict.ts';
import { coverageOf } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import { gapOf } from './gap.ts';
import type { Effect, Measured } from './measured.ts';
import type { Panel } from './panel.ts';
import type { Draw } from './reference-rows.ts';
import { rowsOf, waysOf } from './reference-rows.ts';
import { controlsBreak } from './cohort-bounds.ts';
import type { CohortBound } from './cohort-bounds.ts';
import type { Rates, TrialMemory, WaveDesign } from './wave-design.ts';
import { evidenceOf } from './set-evidence.ts';
import type { CohortTrialVerdict, MetricVerdict, Said, TrialVerdict } from './trial-verdict.ts';
import type { TrialMetric } from './trial.ts';

export interface Heard {
  readonly design: WaveDesign;
  readonly panel: Panel;
  readonly draws: readonly Draw[];
  readonly sets: readonly (readonly number[])[];
  readonly measured: readonly Measured[];
  readonly minute: number;
  readonly settled: boolean;
  readonly memory: TrialMemory;
  readonly rates: Rates;
  readonly bounds: readonly CohortBound[];
}

/** A cohort's own evidence may lean so far towards harm, nats, after its metric had passed. */
const LEAN = -1;
/** Evidence that a Pass needs beyond ln 20 for not knowing which alternative is true, nats. */
const PASS_NATS = Math.log(20) + 0.8;
/** Standard errors beyond the margin at which a harm is found four times in five. */
const FOUND = 3.6;
const Z90 = 1.645;

/** What a look comes to, in words: each metric in each cohort, then the worst of them. */
export function* speak(heard: Heard): Generator<void, Said> {
  const metrics: MetricVerdict[] = [];
  for (const metric of heard.design.metrics) {
    metrics.push(metricVerdict(metric, heard));
    yield;
  }
  const worst = worstOf(metrics);
  if (worst === undefined) {
    return { verdict: 'Undecided', reason: 'NoData', message: 'there is no metric to judge by', metrics };
  }
  const { verdict, reason, name, message } = worst;
  return {
    verdict,
    reason,
    message:
      verdict === 'Pass'
        ? `all of ${many(metrics.length, 'metric')} passed; ${name}: ${message}`
        : `${name}: ${message}`,
    metrics,
  };
}

const metricVerdict = (metric: TrialMetric, heard: Heard): MetricVerdict => {
  const { panel, sets } = heard;
  const tests = testsOf(metric, heard);
  const cohorts = panel.cohorts.flatMap((name, cohort): readonly CohortTrialVerdict[] => {
    const judged = panel.measured(metric.name, cohort);
    return judged ? [{ cohort: name, ...cohortVerdict(metric, tests, cohort, heard) }] : [];
  });
  const worst = worstOf(cohorts);
  const test = testName(heard);
  const effect = strongest(tests.tests, sets.flat());
  const counted = {
    nodes: cohorts.reduce((sum, each) => sum + each.nodes, 0),
    controls: cohorts.reduce((sum, each) => sum + each.controls, 0),
    samples: cohorts.reduce((sum, each) => sum + each.samples, 0),
    test,
    ...(effect === undefined ? {} : figuresOf(effect)),
  };
  if (worst === undefined) {
    return {
      name: metric.name,
      cohorts,
      verdict: 'Undecided',
      reason: 'NoData',
      message: 'no node is measured by it',
      ...counted,
    };
  }
  const said = effect === undefined ? '' : `${sentence(metric, effect)}; `;
  const where = cohorts.length > 1 && worst.verdict !== 'Pass' ? `cohort ${worst.cohort}: ` : '';
  return {
    name: metric.name,
    cohorts,
    ...counted,
    ...(worst.verdict === 'Pass'
      ? { verdict: 'Pass', reason: worst.reason, message: `${said}harm beyond the margin is ruled out` }
      : worst.verdict === 'Fail'
        ? { verdict: 'Fail', reason: worst.reason, message: `${where}${worst.message}` }
        : { verdict: 'Undecided', reason: worst.reason, message: `${where}${worst.message}` }),
  };
};

/** A metric's tests, and the evidence against harm of the margin: of all cohorts, and of each by itself. */
interface Tests {
  readonly tests: readonly Measured[];
  readonly pooled: number;
  readonly own: readonly number[];
}

const testsOf = ({ name }: TrialMetric, { measured, sets }: Heard): Tests => {
  const tests = measured.filter(({ metric }) => metric.name === name);
  const evidence = tests.flatMap(({ down }) => (down === undefined ? [] : [evidenceOf([down], sets)]));
  return {
    tests,
    pooled: Math.min(...evidence.map(({ pooled }) => pooled[0] ?? 0)),
    own: sets.map((_, cohort) => Math.min(...evidence.map(({ cohorts }) => cohorts[0]?.[cohort] ?? 0))),
  };
};

const cohortVerdict = (
  metric: TrialMetric,
  { tests, pooled, own: owns }: Tests,
  cohort: number,
  heard: Heard,
): TrialVerdict => {
  const { panel, sets, minute, memory } = heard;
  const atLeast = metric.minRequestsPerNode ?? 1;
  const cells = panel.metrics.get(metric.name);
  const set = sets[cohort] ?? [];
  const effect = strongest(tests, set);
  const coverage =
    cells === undefined
      ? undefined
      : coverageOf(panel, cells, heard.draws[cohort]?.nodes ?? [], minute, atLeast);
  const told = {
    ...countedOf(coverage),
    test: testName(heard),
    ...(effect === undefined ? {} : figuresOf(effect)),
  };
  const figures = effect === undefined ? '' : `${sentence(metric, effect)}; `;
  const { failed } = memory;
  const name = panel.cohorts[cohort] ?? '';
  const bound = heard.bounds.find((each) => each.metric === metric.name && each.cohort === name);
  if (failed?.metrics.includes(metric.name) === true && failed.cohorts.includes(name)) {
    if (failed.by === 'Bound') {
      const message = `${boundSentence(metric, bound)}, shown ${span(failed.minute * stepOf(heard))} into the soak`;
      return { verdict: 'Fail', reason: 'BoundBroken', message, ...told };
    }
    return {
      verdict: 'Fail',
      reason: 'HarmBeyondMargin',
      message: `${figures}harm shown ${span(failed.minute * stepOf(heard))} into the soak by the ${failed.by === 'EProcess' ? 'e-process' : 'randomisation test'}`,
      ...told,
    };
  }
  const undecided = (reason: UndecidedReason, message: string): TrialVerdict => ({
    verdict: 'Undecided',
    reason,
    message,
    ...told,
  });
  const gap = coverage === undefined ? undefined : gapOf(coverage, minute, atLeast, stepOf(heard));
  if (gap?.reason === 'NoControls' && bound !== undefined && heard.settled && heard.design.memoryWhole) {
    const within = bound.candidates.every((each) => each.within >= Math.log(20));
    const message = boundSentence(metric, bound);
    return within
      ? { verdict: 'Pass', reason: 'WithinBound', message, ...told }
      : undecided('BoundNotDecided', `${gap.message}; ${message}, too close to tell`);
  }
  if (gap !== undefined) return undecided(gap.reason, gap.message);
  if (bound?.candidates.some(({ broken }) => broken > 0) === true && controlsBreak(bound)) {
    return undecided(
      'ControlsBreakBound',
      `${boundSentence(metric, bound)}, and the control nodes do as well`,
    );
  }
  if (!heard.design.memoryWhole) {
    return undecided(
      'MemoryLost',
      `${figures}the record of this wave was lost or cut short, so that nothing is promoted on it`,
    );
  }
  if (!heard.settled) return undecided('TooEarly', `${figures}too early to rule harm out`);
  if (tests.some(({ down }) => down === undefined)) {
    return undecided(
      'NoMargin',
      `${figures}no margin is tolerated, and no harm at all can't be shown; set maxIncrease`,
    );
  }
  const own = owns[cohort] ?? 0;
  if (memory.passed?.[metric.name] !== undefined && pooled >= 0 && own >= LEAN) {
    return {
      verdict: 'Pass',
      reason: 'WithinMargin',
      message: `${figures}harm beyond the margin is ruled out`,
      ...told,
    };
  }
  if (own < 0) {
    const worse = effect !== undefined && effect.estimate > effect.margin;
    return undecided(
      worse ? 'HarmNotProven' : 'HarmNotRuledOut',
      `${figures}${worse ? 'it looks like harm, and chance explains it too' : 'of this cohort by itself harm of the margin is as likely as none'}`,
    );
  }
  if (pooled < PASS_NATS)
    return undecided('HarmNotRuledOut', `${figures}${howLong(tests, sets.flat(), heard)}`);
  return undecided('HarmElsewhere', `${figures}it waits for another cohort`);
};

const stepOf = ({ design }: Heard): number => design.resolutionMs ?? 60_000;

const boundSentence = ({ kind, slowerThan }: TrialMetric, bound: CohortBound | undefined): string => {
  const plain = kind === 'ratio' || slowerThan !== undefined ? percent : amount;
  return (bound?.candidates ?? [])
    .map(({ value, bound: limit }) => `the candidates have ${plain(value)}, the bound is ${plain(limit)}`)
    .join('; ');
};

/** How long it would take a candidate that does no harm, at the traffic seen so far. */
const howLong = (tests: readonly Measured[], set: readonly number[], heard: Heard): string => {
  const effects = tests.flatMap(({ effect }) => effect(set) ?? []);
  const foreseen = (factor: number): number => Math.min(...effects.map((each) => each.foreseen(factor)));
  if (effects.length === 0) return 'nothing was measured yet';
  let factor = 1;
  while (factor < 200 && foreseen(factor) < PASS_NATS) factor *= 1.15;
  if (factor >= 200) {
    return `with ${many(set.length, 'candidate')} no soak is long enough to rule harm of the margin out; let more nodes of each cohort go first, or allow more`;
  }
  return factor === 1
    ? 'harm of the margin is not ruled out yet, it should be soon'
    : `harm of the margin is not ruled out yet; at this traffic a candidate without harm takes about ${span(Math.ceil(heard.minute * factor) * stepOf(heard))}`;
};

const strongest = (tests: readonly Measured[], set: readonly number[]): Effect | undefined => {
  const effects = tests.flatMap(({ effect }) => effect(set) ?? []);
  return effects.toSorted((a, b) => Math.abs(b.estimate) - Math.abs(a.estimate))[0];
};

const figuresOf = ({
  estimate,
  lower,
  upper,
  margin,
}: Effect): Pick<TrialVerdict, 'estimate' | 'lower' | 'upper' | 'margin' | 'detectable'> => ({
  estimate,
  lower,
  upper,
  margin,
  detectable: Math.abs(margin) + (FOUND * (upper - lower)) / (2 * Z90),
});

const countedOf = (coverage: Coverage | undefined): Pick<TrialVerdict, 'nodes' | 'controls' | 'samples'> => ({
  nodes: coverage?.candidates.seen ?? 0,
  controls: coverage?.controls.seen ?? 0,
  samples: Math.round((coverage?.candidates.observations ?? 0) + (coverage?.controls.observations ?? 0)),
});

const sentence = ({ kind, slowerThan }: TrialMetric, { estimate, lower, upper, margin }: Effect): string => {
  const share = kind === 'ratio' || kind === 'latency';
  const plain = (value: number): string => (share ? percent(value) : amount(value));
  const signed = (value: number): string =>
    share ? signedPercent(value) : value > 0 ? `+${amount(value)}` : amount(value);
  const of =
    kind === 'ratio' || slowerThan !== undefined
      ? ' of requests'
      : kind === 'drift'
        ? ' stability index'
        : '';
  const figure = kind === 'drift' ? plain : signed;
  return `${figure(estimate)}${of} (90 % interval ${figure(lower)} to ${figure(upper)}, margin ${plain(Math.abs(margin))})`;
};

const testName = ({ draws, panel, design, rates }: Heard): string => {
  const drawn = draws.filter(
    ({ chosen, size }, cohort) => chosen < size && !design.undrawn.includes(panel.cohorts[cohort] ?? ''),
  );
  const rows = rates.randomisation > 0 ? rowsOf(drawn) : 0;
  const exact =
    rows === 0
      ? []
      : [
          waysOf(drawn) === rows
            ? `Randomisation(exact, ${rows} assignments)`
            : `Randomisation(${rows - 1} draws)`,
        ];
  return [...exact, ...(rates.eProcess > 0 ? ['EProcess'] : [])].join('+');
};

const BADNESS = { Pass: 0, Undecided: 2, Fail: 3 } as const;

/** The worst; of equals the one nearest to its margin, or farthest beyond it. */
const worstOf = <Each extends TrialVerdict>(verdicts: readonly Each[]): Each | undefined => {
  const badness = ({ verdict, reason }: Each): number => (reason === 'HarmElsewhere' ? 1 : BADNESS[verdict]);
  const lean = ({ estimate = 0, margin = 0 }: Each): number => estimate / Math.max(Math.abs(margin), 1e-9);
  return verdicts.toSorted((a, b) => badness(b) - badness(a) || lean(b) - lean(a))[0];
};
