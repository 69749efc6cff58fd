import { ROLLOUT_DEFAULTS } from '../api/defaults.ts';
import type { EdgeModel } from '../api/edge-model.ts';
import { resolveCount } from '../api/fraction.ts';
import type { Action } from './decision.ts';
import { allot } from './node/allot.ts';
import type { NodeState, Want } from './node/node-state.ts';
import { isReachable } from './node/reachability.ts';
import type { Observed } from './observed.ts';
import { prefetchPod } from './pods/prefetch-pod.ts';
import { podName, servePod } from './pods/serve-pod.ts';
import type { PodFor } from './pods/serve-pod.ts';
import { rejection } from './revision/revision.ts';
import type { Revision } from './revision/revision.ts';
import { rosterOf } from './rollout/memory.ts';
import type { Situation } from './situation.ts';
import type { PodView } from './views/pod-view.ts';

const BACKOFF_FROM_MS = 10_000;
const BACKOFF_TO_MS = 5 * 60_000;

/** A node that was away must stay Ready for two samples before its serving pod is touched. */
const SETTLED_AFTER_SAMPLES = 2;

export interface PodActions {
  readonly actions: readonly Extract<Action, { kind: 'CreatePod' | 'DeletePod' }>[];
  readonly requeueAt: number | undefined;
}

/** What is done to pods now, within the limits; deterministic, so that a second operator would do the same. */
export function podActions(
  observed: Observed,
  model: EdgeModel,
  situation: Situation,
  revisions: readonly Revision[],
  now: number,
): PodActions {
  const actions: Extract<Action, { kind: 'CreatePod' | 'DeletePod' }>[] = [];
  const later: number[] = [];
  const remove = (pod: PodView, remake = false) => {
    actions.push({ kind: 'DeletePod', name: pod.name, uid: pod.uid, node: pod.node, remake });
  };
  for (const { node, pods } of situation.survey.leaving) {
    if (isReachable(node)) for (const pod of pods) if (!pod.deleting) remove(pod);
  }

  const order = inOrder(situation, revisions);
  for (const state of order) for (const pod of state.leftovers) remove(pod);

  const due = order.map((state) => {
    const at =
      state.wants === undefined ? now : notBefore(observed, model, situation, state, state.wants, revisions);
    if (at <= now) return state;
    later.push(at);
    return { ...state, wants: undefined };
  });
  const limits = situation.settings?.limits ?? ROLLOUT_DEFAULTS.limits;
  const budget = {
    maxUnavailable: (reachable: number) => Math.max(1, resolveCount(limits.maxUnavailable, reachable)),
    maxPrefetching: Math.max(1, resolveCount(limits.maxPrefetching, order.length)),
  };
  for (const { state, want } of allot(due, budget)) {
    switch (want.kind) {
      case 'CreateServe':
      case 'CreatePrefetch': {
        const of = podFor(model, state);
        if (of === undefined) break;
        const pod =
          want.kind === 'CreateServe' ? servePod(of) : prefetchPod(of, observed.settings.pauseImage);
        actions.push({ kind: 'CreatePod', pod, node: state.node.name });
        break;
      }
      case 'Switch':
        for (const pod of want.pods) remove(pod);
        break;
      case 'Remake':
        remove(want.pod, true);
        break;
    }
  }
  return { actions, requeueAt: later.length > 0 ? Math.min(...later) : undefined };
}

function podFor(model: EdgeModel, { target, node }: NodeState): PodFor | undefined {
  return (
    target && {
      model,
      revision: target.revision,
      content: target.content,
      variant: target.variant,
      cohort: target.cohort,
      node,
    }
  );
}

/** Those that go back first, then the waves in the order of their draw, then the rest by name. */
function inOrder(situation: Situation, revisions: readonly Revision[]): NodeState[] {
  const { course } = situation;
  const drawn =
    course.kind === 'Candidate' && course.memory !== undefined
      ? [...rosterOf(course.memory).values()].flatMap((roster) => [...roster])
      : [];
  const place = new Map(drawn.map((name, index) => [name, index + 1]));
  const rank = (state: NodeState) =>
    runsRejected(state, revisions) ? 0 : (place.get(state.node.name) ?? drawn.length + 1);
  return [...situation.states.values()].toSorted(
    (a, b) => rank(a) - rank(b) || (a.node.name < b.node.name ? -1 : 1),
  );
}

function runsRejected({ target, serving, targetPod }: NodeState, revisions: readonly Revision[]): boolean {
  const runs = serving?.revision ?? targetPod?.revision;
  if (runs === undefined || runs === target?.revision) return false;
  const revision = revisions.find(({ hash }) => hash === runs);
  const last = revision?.rejected.at(-1);
  return (
    revision !== undefined &&
    last !== undefined &&
    rejection(revision, last.attempt, target?.cohort) !== undefined
  );
}

/** The earliest time for a node's next step, ms; 0 for at once. */
function notBefore(
  observed: Observed,
  model: EdgeModel,
  situation: Situation,
  state: NodeState,
  want: Want,
  revisions: readonly Revision[],
): number {
  switch (want.kind) {
    case 'Remake': {
      const remade = observed.remade.get(want.pod.name);
      return remade === undefined ? 0 : remade.at + backoff(remade.count);
    }
    case 'CreateServe':
    case 'CreatePrefetch': {
      const { target } = state;
      const role = want.kind === 'CreateServe' ? 'serve' : 'prefetch';
      const name = target && podName(role, model, target.revision, target.variant.name, state.node.name);
      const refused = name === undefined ? undefined : observed.refusedPods.get(name);
      return Math.max(
        refused === undefined ? 0 : refused.at + backoff(refused.count),
        settled(situation, state, revisions),
      );
    }
    case 'Switch':
      return settled(situation, state, revisions);
  }
}

function settled(situation: Situation, state: NodeState, revisions: readonly Revision[]): number {
  if (state.serving === undefined || runsRejected(state, revisions)) return 0;
  const resolution = situation.settings?.analysis.resolutionMs ?? 60_000;
  // A node that has only just joined was not away.
  if (state.node.readySince - state.node.createdAt < 5 * 60_000) return 0;
  return state.node.readySince + SETTLED_AFTER_SAMPLES * resolution;
}

function backoff(count: number): number {
  return Math.min(BACKOFF_TO_MS, BACKOFF_FROM_MS * 2 ** Math.max(0, count - 1));
}
