import type { RolloutSettings } from '../../api/rollout-settings.ts';
import { prometheusTiming } from '../../api/prometheus-settings.ts';
import type { PrometheusSpec } from '../../api/prometheus.ts';
import type { Evidence } from '../../judge/evidence.ts';
import type { MetricNeed } from '../decision.ts';
import type { Surveyed } from '../fleet/survey.ts';
import type { NodeState } from '../node/node-state.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { PromotedBy } from '../revision/revision.ts';
import { currentStep, currentWalk, rosterOf, withStep } from './memory.ts';
import type { CandidateMemory, CohortVerdict, SoakWindow, WaveStep } from './memory.ts';
import { look, restartsOf, retryEvery } from './look.ts';
import { failsTo, metricName } from './metric-rule.ts';
import { nextWave } from './next-wave.ts';
import type { PersonDecisions } from './person-decisions.ts';
import { waveProgress } from './wave-progress.ts';
import type { WaveProgress } from './wave-progress.ts';
import { tooFewReachable } from './reached.ts';
import { settleVerdicts } from './settle-verdicts.ts';

export interface AdvanceInput {
  readonly memory: CandidateMemory;
  readonly settings: RolloutSettings;
  /** Nothing is stable yet. */
  readonly first: boolean;
  readonly prometheus: PrometheusSpec | undefined;
  readonly decisions: PersonDecisions;
  /** Cohorts that still have to take the revision, with their nodes. */
  readonly open: ReadonlyMap<string, readonly Surveyed[]>;
  readonly states: ReadonlyMap<string, NodeState>;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly namespace: string;
  readonly now: number;
}

/** The one next thing that happens to a candidate. */
export type Advance =
  | { readonly kind: 'Remember'; readonly memory: CandidateMemory; readonly event: Reason | undefined }
  | { readonly kind: 'Reject'; readonly cohort: string; readonly reason: Reason }
  | { readonly kind: 'Promote'; readonly cohorts: readonly string[]; readonly by: PromotedBy }
  | { readonly kind: 'Need'; readonly needs: readonly MetricNeed[] }
  | {
      readonly kind: 'Wait';
      readonly phase: 'Progressing' | 'Soaking' | 'Holding' | 'AwaitingApproval' | 'Paused';
      readonly reason: Reason;
      /** Decide again at, ms. */
      readonly until: number | undefined;
      readonly cohorts: ReadonlyMap<string, WaveProgress>;
      readonly verdicts: readonly CohortVerdict[];
    };

export function advance(input: AdvanceInput): Advance {
  const { memory, decisions } = input;
  if (decisions.aborts(memory.revision, memory.attempt)) {
    return {
      kind: 'Reject',
      cohort: '*',
      reason: reason('AbortedByPerson', `attempt ${memory.attempt} was aborted by a person`),
    };
  }
  const walk = currentWalk(memory);
  const walking = new Map([...input.open].filter(([name]) => walk?.cohorts.includes(name) === true));
  const step = currentStep(memory);
  if (walk === undefined || walking.size === 0) return beginWalk(input);
  if (step === undefined) return startWave(input, walking, 0);

  const progress = progressOf(input, walking);
  const exceeded = [...progress].find(([, each]) => each.kind === 'Exceeded');
  if (exceeded !== undefined && exceeded[1].kind === 'Exceeded') {
    const [cohort, { reason: why }] = exceeded;
    if (input.settings.onFailure === 'Pause') {
      return wait(
        'Paused',
        reason(why.code, `${why.message}; onFailure is Pause, so a person decides: abort, or mend the nodes`),
        { cohorts: progress },
      );
    }
    return { kind: 'Reject', cohort: input.settings.failureScope === 'Cohort' ? cohort : '*', reason: why };
  }
  return step.passed === undefined
    ? soak(input, step, walking, progress)
    : onwards(input, step, walking, progress);
}

function progressOf(
  input: AdvanceInput,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
): Map<string, WaveProgress> {
  const rosters = rosterOf(input.memory);
  const { revision } = input.memory;
  return new Map(
    [...walking.keys()].map((cohort) => {
      const nodes = [...(rosters.get(cohort) ?? [])].flatMap((name) => input.states.get(name) ?? []);
      const each = waveProgress(cohort, nodes, revision, input.settings.limits);
      return [cohort, input.settings.paused ? pausedProgress(cohort, nodes, revision, each) : each];
    }),
  );
}

/** While paused, the nodes of a wave that have not begun keep stable; the wave is not complete without them. */
function pausedProgress(
  cohort: string,
  nodes: readonly NodeState[],
  revision: string,
  progress: WaveProgress,
): WaveProgress {
  const owed = nodes.filter(({ target, phase }) => target?.revision !== revision && phase !== 'Offline');
  if (owed.length === 0 || progress.kind === 'Exceeded' || progress.kind === 'Holding') return progress;
  return {
    kind: 'Holding',
    reason: reason(
      'Paused',
      `spec.paused is set; ${owed.length} nodes of this wave in cohort ${cohort} have not begun`,
    ),
  };
}

/** Cohorts that can go on start together at the first wave; one that was set aside starts later, on its own. */
function beginWalk(input: AdvanceInput): Advance {
  const ready = [...input.open].filter(([, nodes]) =>
    nodes.some((each) => each.reachable && each.setAside === undefined),
  );
  if (ready.length === 0) {
    const names = [...input.open.keys()];
    return wait(
      'Holding',
      reason(
        'NodesOffline',
        `no node of cohort ${listSome(names, 3)} can be reached; the rollout goes on when one returns`,
      ),
      {},
    );
  }
  const walk = { cohorts: ready.map(([name]) => name), steps: [] };
  const walks = input.memory.walks.filter(({ steps }) => steps.length > 0);
  return startWave({ ...input, memory: { ...input.memory, walks: [...walks, walk] } }, new Map(ready), 0);
}

function startWave(
  input: AdvanceInput,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  from: number,
): Advance {
  const { memory, settings, decisions } = input;
  const step = nextWave({
    memory,
    cohorts: walking,
    from,
    canarySelector: settings.canarySelector,
    holdback: settings.limits.holdback,
    now: input.now,
  });
  const wave = step && memory.waves[step.index];
  if (step === undefined || wave === undefined) {
    return wait('Holding', reason('NoWave', 'the frozen waves of this attempt are exhausted'), {});
  }
  if (settings.paused)
    return wait('Paused', reason('Paused', `spec.paused is set; wave ${wave.name} is next`), {});
  // A wave that is passed over because it adds no node is still a place at which people wanted to be asked.
  const gate = memory.waves
    .slice(from, step.index + 1)
    .find(
      ({ name, approvalRequired }) =>
        approvalRequired && !decisions.approves(memory.revision, memory.attempt, name),
    );
  if (gate !== undefined) {
    const value = `${memory.revision}.${memory.attempt}/${gate.name}`;
    return wait(
      'AwaitingApproval',
      reason(
        'ApprovalRequired',
        `wave ${gate.name} waits for a person; approve it with the annotation outrigger.dev/approve=${value}`,
      ),
      {},
    );
  }
  const added = Object.values(step.cohorts).reduce((sum, { nodes }) => sum + nodes.length, 0);
  return {
    kind: 'Remember',
    memory: withStep(memory, step),
    event: reason(
      'WaveStarted',
      `wave ${wave.name} of ${memory.version} adds ${added} nodes in ${walking.size} cohorts`,
    ),
  };
}

function soak(
  input: AdvanceInput,
  step: WaveStep,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  progress: ReadonlyMap<string, WaveProgress>,
): Advance {
  const { memory, now, decisions } = input;
  const wave = memory.waves[step.index];
  const name = wave?.name ?? '';
  const window = step.windows.at(-1);
  // Not of cohorts that went back on their own since.
  const seen = window?.verdicts?.filter(({ cohort }) => walking.has(cohort));
  const failing = seen?.some(({ verdict }) => verdict === 'Fail') ?? false;
  // Before all that may hold: harm that was found does not wait for a node that is stuck.
  if (seen !== undefined && failing) return failed(input, seen, progress);
  if (decisions.promotes(memory.revision, memory.attempt, name))
    return passed(input, step, 'PromotedByPerson');

  const stuck =
    [...progress.values()].find(({ kind }) => kind === 'Holding') ??
    [...progress.values()].find(({ kind }) => kind === 'Waiting');
  // Nothing is measured behind the last wave: what is complete there does not wait for a cohort that is stuck.
  const each = [...progress.values()].map(({ kind }) => kind);
  const settling = each.includes('Serving') && !each.includes('Waiting');
  if (wave?.soakMs === 0 && step.index === memory.waves.length - 1 && settling)
    return passed(input, step, 'NoSoak');
  if (stuck !== undefined && stuck.kind !== 'Serving') {
    if (window === undefined || stuck.kind === 'Holding') {
      const phase =
        stuck.reason.code === 'Paused' ? 'Paused' : stuck.kind === 'Holding' ? 'Holding' : 'Progressing';
      return wait(phase, stuck.reason, { cohorts: progress, verdicts: window?.verdicts });
    }
  }
  if (wave === undefined || wave.soakMs === 0) return passed(input, step, 'NoSoak');

  if (window === undefined) return openWindow(input, step, progress, wave.soakMs);
  const timing = prometheusTiming(input.prometheus, memory.analysis.resolutionMs);
  const due = window.to + timing.queryDelayMs;
  if (now < due) {
    return wait(
      'Soaking',
      reason(
        'Soaking',
        `wave ${name} is measured until ${new Date(window.to).toISOString()}${lookBefore(step)}`,
      ),
      { until: due, cohorts: progress, verdicts: step.windows.at(-2)?.verdicts },
    );
  }
  if (window.verdicts !== undefined) return openWindow(input, step, progress, wave.soakMs);

  const cohorts = [...walking.keys()].filter((cohort) => (step.cohorts[cohort]?.nodes.length ?? 0) > 0);
  const looked = look({ ...input, step, window, cohorts });
  if (looked.kind === 'Need') return looked;
  return conclude(input, step, window, looked.verdicts, progress, wave.soakMs);
}

function conclude(
  input: AdvanceInput,
  step: WaveStep,
  window: SoakWindow,
  verdicts: readonly CohortVerdict[],
  progress: ReadonlyMap<string, WaveProgress>,
  soakMs: number,
): Advance {
  const { memory, now } = input;
  const settled = settleVerdicts(memory, verdicts, input.first);
  const remembered = (): WaveStep => ({
    ...step,
    windows: [...step.windows.slice(0, -1), { ...window, verdicts }],
  });
  switch (settled.kind) {
    case 'Pass':
      return passed(input, remembered(), 'Judge');
    case 'Fail':
      return { kind: 'Remember', memory: withStep(memory, remembered()), event: undefined };
    case 'Undecided': {
      const waited = now - Date.parse(step.startedAt);
      if (input.settings.onInconclusive === 'Revert' && waited > input.settings.inconclusiveAfterMs) {
        return {
          kind: 'Remember',
          memory: { ...memory, ended: { at: new Date(now).toISOString(), how: 'Inconclusive' } },
          event: reason('Inconclusive', settled.reason.message),
        };
      }
      // A look that saw its data has spent its share; another one needs new data. Without data the same window is
      // asked again for one more soak, because data from the edge comes late, and then a fresh one is opened.
      if (settled.looked || now > window.to + soakMs + retryEvery(memory)) {
        return { kind: 'Remember', memory: withStep(memory, remembered()), event: settled.reason };
      }
      return wait('Holding', withAway(input, settled.reason), {
        until: now + retryEvery(memory),
        cohorts: progress,
        verdicts,
      });
    }
  }
}

/** Nodes of the candidate that went dark are the likeliest cause of missing data: a person should not have to look for them. */
function withAway({ memory, states }: AdvanceInput, why: Reason): Reason {
  const names = [...rosterOf(memory).values()].flatMap((roster) => [...roster]);
  const away = names.filter((name) => {
    const state = states.get(name);
    return state?.phase === 'Offline' && state.targetPod?.revision === memory.revision;
  });
  return away.length === 0
    ? why
    : reason(why.code, `${why.message}; offline with the candidate: ${listSome(away)}`);
}

/** What the look before this window missed, so that a repeated soak explains itself. */
function lookBefore({ windows }: WaveStep): string {
  const open = windows.at(-2)?.verdicts?.find(({ verdict }) => verdict === 'Undecided');
  return open === undefined
    ? ''
    : `; the look before said ${open.reason} of metric ${open.metric} in cohort ${open.cohort}: ${open.message}`;
}

/** The first minute of a window lies ahead when it is written down, so that nobody can choose it by its data. */
function openWindow(
  input: AdvanceInput,
  step: WaveStep,
  progress: ReadonlyMap<string, WaveProgress>,
  soakMs: number,
): Advance {
  const { memory, now } = input;
  const { resolutionMs, warmupMs } = memory.analysis;
  const serving = Math.max(
    0,
    ...[...progress.values()].map((each) => (each.kind === 'Serving' ? each.since : 0)),
  );
  const from = (Math.floor(Math.max(now, serving + warmupMs) / resolutionMs) + 1) * resolutionMs;
  const to = from + Math.ceil(soakMs / resolutionMs) * resolutionMs;
  return {
    kind: 'Remember',
    memory: withStep(memory, {
      ...step,
      windows: [...step.windows, { from, to, restarts: restartsOf(input.states, step) }],
    }),
    event: reason(
      'SoakStarted',
      `wave ${memory.waves[step.index]?.name ?? ''} is measured from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`,
    ),
  };
}

function passed(input: AdvanceInput, step: WaveStep, by: 'Judge' | 'PromotedByPerson' | 'NoSoak'): Advance {
  const { memory, now } = input;
  const name = memory.waves[step.index]?.name ?? '';
  const how =
    by === 'Judge'
      ? 'every metric passed'
      : by === 'NoSoak'
        ? 'its nodes are ready, and it asks for no soak'
        : 'a person stands in for the missing Pass';
  return {
    kind: 'Remember',
    memory: withStep(memory, { ...step, passed: { at: new Date(now).toISOString(), by } }),
    event: reason(
      by === 'PromotedByPerson' ? 'PromotedByPerson' : 'WavePassed',
      `wave ${name} passed: ${how}`,
    ),
  };
}

function failed(
  input: AdvanceInput,
  verdicts: readonly CohortVerdict[],
  progress: ReadonlyMap<string, WaveProgress>,
): Advance {
  const { memory, settings } = input;
  const fails = verdicts.filter(({ verdict }) => verdict === 'Fail');
  const metric = (name: string) => memory.metrics.find((each) => metricName(each) === name);
  const grave = fails.find((each) => {
    const found = metric(each.metric);
    return found === undefined || failsTo(found) === 'Rollback';
  });
  const worst = grave ?? fails[0];
  const why = reason(
    worst?.reason ?? 'Failed',
    `metric ${worst?.metric ?? ''} in cohort ${worst?.cohort ?? ''}: ${worst?.message ?? ''}`,
  );
  if (settings.onFailure === 'Pause' || grave === undefined) {
    return wait(
      'Paused',
      reason(why.code, `${why.message}; a person decides: abort it, or retry with a corrected revision`),
      { cohorts: progress, verdicts },
    );
  }
  return {
    kind: 'Reject',
    cohort: settings.failureScope === 'Cohort' ? (worst?.cohort ?? '*') : '*',
    reason: why,
  };
}

/** Behind a wave that passed comes the next, or the promotion of the cohorts that walked. */
function onwards(
  input: AdvanceInput,
  step: WaveStep,
  walking: ReadonlyMap<string, readonly Surveyed[]>,
  progress: ReadonlyMap<string, WaveProgress>,
): Advance {
  const { memory } = input;
  const last = step.index === memory.waves.length - 1;
  if (!last) return startWave(input, walking, step.index + 1);

  const extended = input.settings.paused ? undefined : withLateNodes(memory, step, walking);
  if (extended !== undefined)
    return { kind: 'Remember', memory: withStep(memory, extended), event: undefined };
  const updating = [...progress.values()].find(({ kind }) => kind === 'Waiting');
  if (updating?.kind === 'Waiting') return wait('Progressing', updating.reason, { cohorts: progress });
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
        : tooFewReachable(cohort, nodes, memory.revision, minReachable, input.now);
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
      .flatMap(({ windows }) => windows.flatMap(({ verdicts }) => verdicts ?? []))
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

function wait(
  phase: Extract<Advance, { kind: 'Wait' }>['phase'],
  why: Reason,
  more: {
    readonly until?: number;
    readonly cohorts?: ReadonlyMap<string, WaveProgress>;
    readonly verdicts?: readonly CohortVerdict[] | undefined;
  },
): Advance {
  return {
    kind: 'Wait',
    phase,
    reason: why,
    until: more.until,
    cohorts: more.cohorts ?? new Map(),
    verdicts: more.verdicts ?? [],
  };
}
