import type { Surveyed } from '../fleet/survey.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { AdvanceInput, Advance } from './advance-outcome.ts';
import { wait } from './advance-outcome.ts';
import { currentWalk, rosterOf, verdictsOf, withStep } from './memory.ts';
import type { CandidateMemory, WaveStep } from './memory.ts';
import { metricName } from './metric-rule.ts';
import { passed } from './passed.ts';
import { nextDarkness } from './set-aside.ts';
import { tooFewReachable } from './reached.ts';
import { startWave } from './start-wave.ts';
import type { WaveProgress } from './wave-progress.ts';

/** Behind a wave that passed comes the next, or the promotion of the cohorts that walked. */
export function onwards(
  input: AdvanceInput,
  step: WaveStep,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  progress: ReadonlyMap<string, WaveProgress>,
): Advance {
  const { memory } = input;
  const last = step.index === memory.waves.length - 1;
  if (!last) {
    // More nodes would take what may have brought these down.
    const dark = [...progress.values()].find(
      (each) =>
        (each.kind === 'Holding' && each.darkSince !== undefined) ||
        (each.kind === 'Waiting' && each.until !== undefined),
    );
    if (dark !== undefined && dark.kind !== 'Serving') {
      const at = nextDarkness(input, progress);
      return wait('Holding', dark.reason, { cohorts: progress, ...(at === undefined ? {} : { until: at }) });
    }
    return startWave(input, walking, step.index + 1);
  }

  const extended = input.settings.paused ? undefined : withLateNodes(memory, step, walking);
  if (extended !== undefined)
    return { kind: 'Remember', memory: withStep(memory, extended), event: undefined };
  const updating = [...progress.values()].find(({ kind }) => kind === 'Waiting');
  if (updating?.kind === 'Waiting') {
    const { until } = updating;
    return wait('Progressing', updating.reason, {
      cohorts: progress,
      ...(until === undefined ? {} : { until }),
    });
  }
  const missing = input.first ? undefined : missingEvidence(memory, walking);
  if (missing !== undefined) {
    const name = memory.waves[step.index]?.name ?? '';
    if (input.decisions.promotes(memory.revision, memory.attempt, name))
      return passed(input, step, 'PromotedByPerson');
    return wait(
      'Holding',
      reason(
        'NoEvidence',
        `${missing}; give a wave before the last a soak, or stand in for it with the annotation outrigger.dev/promote=${memory.revision}.${memory.attempt}/${name}`,
      ),
      { cohorts: progress },
    );
  }
  // A cohort that cannot be completed does not hold up the others.
  const complete: string[] = [];
  let held: { readonly phase: 'Holding' | 'Paused'; readonly reason: Reason } | undefined;
  for (const [cohort, nodes] of walking) {
    const each = progress.get(cohort);
    const { minReachable } = input.settings.limits;
    const why =
      each !== undefined && each.kind !== 'Serving'
        ? each.reason
        : tooFewReachable(
            cohort,
            nodes,
            memory.revision,
            minReachable,
            input.now,
            Date.parse(memory.startedAt),
          );
    if (why === undefined) complete.push(cohort);
    else held ??= { phase: why.code === 'Paused' ? 'Paused' : 'Holding', reason: why };
  }
  if (complete.length === 0 && held !== undefined)
    return wait(held.phase, held.reason, { cohorts: progress });
  const person = currentWalk(memory)?.steps.some((each) => each.passed?.by === 'PromotedByPerson') === true;
  return {
    kind: 'Promote',
    cohorts: complete,
    by: person ? 'PromotedByPerson' : input.first ? 'FirstRevision' : 'Judge',
  };
}

/** Nodes that came, or came back, since the last wave started: it is for all, so they join it. Undefined where there are none. */
function withLateNodes(
  memory: CandidateMemory,
  step: WaveStep,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
): WaveStep | undefined {
  const rosters = rosterOf(memory);
  const late = [...walking].flatMap(([cohort, nodes]) => {
    const names = nodes
      .filter(({ reachable, setAside }) => reachable && setAside === undefined)
      .map(({ node }) => node.name)
      .filter((name) => rosters.get(cohort)?.has(name) !== true);
    const roster = step.cohorts[cohort] ?? { nodes: [], controls: [], eligible: nodes.length };
    return names.length === 0
      ? []
      : [[cohort, { ...roster, nodes: [...roster.nodes, ...names], drawn: false }] as const];
  });
  return late.length === 0
    ? undefined
    : { ...step, cohorts: { ...step.cohorts, ...Object.fromEntries(late) } };
}

/** Evidence or hold: a metric that no wave of this attempt ever passed cannot be promoted on. */
function missingEvidence(
  memory: CandidateMemory,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
): string | undefined {
  const steps = memory.walks.flatMap(({ steps: all }) => all);
  if (steps.some(({ passed: how }) => how?.by === 'PromotedByPerson')) return undefined;
  const passes = new Set(
    steps
      .flatMap(verdictsOf)
      .filter(({ verdict }) => verdict === 'Pass')
      .map(({ metric }) => metric),
  );
  const variants = new Set(
    [...walking.values()]
      .flat()
      .flatMap(({ current }) => (current === undefined ? [] : [current.variant.name])),
  );
  const missing = memory.metrics
    // A metric of other hardware has nothing to say here.
    .filter((metric) => metric.variants?.some((name) => variants.has(name)) ?? true)
    .map(metricName)
    .filter((name) => !passes.has(name));
  return missing.length === 0 ? undefined : `no wave measured ${listSome(missing)}`;
}
