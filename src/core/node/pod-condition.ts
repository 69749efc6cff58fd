import { reason } from '../reason.ts';
import type { Reason } from '../reason.ts';
import type { ContainerView, PodView } from '../views/pod-view.ts';

/** How far a pod of a revision has come on its node. */
export type PodCondition =
  /** No place yet; the scheduler's own words. */
  | { readonly kind: 'Unschedulable'; readonly reason: Reason }
  /** Images or volumes are on their way; `trouble` where that has failed so far. */
  | { readonly kind: 'Fetching'; readonly trouble: Reason | undefined }
  /** Everything is fetched, the containers start. `since`: when the first process started, or readiness was lost, ms. */
  | { readonly kind: 'Starting'; readonly since: number }
  | { readonly kind: 'Ready'; readonly since: number }
  /** The revision's own fault: a container that keeps ending, or cannot be started. */
  | { readonly kind: 'Crashing'; readonly reason: Reason }
  /** Ended by the node (admission after a reboot, eviction, shutdown): made again, not charged to the revision. */
  | { readonly kind: 'Ended'; readonly reason: Reason }
  | { readonly kind: 'Deleting' };

/** Waiting reasons that speak of getting an image or a volume, not of running it. */
const FETCH_TROUBLE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'InvalidImageName',
  'ImageInspectError',
  'ImageVolumeMountFailed',
]);

/** One crash is an accident, two in a row without becoming ready is the revision. */
const CRASHES = 2;

/** After so long a run the kubelet's back-off starts anew, and so does the count: reboots of the node add up over months. */
const RAN_WELL_MS = 10 * 60_000;

export function podCondition(pod: PodView): PodCondition {
  if (pod.deleting) return { kind: 'Deleting' };
  if (pod.phase === 'Failed' || pod.phase === 'Succeeded') {
    const code = pod.reason ?? pod.phase;
    return {
      kind: 'Ended',
      reason: reason(code, `pod ${pod.name} ended ${pod.phase}: ${pod.message ?? code}`),
    };
  }
  if (pod.ready) return { kind: 'Ready', since: pod.readySince ?? pod.createdAt };
  if (pod.unschedulable !== undefined && !pod.bound) {
    return {
      kind: 'Unschedulable',
      reason: reason(
        'Unschedulable',
        `kube-scheduler finds no place; free the resource there, or ask for less: ${pod.unschedulable.message}`,
      ),
    };
  }
  const crash = pod.containers.map((container) => crashOf(pod, container)).find((each) => each !== undefined);
  if (crash !== undefined) return { kind: 'Crashing', reason: crash };

  const trouble = fetchTrouble(pod)?.waiting;
  const started = pod.containers
    .filter((each) => !each.init)
    .map((each) => each.terminated?.startedAt ?? each.startedAt)
    .filter((each) => each !== undefined);
  if (started.length === 0 || trouble !== undefined) {
    return {
      kind: 'Fetching',
      trouble:
        trouble &&
        reason(
          'FetchFailing',
          `an image cannot be fetched, which is tried again by itself; check its name, the registry and imagePullSecrets: ${trouble.message}`,
        ),
    };
  }
  // One that had been ready starts anew when it loses that: days of service are no late start.
  return { kind: 'Starting', since: Math.max(Math.min(...started), pod.notReadySince ?? 0) };
}

/** The container whose image, or volume, could not be got. */
export function fetchTrouble({ containers }: PodView): ContainerView | undefined {
  return containers.find(({ waiting }) => waiting !== undefined && FETCH_TROUBLE.has(waiting.reason));
}

function crashOf(pod: PodView, container: ContainerView): Reason | undefined {
  const waiting = container.waiting;
  if (
    waiting !== undefined &&
    (waiting.reason === 'CreateContainerConfigError' ||
      waiting.reason === 'RunContainerError' ||
      waiting.reason === 'CreateContainerError')
  ) {
    return reason(
      waiting.reason,
      `container ${container.name} of pod ${pod.name} cannot start: ${waiting.message}`,
    );
  }
  if (container.ready || container.restarts < CRASHES) return undefined;
  const ended = container.terminated;
  const wasReady = (pod.notReadySince ?? 0) > (container.startedAt ?? Infinity);
  const ranWell =
    ended?.startedAt !== undefined && ended.at !== undefined && ended.at - ended.startedAt >= RAN_WELL_MS;
  if (wasReady || ranWell) return undefined;
  const how =
    ended === undefined ? '' : ` (exit code ${ended.exitCode}${ended.reason ? `, ${ended.reason}` : ''})`;
  return reason(
    'Crashing',
    `container ${container.name} of pod ${pod.name} crashed ${container.restarts} times${how}`,
  );
}

/** When the model's container first became able to answer: the start of the warm-up. Undefined while it has not. */
export function servingSince(pod: PodView): number | undefined {
  if (!pod.ready) return undefined;
  const started = pod.containers.filter((each) => !each.init).map((each) => each.startedAt ?? pod.createdAt);
  return Math.max(pod.createdAt, ...started);
}
