import type { NodeState } from '../node/node-state.ts';
import { hasStarted } from '../node/suspect.ts';
import type { CandidateMemory, WaveStep } from './memory.ts';
import { MAX_JUDGED } from './next-wave.ts';
import type { TrialRecord } from './trial-record.ts';

/** A node whose samples are judged. */
export interface JudgedNode {
  readonly node: string;
  readonly cohort: string;
  readonly candidate: boolean;
  /** Value of the groupBy label of its pod of now. */
  readonly key: string;
  /** The value that it had before the wave started; with groupBy node the same. */
  readonly historyKey: string;
}

/** The pods of one node. */
export interface PodsOfNode {
  /** Of what it is to run. */
  readonly targetPod: { readonly name: string } | undefined;
  /** One that serves, of whatever revision. */
  readonly serving: { readonly name: string } | undefined;
}

/**
 * The two arms of a trial: the nodes that the wave's draw chose, and those that it could have chosen. They stay what they
 * are, whatever becomes of a node: an update that fails and a node that goes dark are outcomes too.
 *
 * @param stablePod the name that Outrigger gives to the pod of stable on a node
 */
export function judgedNodes(
  memory: CandidateMemory,
  step: WaveStep,
  { cohorts, away = [] }: TrialRecord,
  states: ReadonlyMap<string, PodsOfNode>,
  stablePod: (node: string) => string | undefined,
): readonly JudgedNode[] {
  const left = new Set(away);
  const byPod = memory.analysis.groupBy === 'pod';
  return cohorts.flatMap((cohort) => {
    const { nodes, controls, formerPods } = step.cohorts[cohort] ?? { nodes: [], controls: [] };
    const judged = (names: readonly string[], candidate: boolean) =>
      names
        .filter((node) => !left.has(node))
        .slice(0, MAX_JUDGED)
        .map((node): JudgedNode => {
          const none = `none-on-${node}`;
          const state = states.get(node);
          const pod = candidate ? state?.targetPod : (state?.serving ?? state?.targetPod);
          return {
            node,
            cohort,
            candidate,
            key: byPod ? (pod?.name ?? none) : node,
            historyKey: byPod ? (formerPods?.[node] ?? stablePod(node) ?? none) : node,
          };
        });
    return [...judged(nodes, true), ...judged(controls, false)];
  });
}

/**
 * Nodes that are away when a window is opened, and that the candidate never ran on: in whichever arm, they have
 * nothing to tell of it, and are not waited for.
 */
export function awayNodes(
  step: WaveStep,
  cohorts: readonly string[],
  states: ReadonlyMap<string, NodeState>,
): readonly string[] {
  return cohorts.flatMap((cohort) => {
    const { nodes = [], controls = [] } = step.cohorts[cohort] ?? {};
    return [
      ...nodes.filter((node) => leftBeforeUpdate(states.get(node))),
      ...controls.filter((node) => isAway(states.get(node))),
    ];
  });
}

/** A node that went away before the candidate ran there. */
export function leftBeforeUpdate(state: NodeState | undefined): boolean {
  return isAway(state) && (state?.targetPod === undefined || !hasStarted(state.targetPod));
}

function isAway(state: NodeState | undefined): boolean {
  if (state === undefined) return true;
  return state.phase === 'Offline' || state.phase === 'SetAside' || state.phase === 'Incompatible';
}
