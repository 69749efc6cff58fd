import { setCondition } from '../../api/condition.ts';
import type {
  CohortPhase,
  CohortStatus,
  CohortVerdict as VerdictStatus,
  EdgeRolloutStatus,
} from '../../api/edge-rollout-status.ts';
import type { EdgeModel } from '../../api/edge-model.ts';
import type { EdgeRollout } from '../../api/edge-rollout.ts';
import { clip } from '../../api/text.ts';
import { combine } from '../../judge/verdict.ts';
import type { NodeState } from '../node/node-state.ts';
import { isReachable } from '../node/reachability.ts';
import { isSuspect } from '../node/suspect.ts';
import type { Observed } from '../observed.ts';
import type { Revision } from '../revision/revision.ts';
import { currentStep, currentWalk, newestVerdicts, verdictsOf } from '../rollout/memory.ts';
import type { CandidateMemory, CohortVerdict } from '../rollout/memory.ts';
import { metricName } from '../rollout/metric-rule.ts';
import { asideIn } from '../rollout/set-aside.ts';
import type { Situation } from '../situation.ts';
import { windowsProblem } from '../window/node-window.ts';
import { nextWindow } from '../window/with-window.ts';
import { CONDITION_MESSAGE_MAX, kstatusConditions, removeCondition } from './conditions.ts';
import { countNodes } from './counts.ts';
import type { Headline } from './headline.ts';
import { newestStable } from './model-status.ts';
import { phaseSince } from './phase-since.ts';

export interface RolloutStatusInput {
  readonly observed: Observed;
  readonly model: EdgeModel;
  readonly rollout: EdgeRollout;
  readonly situation: Situation;
  readonly revisions: readonly Revision[];
  /** The memory of the attempt that is under way, or of the last one of the spec's revision. */
  readonly memory: CandidateMemory | undefined;
  readonly headline: Headline;
  readonly now: number;
}

export function rolloutStatus(input: RolloutStatusInput): EdgeRolloutStatus {
  const { situation, model, rollout, memory, headline } = input;
  const { hash, content, course } = situation;
  const states = [...situation.states.values()];
  const counts = countNodes(states, hash);
  const stable = newestStable(situation, input.revisions);
  const step = memory && currentStep(memory);
  const wave = step && memory?.waves[step.index];
  const window = step?.windows.at(-1);
  const opensAt = nextWindow(situation.states);
  const verdicts = currentVerdicts(situation, memory);
  const overall = verdicts.length > 0 ? combine(verdicts) : undefined;
  const underWay =
    course.kind === 'Candidate' ||
    course.kind === 'Rejected' ||
    // Also of an attempt that waits for a retry: people retry what they can name.
    (course.kind === 'Hold' &&
      memory !== undefined &&
      (memory.ended === undefined || memory.ended.how === 'Inconclusive'));
  return {
    observedGeneration: rollout.metadata.generation ?? 0,
    observedModelGeneration: model.metadata.generation ?? 0,
    phase: headline.phase,
    phaseSince: phaseSince(rollout.status, headline.phase, new Date(input.now).toISOString()),
    message: clip(headline.reason.message),
    ...(stable === undefined ? {} : { stable: { revision: stable.hash, version: stable.content.version } }),
    ...(underWay && memory !== undefined
      ? {
          candidate: {
            revision: hash,
            attempt: memory.attempt,
            version: content.version,
            startedAt: memory.startedAt,
          },
        }
      : {}),
    ...(underWay && step !== undefined && wave !== undefined
      ? {
          wave: {
            name: wave.name,
            index: step.index,
            startedAt: step.startedAt,
            ...(window === undefined ? {} : { soakedUntil: new Date(window.to).toISOString() }),
          },
        }
      : {}),
    ...(situation.waiting?.approval === undefined ? {} : { approval: situation.waiting.approval }),
    ...(opensAt === undefined ? {} : { nextWindow: new Date(opensAt).toISOString() }),
    updated: `${counts.updated}/${counts.reckoned}`,
    ...(overall === undefined ? {} : { verdict: overall }),
    nodes: {
      total: counts.nodes,
      updated: counts.updated,
      ready: counts.ready,
      offline: counts.offline,
      lagging: counts.lagging,
      failed: counts.failed,
      suspect: underWay ? suspects(states, hash) : 0,
    },
    metrics: (memory?.metrics ?? []).flatMap((metric) => {
      const query = input.observed.queries.get(`${rollout.metadata.name}/${metricName(metric)}`);
      return query !== undefined && 'query' in query
        ? [{ name: metricName(metric), query: clip(query.query) }]
        : [];
    }),
    cohorts: [...situation.survey.cohorts.keys()]
      .slice(0, 64)
      .map((name) => cohortStatus(name, input, verdicts)),
    rejected: rejectedEntries(input.revisions),
    conditions: [...conditions(input, overall)],
  };
}

function currentVerdicts(
  situation: Situation,
  memory: CandidateMemory | undefined,
): readonly CohortVerdict[] {
  // Of a promoted revision too: people look for the evidence after the fact.
  if (situation.course.kind === 'Immediate' || situation.course.kind === 'Hold') return [];
  if (situation.waiting !== undefined && situation.waiting.verdicts.length > 0)
    return situation.waiting.verdicts;
  const steps = memory?.walks.flatMap(({ steps: all }) => all) ?? [];
  const last = steps.findLast((step) => verdictsOf(step).length > 0);
  return last === undefined ? [] : newestVerdicts(last);
}

function cohortStatus(
  name: string,
  input: RolloutStatusInput,
  verdicts: readonly CohortVerdict[],
): CohortStatus {
  const { situation, memory } = input;
  const nodes = situation.survey.cohorts.get(name) ?? [];
  const states = nodes.flatMap(({ node }) => situation.states.get(node.name) ?? []);
  const counts = countNodes(states, situation.hash);
  const progress = situation.waiting?.cohorts.get(name);
  const aside =
    memory === undefined || situation.course.kind !== 'Candidate' ? undefined : asideIn(memory, name);
  const why = progress !== undefined && progress.kind !== 'Serving' ? progress.reason : aside;
  const mine = verdicts.filter(({ cohort }) => cohort === name).map(verdictStatus);
  return {
    name,
    nodes: counts.nodes,
    updated: counts.updated,
    ready: counts.ready,
    offline: counts.offline,
    lagging: counts.lagging,
    failed: counts.failed,
    phase: cohortPhase(name, input, memory),
    ...(why === undefined ? {} : { reason: why.code, message: clip(why.message) }),
    ...(mine.length > 0 ? { verdicts: mine } : {}),
  };
}

function cohortPhase(
  name: string,
  { situation }: RolloutStatusInput,
  memory: CandidateMemory | undefined,
): CohortPhase {
  const nodes = situation.survey.cohorts.get(name) ?? [];
  if (nodes.length > 0 && nodes.every(({ stable }) => stable?.revision === situation.hash)) return 'Promoted';
  const { course, waiting } = situation;
  switch (course.kind) {
    case 'Settled':
      return 'RolledBack';
    case 'Rejected':
      return nodes.some(
        ({ pods, node }) => isReachable(node) && pods.some((pod) => pod.revision === situation.hash),
      )
        ? 'RollingBack'
        : 'RolledBack';
    case 'Hold':
      return 'Holding';
    case 'Immediate':
      return waiting?.cohorts.get(name)?.kind === 'Holding' ? 'Holding' : 'Progressing';
    case 'Candidate': {
      if (memory === undefined) return 'Waiting';
      if (currentWalk(memory)?.cohorts.includes(name) !== true || asideIn(memory, name) !== undefined)
        return 'SetAside';
      if (waiting?.cohorts.get(name)?.kind === 'Holding') return 'Holding';
      return waiting?.phase === 'Soaking'
        ? 'Soaking'
        : waiting?.phase === 'Holding' || waiting?.phase === 'Paused'
          ? 'Holding'
          : 'Progressing';
    }
  }
}

function verdictStatus(verdict: CohortVerdict): VerdictStatus {
  const figures = {
    estimate: figure(verdict.estimate),
    lower: figure(verdict.lower),
    upper: figure(verdict.upper),
    margin: figure(verdict.margin),
    detectable: figure(verdict.detectable),
  };
  return {
    metric: verdict.metric,
    verdict: verdict.verdict,
    reason: verdict.reason,
    message: clip(verdict.message),
    test: verdict.test.slice(0, 64),
    ...Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)),
    nodes: verdict.nodes,
    controls: verdict.controls,
    samples: verdict.samples,
    window: {
      from: new Date(verdict.window.from).toISOString(),
      to: new Date(verdict.window.to).toISOString(),
    },
  };
}

function rejectedEntries(revisions: readonly Revision[]): NonNullable<EdgeRolloutStatus['rejected']> {
  return revisions
    .flatMap((revision) =>
      revision.rejected.map((mark) => ({
        revision: revision.hash,
        attempt: mark.attempt,
        version: revision.content.version,
        at: mark.at,
        ...(mark.cohort === '*' ? {} : { cohort: mark.cohort }),
        reason: mark.reason,
        message: clip(mark.message),
      })),
    )
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .slice(0, 50);
}

/** Hindrances that only another manifest, or another flag of the operator, takes away. */
const REFUSED = new Set(['TooManyCohorts', 'QueryInvalid', 'PrometheusNotConfigured']);

function conditions(
  { rollout, situation, headline, now }: RolloutStatusInput,
  overall: 'Pass' | 'Fail' | 'Undecided' | undefined,
): EdgeRolloutStatus['conditions'] & object {
  const at = new Date(now).toISOString();
  const observedGeneration = rollout.metadata.generation ?? 0;
  const message = clip(headline.reason.message, CONDITION_MESSAGE_MAX);
  let list = kstatusConditions(rollout.status?.conditions ?? [], headline, observedGeneration, at);
  const paused = headline.phase === 'Paused';
  list = setCondition(
    list,
    {
      type: 'Paused',
      status: paused ? 'True' : 'False',
      reason: paused ? headline.reason.code : 'NotPaused',
      message: paused ? message : '',
      observedGeneration,
    },
    at,
  );
  list =
    headline.phase === 'AwaitingApproval'
      ? setCondition(
          list,
          { type: 'Approved', status: 'False', reason: headline.reason.code, message, observedGeneration },
          at,
        )
      : removeCondition(list, 'Approved');
  // Whatever else is to be said: windows that cannot be read let nothing begin, in any phase.
  const windows = situation.settings && windowsProblem(situation.settings);
  const refusal = windows ?? (REFUSED.has(headline.reason.code) ? headline.reason : undefined);
  list = setCondition(
    list,
    {
      type: 'Accepted',
      status: refusal === undefined ? 'True' : 'False',
      reason: refusal?.code ?? 'Accepted',
      message: clip(
        refusal?.message ?? 'the rollout can be carried out as it is written',
        CONDITION_MESSAGE_MAX,
      ),
      observedGeneration,
    },
    at,
  );
  const rejected = situation.course.kind === 'Rejected';
  // onFailure Pause leaves it to a person what is done about harm, not whether it was seen.
  const harmed = rejected || (paused && headline.reason.code !== 'Paused');
  const healthy = harmed || overall === 'Fail' ? 'False' : overall === 'Undecided' ? 'Unknown' : 'True';
  return setCondition(
    list,
    {
      type: 'Healthy',
      status: healthy,
      reason: rejected
        ? 'Rejected'
        : harmed
          ? headline.reason.code
          : overall === undefined
            ? 'NoHarmSeen'
            : `Verdict${overall}`,
      message: harmed
        ? message
        : overall === undefined
          ? 'no harm has been seen'
          : `the worst verdict of the last look is ${overall}`,
      observedGeneration,
    },
    at,
  );
}

function figure(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(Number(value.toPrecision(4)));
}

/** Nodes that went dark with the candidate: neither failed nor fine until they are back. */
function suspects(states: readonly NodeState[], revision: string): number {
  return states.filter((state) => isSuspect(state, revision)).length;
}
