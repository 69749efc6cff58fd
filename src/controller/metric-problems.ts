import { amount, span } from '../judge/phrase.ts';
import type { LookResult, MetricVerdict } from '../judge/trial/trial-verdict.ts';
import type { Track } from '../judge/trial/trial.ts';
import type { UndecidedReason } from '../judge/verdict.ts';
import type { MetricState } from './evidence-cache/evidence-cache.ts';

/** Why nothing that is said of a metric now can be relied on, or passed. */
export interface MetricProblem {
  readonly reason: UndecidedReason;
  readonly message: string;
}

/** What increase() extrapolates at the edges may put a few over. */
const OVER = { share: 1.05, count: 5 } as const;
/** increase() needs two scrapes in a step; an edge may cost one of them. */
const MIN_SCRAPES = 1.75;
/** Reasons that too wide a scrape interval brings about. */
const MISSING = new Set<UndecidedReason>([
  'NoData',
  'NoCandidateData',
  'NoControlData',
  'StaleData',
  'PartialData',
]);

/** By the metric's name: what could not be asked for, and ratios whose counters cannot be what they are said to be. */
export function metricProblems(
  states: ReadonlyMap<string, MetricState>,
  tracks: readonly Track[],
): ReadonlyMap<string, MetricProblem> {
  const problems = new Map<string, MetricProblem>();
  for (const [name, { problem }] of states) {
    const found = problem ?? exceeding(name, tracks);
    if (found !== undefined) problems.set(name, { reason: found.reason, message: found.message });
  }
  return problems;
}

/** Looked for in each arm of each cohort, in what came since the window began. */
function exceeding(name: string, tracks: readonly Track[]): MetricProblem | undefined {
  for (const arm of Map.groupBy(tracks, ({ cohort, candidate }) => `${candidate}/${cohort}`).values()) {
    let [bad, total] = [0, 0];
    for (const { minutes, series } of arm) {
      const own = series[name];
      if (own === undefined || !('total' in own)) continue;
      for (const [at, minute] of minutes.entries()) {
        if (minute < 0) continue;
        bad += own.bad[at] ?? 0;
        total += own.total[at] ?? 0;
      }
    }
    if (bad > OVER.share * total + OVER.count)
      return {
        reason: 'BadExceedsTotal',
        message: `the metric counts ${amount(bad)} bad of ${amount(total)} requests: ratio.bad must select a part of ratio.total`,
      };
  }
  return undefined;
}

/** Samples without those of metrics that have a problem of their own, so that they show no harm either. */
export function withoutMetrics(tracks: readonly Track[], names: ReadonlySet<string>): readonly Track[] {
  if (names.size === 0) return tracks;
  return tracks.map((track) => ({
    ...track,
    series: Object.fromEntries(
      Object.entries(track.series).map(([name, series]) => [
        name,
        names.has(name) ? { total: [], bad: [] } : series,
      ]),
    ),
  }));
}

/** What is known of a metric that could not be asked for now may show harm, but is no ground to pass on. */
export function withProblems(
  result: LookResult,
  problems: ReadonlyMap<string, MetricProblem>,
  states: ReadonlyMap<string, MetricState>,
  resolutionMs: number,
): LookResult {
  const metrics = result.metrics.map((metric): MetricVerdict => {
    const open = problems.get(metric.name);
    const fine = tooFine(states.get(metric.name), resolutionMs);
    if (open === undefined && fine === undefined) return metric;
    const held = <Said extends { verdict: string; reason: string }>(said: Said) => {
      if (said.verdict === 'Fail') return said;
      if (open !== undefined) return { ...said, verdict: 'Undecided' as const, ...open };
      const missing = said.verdict === 'Undecided' && MISSING.has(said.reason as UndecidedReason);
      return missing && fine !== undefined ? { ...said, ...fine } : said;
    };
    return { ...held(metric), cohorts: metric.cohorts.map(held) } as MetricVerdict;
  });
  const worst = problems.values().next().value;
  return result.verdict === 'Fail' || worst === undefined
    ? { ...result, metrics }
    : { ...result, verdict: 'Undecided', reason: worst.reason, message: worst.message, metrics };
}

function tooFine(state: MetricState | undefined, resolutionMs: number): MetricProblem | undefined {
  const scrapes = state?.scrapesPerSample;
  if (scrapes === undefined || scrapes >= MIN_SCRAPES) return undefined;
  return {
    reason: 'ResolutionTooFine',
    message: `a sample of ${span(resolutionMs)} holds ${scrapes.toFixed(1)} scrapes and needs two: raise analysis.resolution to at least ${span((2 * resolutionMs) / scrapes)}`,
  };
}
