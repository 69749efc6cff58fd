import type { Metric } from '../api/metric.ts';
import type { JudgeAnswer, JudgeNeed } from '../core/rollout/judge-need.ts';
import { metricName } from '../core/rollout/metric-rule.ts';
import { packNumbers, unpackNumbers } from '../core/rollout/packed-numbers.ts';
import { freeze, look } from '../judge/trial/session.ts';
import type { Baselines, WaveDesign } from '../judge/trial/session.ts';
import type { Track } from '../judge/trial/trial.ts';
import type { Clock } from './clock.ts';
import { connectionOf } from './metric-evidence.ts';
import type { EvidenceOptions } from './metric-evidence.ts';
import { metricProblems, withoutMetrics, withProblems } from './metric-problems.ts';
import { metricQuery } from './metric-query.ts';
import type { EvidenceCache, EvidenceLook } from './evidence-cache/evidence-cache.ts';

export interface JudgeOptions extends EvidenceOptions {
  readonly samples: Pick<EvidenceCache, 'look'>;
  readonly clock: Clock;
}

/**
 * One look at one wave: fetches what there is, freezes the past at the first look, and lets the judge see the rest. What
 * goes wrong with one metric leaves it undecided, for that reason; with none of them harm goes unseen.
 */
export async function judgeWave(options: JudgeOptions, need: JudgeNeed): Promise<JudgeAnswer> {
  const connection = await connectionOf(options, need, need.resolutionMs);
  if (connection !== undefined && 'kind' in connection)
    return { kind: 'Unavailable', reason: connection.reason, message: connection.message };
  const { tracks, metrics } = await options.samples.look({
    owner: ownerKey(need.namespace, need.owner),
    subject: need.subject,
    connection,
    groupBy: need.groupBy,
    nodes: need.nodes,
    metrics: need.metrics.flatMap((each) => trackedMetric(need, each)),
    from: need.from,
    resolution: need.resolutionMs,
    historyEnd: need.historyEnd,
    history: need.historyMs,
    now: options.clock.now(),
    until: need.from + need.minute * need.resolutionMs,
  });
  const design: WaveDesign = {
    ...need.design,
    metrics: need.design.metrics.map((metric) => {
      const bounds = metrics.get(metric.name)?.bounds;
      return bounds === undefined ? metric : { ...metric, bounds };
    }),
  };
  // When each sample came matters to who replays this; what was fetched is seen now.
  const seen = tracks.map((track): Track => ({ ...track, arrived: undefined }));

  const problems = metricProblems(metrics, seen);
  let { baselines } = need;
  if (baselines === undefined) {
    // A past that could not be read is not to be frozen as one that was empty.
    const [first] = problems;
    if (first !== undefined) {
      const [name, { reason, message }] = first;
      return { kind: 'Unavailable', reason, message: `metric ${name}: ${message}` };
    }
    baselines = packNumbers(await inSlices(freeze(design, seen, need.minute), options.clock));
  }
  const untrue = [...problems].filter(([, { reason }]) => reason === 'BadExceedsTotal');
  const result = await inSlices(
    look(
      design,
      // As the record gives them back, also the first time: a restart changes no verdict.
      unpackNumbers(baselines) as Baselines,
      withoutMetrics(seen, new Set(untrue.map(([name]) => name))),
      need.minute,
      need.memory,
    ),
    options.clock,
  );
  return { kind: 'Looked', baselines, ...withProblems(result, problems, metrics, need.resolutionMs) };
}

/** Rollouts of two namespaces may have one name. */
export function ownerKey(namespace: string, rollout: string): string {
  return `${namespace}/${rollout}`;
}

/** A metric as it is asked for: on the nodes of the cohorts that it speaks of. */
export function trackedMetric(
  { nodes }: Pick<JudgeNeed, 'nodes'>,
  { metric, cohorts }: { readonly metric: Metric; readonly cohorts: readonly string[] },
): EvidenceLook['metrics'] {
  const query = metricQuery(metric);
  if (query === undefined || query.kind === 'query') return [];
  const name = metricName(metric);
  const measured = nodes.filter(({ cohort }) => cohorts.includes(cohort));
  return [
    measured.length === nodes.length
      ? { name, query }
      : { name, query, nodes: new Set(measured.map(({ node }) => node)) },
  ];
}

/** Each yield of a computation gives others a turn: they come after a few milliseconds of work. */
async function inSlices<Result>(work: Generator<void, Result>, clock: Clock): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await clock.turn();
  }
}
