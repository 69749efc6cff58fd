import type { ContainerStatus, Pod, PodCondition, PodPhase, PodStatus } from './pod.ts';
import { isSidecar } from './resources.ts';
import { timestamp } from './timestamps.ts';

export interface PodState {
  readonly now: number;
  readonly hostIp: string;
  /** Undefined until the pod's sandbox is there. */
  readonly podIp: string | undefined;
  readonly startedAt: number;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** Being stopped: a container that ended will not start again, whatever the restart policy. */
  readonly stopping: boolean;
}

/** The status that a kubelet reports for what runs on its node. */
export function podStatus(pod: Pod, state: PodState): PodStatus {
  const initialized = state.init.every((each) => {
    const sidecar = pod.spec.initContainers?.some((spec) => spec.name === each.name && isSidecar(spec));
    return sidecar === true ? each.started || each.restartCount > 0 : each.state.terminated?.exitCode === 0;
  });
  const phase = phaseOf(pod, state, initialized);
  const over = phase === 'Succeeded' || phase === 'Failed';
  const unready = state.containers.filter((each) => !each.ready).map((each) => each.name);
  const incomplete = state.init
    .filter((each) => each.state.terminated?.exitCode !== 0)
    .map((each) => each.name);
  const notReady: Verdict = over
    ? { status: 'False', reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        status: 'False',
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${unready.join(' ')}]`,
      };
  const ready: Verdict = initialized && unready.length === 0 ? { status: 'True' } : notReady;
  const initialVerdict: Verdict = initialized
    ? { status: 'True' }
    : {
        status: 'False',
        reason: 'ContainersNotInitialized',
        message: `containers with incomplete status: [${incomplete.join(' ')}]`,
      };
  const sandbox = state.podIp !== undefined && !over;
  return {
    phase,
    conditions: conditionsOf(pod, state.now, {
      PodReadyToStartContainers: { status: sandbox ? 'True' : 'False' },
      Initialized: initialVerdict,
      Ready: ready,
      ContainersReady: ready,
    }),
    hostIP: state.hostIp,
    ...(state.podIp !== undefined && { podIP: state.podIp }),
    startTime: timestamp(state.startedAt),
    ...(state.init.length > 0 && { initContainerStatuses: state.init }),
    containerStatuses: state.containers,
  };
}

/** The status of a pod that its kubelet refused. */
export function refusedStatus(
  pod: Pod,
  now: number,
  refused: { reason: string; message: string },
): PodStatus {
  return {
    phase: 'Failed',
    reason: refused.reason,
    message: refused.message,
    startTime: pod.status?.startTime ?? timestamp(now),
    conditions: conditionsOf(pod, now, {}),
  };
}

export interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

/** The conditions of the pod with `own` in place of its own; those of others (PodScheduled) stay. */
function conditionsOf(
  pod: Pod,
  now: number,
  own: Readonly<Record<string, Verdict>>,
): readonly PodCondition[] {
  const before = pod.status?.conditions ?? [];
  const others = before.filter((condition) => own[condition.type] === undefined);
  const mine = Object.entries(own).map(([type, verdict]): PodCondition => {
    const same = before.find((condition) => condition.type === type && condition.status === verdict.status);
    return {
      type,
      ...verdict,
      lastProbeTime: null,
      lastTransitionTime: same?.lastTransitionTime ?? timestamp(now),
    };
  });
  return [...mine, ...others];
}

function phaseOf(pod: Pod, state: PodState, initialized: boolean): PodPhase {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const failedInit = state.init.some((each) => (each.state.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && (policy === 'Never' || state.stopping)) return 'Failed';
  const ended = state.containers.every((each) => each.state.terminated !== undefined);
  if (ended && state.containers.length > 0) {
    const succeeded = state.containers.every((each) => each.state.terminated?.exitCode === 0);
    if (succeeded && (policy !== 'Always' || state.stopping)) return 'Succeeded';
    if (policy === 'Never' || state.stopping) return 'Failed';
  }
  const begun = state.containers.every(
    (each) => each.state.running ?? each.state.terminated ?? each.lastState.terminated,
  );
  return initialized && begun ? 'Running' : 'Pending';
}
