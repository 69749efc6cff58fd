import type { PrometheusSpec } from '../../api/prometheus.ts';
import type { CohortArms } from '../../judge/cohort-arms.ts';
import type { Evidence } from '../../judge/evidence.ts';
import type { CohortVerdicts } from '../../judge/inquiry.ts';
import { judgePods } from '../../judge/judge-pods.ts';
import { judgeQuery } from '../../judge/judge-query.ts';
import type { PodHealth } from '../../judge/pod-health.ts';
import type { MetricNeed } from '../decision.ts';
import type { NodeState } from '../node/node-state.ts';
import { isSuspect } from '../node/suspect.ts';
import type { PodView } from '../views/pod-view.ts';
import { alphaOf } from './error-rate.ts';
import { leftBeforeUpdate } from './judged-nodes.ts';
import { metricName, metricRule } from './metric-rule.ts';
import { measuredIn } from './measured-in.ts';
import { MAX_JUDGED } from './next-wave.ts';
import type { CandidateMemory, CohortVerdict, SoakWindow, WaveStep } from './memory.ts';

export interface LookInput {
  readonly memory: CandidateMemory;
  readonly step: WaveStep;
  readonly window: SoakWindow;
  /** Cohorts that walk and that the wave added nodes to. */
  readonly cohorts: readonly string[];
  /** By node name. */
  readonly states: ReadonlyMap<string, NodeState>;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly prometheus: PrometheusSpec | undefined;
  readonly namespace: string;
  readonly now: number;
}

export type Look =
  | { readonly kind: 'Need'; readonly needs: readonly MetricNeed[] }
  | { readonly kind: 'Verdicts'; readonly verdicts: readonly CohortVerdict[] };

/** One look at what is judged over a whole window (queries and the pods): first what must be asked, then what the judge says of the answers. */
export function look(input: LookInput): Look {
  const { memory, step } = input;
  const resolution = memory.analysis.resolutionMs;
  const window = { from: input.window.from, to: input.window.to, resolution };
  const needs: MetricNeed[] = [];
  const verdicts: CohortVerdict[] = [];

  for (const metric of memory.metrics) {
    const rule = metricRule(metric, resolution);
    if (rule === undefined) continue;
    const groupBy = rule.kind === 'pods' ? 'pod' : memory.analysis.groupBy;
    const arms = input.cohorts
      .filter((cohort) => measuredIn(metric, cohort, step, input.states))
      .map((cohort) => armsOf(input, cohort, groupBy, rule.kind === 'pods' ? input.now : window.to));
    if (arms.length === 0) continue;
    const common = {
      cohorts: arms,
      window,
      alpha: alphaOf(memory, step, rule.name),
      seed: `${memory.seed}/${step.index}/${rule.name}`,
    };

    let answers: CohortVerdicts;
    if (rule.kind === 'pods') {
      answers = judgePods({ ...common, rule, evidence: podHealth(arms, input) });
    } else {
      const members = arms.flatMap(({ candidates, controls }) => [...candidates, ...controls]);
      const key = `${metricName(metric)}/${window.from}/${window.to}`;
      const evidence = input.evidence.get(key);
      if (evidence === undefined) {
        needs.push({
          kind: 'Metric',
          key,
          metric,
          window,
          groupBy,
          keys: members.map((member) => member.key),
          nodes: members.map((member) => member.node),
          prometheus: input.prometheus,
          namespace: input.namespace,
        });
        continue;
      }
      answers = judgeQuery({ ...common, rule, evidence });
    }
    for (const [cohort, verdict] of answers) verdicts.push({ ...verdict, cohort });
  }
  return needs.length > 0 ? { kind: 'Need', needs } : { kind: 'Verdicts', verdicts };
}

/** While a look finds no data it is asked again, but not with every event of the fleet. */
export function retryEvery(memory: CandidateMemory): number {
  return Math.max(memory.analysis.resolutionMs, 5_000);
}

/**
 * A candidate that went dark has no evidence to be waited for: whether so many may be missing is decided before the
 * look, by the failure budget and minReachable, so that an arm is not the better for what it lost.
 *
 * @param until ms; who went dark later was there for all of the window
 */
function armsOf(
  { memory, step, states }: LookInput,
  cohort: string,
  groupBy: 'pod' | 'node',
  until: number,
): CohortArms {
  const roster = step.cohorts[cohort];
  const member = (node: string, pod: PodView | undefined) => ({
    node,
    key: groupBy === 'node' ? node : (pod?.name ?? `none-on-${node}`),
  });
  return {
    name: cohort,
    candidates: (roster?.nodes ?? [])
      .filter((node) => !leftBeforeUpdate(states.get(node)) && !wentDark(states.get(node), memory, until))
      .slice(0, MAX_JUDGED)
      .map((node) => member(node, states.get(node)?.targetPod)),
    controls: (roster?.controls ?? []).map((node) =>
      member(node, states.get(node)?.serving ?? states.get(node)?.targetPod),
    ),
    drawn: roster?.drawn ?? false,
  };
}

function wentDark(state: NodeState | undefined, { revision }: CandidateMemory, until: number): boolean {
  return state !== undefined && isSuspect(state, revision) && state.node.readySince < until;
}

/** What the API server knows of the judged pods: restarts since the window was opened, and time without Ready in it. */
function podHealth(arms: readonly CohortArms[], { states, window }: LookInput): PodHealth[] {
  const health: PodHealth[] = [];
  for (const { candidates, controls } of arms) {
    for (const { node, key } of [...candidates, ...controls]) {
      const state = states.get(node);
      const pod = state?.targetPod ?? state?.serving;
      if (state === undefined || pod === undefined || state.phase === 'Offline') continue;
      // An outage of the node is not the pod's: it is watched from the node's return on.
      const from = Math.min(window.to, Math.max(window.from, state.node.readySince));
      const unready = pod.ready
        ? Math.max(0, (pod.readySince ?? 0) - Math.max(from, lastStart(pod)))
        : window.to - Math.max(from, pod.notReadySince ?? from);
      const length = window.to - from;
      health.push({
        key,
        restarts: Math.max(0, restartsOfPod(pod) - (window.restarts?.[node] ?? 0)),
        notReadyMs: Math.min(length, Math.max(0, unready)),
        observedMs: length,
      });
    }
  }
  return health;
}

/**
 * When the newest process of the pod started, ms. A pod that is Ready again was Ready when the window was opened, and
 * of the time between only what came after this start is known to have been without Ready: its restart counts by itself.
 */
function lastStart({ containers }: PodView): number {
  return Math.max(0, ...containers.map(({ init, startedAt }) => (init ? 0 : (startedAt ?? 0))));
}

/** What a window starts from: restarts that came before it are not its own. */
export function restartsOf(states: ReadonlyMap<string, NodeState>, step: WaveStep): Record<string, number> {
  const judged = Object.values(step.cohorts).flatMap(({ nodes, controls }) => [
    ...nodes.slice(0, MAX_JUDGED),
    ...controls,
  ]);
  return Object.fromEntries(
    judged.flatMap((node) => {
      const pod = states.get(node)?.targetPod ?? states.get(node)?.serving;
      const restarts = pod === undefined ? 0 : restartsOfPod(pod);
      return restarts > 0 ? [[node, restarts]] : [];
    }),
  );
}

function restartsOfPod({ containers }: PodView): number {
  return containers.filter(({ init }) => !init).reduce((sum, { restarts }) => sum + restarts, 0);
}
