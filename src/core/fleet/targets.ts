import type { EdgeModel } from '../../api/edge-model.ts';
import { ROLLOUT_DEFAULTS } from '../../api/defaults.ts';
import { milliseconds } from '../../api/duration.ts';
import type { RolloutSettings } from '../../api/rollout-settings.ts';
import { variantMismatch } from '../hardware/variant-fit.ts';
import { isPulling, takesPlace } from '../node/fetching.ts';
import { nodeState, withDeadline } from '../node/node-state.ts';
import { isGoingBack } from '../node/going-back.ts';
import type { NodeState, Target } from '../node/node-state.ts';
import { fetchKey } from '../node/unfetched.ts';
import type { Observed } from '../observed.ts';
import { podWanted } from '../pods/pod-wanted.ts';
import { updateStrategy } from '../pods/update-strategy.ts';
import { listSome, reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { Course } from '../rollout/course.ts';
import { rosterOf } from '../rollout/memory.ts';
import { nodeWindows } from '../window/node-window.ts';
import { waitsForWindow, withWindow } from '../window/with-window.ts';
import type { Revision } from '../revision/revision.ts';
import type { PodView } from '../views/pod-view.ts';
import type { Placement, Survey, Surveyed } from './survey.ts';

export interface TargetsInput {
  readonly observed: Observed;
  readonly model: EdgeModel;
  readonly settings: RolloutSettings | undefined;
  readonly survey: Survey;
  readonly course: Course;
  readonly hash: string;
  /** Cohorts that rejected the revision on their own. */
  readonly out: ReadonlySet<string>;
  readonly revisions: readonly Revision[];
  readonly now: number;
}

/** What each node is to run under a course, and how far it has come. */
export function targets(input: TargetsInput): ReadonlyMap<string, NodeState> {
  const { survey, course, settings } = input;
  const roster =
    course.kind === 'Candidate' && course.memory !== undefined
      ? rosterOf(course.memory)
      : new Map<string, ReadonlySet<string>>();
  const deadline = progressDeadline(settings);
  const windowOf = nodeWindows(settings, input.now);
  const refused = refusedPrefetches(input.observed);
  const state = (each: Surveyed, target: Target | undefined): NodeState => {
    const hangs = (pod: PodView) => isPulling(pod) && !takesPlace(pod, input.now);
    const at = (first: boolean) => stateOf(each, target, input.revisions, { first, hangs });
    const now = at(false);
    return mayFetchAhead(now, refused) && waitsForWindow(now, windowOf, input.revisions) ? at(true) : now;
  };
  return new Map(
    survey.eligible.map((each) => {
      const placement = placementFor(each, input, roster);
      const target = placement && toTarget(input.model, placement);
      return [
        each.node.name,
        withWindow(
          withMissingHardware(
            withRefusedPod(
              input,
              withUnfetched(input, each, withDeadline(state(each, target), input.now, deadline)),
            ),
          ),
          windowOf,
          input.revisions,
        ),
      ];
    }),
  );
}

/** Surge: the pod that would bring its image along may not start beside the old one yet. */
function mayFetchAhead({ wants, target }: NodeState, refused: ReadonlySet<string>): boolean {
  if (wants?.kind !== 'CreateServe' || wants.fetched || target === undefined) return false;
  return !refused.has(fetchKey({ revision: target.revision, variant: target.variant.name }));
}

/** Of which revisions and variants the API server took no prefetch pod: without image volumes, none ever. */
function refusedPrefetches({ refusedPods }: Observed): ReadonlySet<string> {
  return new Set([...refusedPods.values()].flatMap(({ prefetchOf }) => prefetchOf ?? []));
}

/** Also of a model without a rollout, ms. */
export function progressDeadline(settings: RolloutSettings | undefined): number {
  return settings?.limits.progressDeadlineMs ?? milliseconds(ROLLOUT_DEFAULTS.limits.progressDeadline);
}

function placementFor(
  each: Surveyed,
  input: TargetsInput,
  roster: ReadonlyMap<string, ReadonlySet<string>>,
): Placement | undefined {
  const { course, hash, out } = input;
  const { current, stable } = each;
  const runsIt = each.pods.some((pod) => pod.role === 'serve' && pod.revision === hash);
  switch (course.kind) {
    case 'Settled':
    case 'Rejected':
      return stable;
    case 'Immediate':
      return current !== undefined && !out.has(current.cohort) && (input.settings?.paused !== true || runsIt)
        ? current
        : stable;
    case 'Candidate': {
      const listed =
        current !== undefined &&
        !out.has(current.cohort) &&
        roster.get(current.cohort)?.has(each.node.name) === true;
      // Paused: what has begun is finished, nothing else starts.
      return listed && (input.settings?.paused !== true || runsIt) ? current : stable;
    }
    case 'Hold':
      if (!course.freeze) return stable;
      return runsIt ? current : (each.tried ?? stable);
  }
}

function toTarget(model: EdgeModel, placement: Placement): Target {
  const { strategy, why } = updateStrategy(model.spec.updateStrategy, placement.content, placement.variant);
  return {
    ...placement,
    strategy,
    strategyWhy: why,
    mayReplace: model.spec.updateStrategy === undefined || model.spec.updateStrategy === 'Auto',
  };
}

/** A node that has just come back, or comes and goes, begins nothing; what it began goes on, and so does leaving a rejected revision. */
function stateOf(
  each: Surveyed,
  target: Target | undefined,
  revisions: readonly Revision[],
  ahead: Parameters<typeof nodeState>[4],
): NodeState {
  const refused = refusal(each, target);
  const state = nodeState(each.node, target, each.pods, refused, ahead);
  const { noticed, name } = each.node;
  if (noticed?.unsteadyUntil === undefined || state.wants === undefined || refused.kind !== 'None')
    return state;
  if (state.standing === undefined || isGoingBack(state, revisions)) return state;
  const until = new Date(noticed.unsteadyUntil).toISOString();
  const message = `node ${name} went dark ${noticed.outages === 1 ? 'once' : `${noticed.outages} times`} within the last hour, and is left alone until it was there without a break until ${until}`;
  return nodeState(each.node, target, each.pods, {
    kind: 'SetAside',
    reason: reason('NodeUnsteady', message),
  });
}

function refusal(each: Surveyed, target: Target | undefined): Parameters<typeof nodeState>[3] {
  if (each.setAside !== undefined) return { kind: 'SetAside', reason: each.setAside };
  if (target === undefined && !each.fit.fits) {
    const why = each.fit.refusals.map(({ variant, message }) => `${variant}: ${message}`);
    return {
      kind: 'Incompatible',
      reason: reason('NoVariantFits', `no variant fits node ${each.node.name}: ${listSome(why, 4)}`),
    };
  }
  return { kind: 'None' };
}

/**
 * After a reboot pods are admitted before the device plugin is back, and end. Made again at once, such a pod would
 * lose the variant that it stands for: it stays until the hardware is back, or has been missing for too long.
 */
function withMissingHardware(state: NodeState): NodeState {
  if (state.target === undefined || state.wants?.kind !== 'Remake') return state;
  const missing = variantMismatch(state.target.variant, state.node);
  return missing === undefined
    ? state
    : {
        ...state,
        wants: undefined,
        reason: reason(
          'HardwareMissing',
          `the pod on ${state.node.name} ended and is made again when the node has the hardware of variant ${state.target.variant.name}: ${missing}`,
        ),
      };
}

/** Between two tries, and until the next one has come to something, the last failure is what the node waits for. */
function withUnfetched(input: TargetsInput, { pods }: Surveyed, state: NodeState): NodeState {
  const { unfetched } = input.observed;
  const { phase, target } = state;
  if (unfetched.size === 0 || target === undefined) return state;
  if (phase !== 'Waiting' && phase !== 'Prefetching' && phase !== 'Switching') return state;
  const there = pods.find(({ name }) => unfetched.has(name));
  const isOpen = there === undefined || there.deleting || isPulling(there);
  const known = isOpen ? unfetched.get(there?.name ?? podWanted(input.model, state) ?? '') : undefined;
  // What another pod of the node waits for is more than that.
  const speaks = state.reason === undefined || state.reason.code === 'Terminating';
  return known !== undefined && speaks ? { ...state, reason: reason('FetchFailing', known.message) } : state;
}

/** A pod that the API server would not create is what its node waits for. */
function withRefusedPod(input: TargetsInput, state: NodeState): NodeState {
  const { wants } = state;
  const name = podWanted(input.model, state);
  if (name === undefined || (wants?.kind !== 'CreateServe' && wants?.kind !== 'CreatePrefetch')) return state;
  const refused = input.observed.refusedPods.get(name);
  return refused === undefined ? state : { ...state, reason: refusedPod(wants.kind, name, refused) };
}

function refusedPod(
  want: 'CreateServe' | 'CreatePrefetch',
  name: string,
  refused: { readonly code: string; readonly message: string },
): Reason {
  if (want === 'CreatePrefetch' && refused.code === 'Invalid') {
    const message = `the node holds one pod of the model at a time, and fetching ahead needs image volumes, which this cluster does not take; use Kubernetes 1.35 or newer, or the feature gate ImageVolume: ${refused.message}`;
    return reason('PrefetchUnavailable', message);
  }
  return reason(
    refused.code,
    `pod ${name} could not be created, which is tried again by itself; ${remedy(refused.code)}: ${refused.message}`,
  );
}

function remedy(code: string): string {
  switch (code) {
    case 'QuotaExceeded':
      return 'raise the ResourceQuota of the namespace';
    case 'ForeignPod':
      return 'delete the pod of that name, which belongs to somebody else';
    case 'PodSecurity':
      return "correct spec.template, or the namespace's pod security level";
    default:
      return 'see what the API server says';
  }
}
