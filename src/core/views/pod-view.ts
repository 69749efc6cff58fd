import { LABEL } from '../../api/names.ts';
import type { KubeObject } from '../../api/object-meta.ts';
import { controllerOf } from './controller-of.ts';
import type { Controller } from './controller-of.ts';
import { time } from './node-view.ts';

/** Why a pod of a model exists. */
export type PodRole = 'serve' | 'prefetch';

/** The node that a pod was made for, from its creation on; spec.nodeName is set only once it is scheduled. */
export const NODE_ANNOTATION = 'outrigger.dev/node';

/** What Outrigger reads of a Pod; everything else is dropped before it is stored. */
export interface PodView {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly controller: Controller | undefined;
  readonly node: string;
  readonly role: PodRole;
  readonly revision: string;
  readonly variant: string;
  readonly bound: boolean;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly ready: boolean;
  readonly readySince: number | undefined;
  /** When Ready last became false, ms; undefined while it is ready or was never. */
  readonly notReadySince: number | undefined;
  readonly deleting: boolean;
  readonly createdAt: number;
  /** What kube-scheduler last said where it found no place. */
  readonly unschedulable: { readonly message: string; readonly since: number } | undefined;
  readonly containers: readonly ContainerView[];
}

export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  readonly ready: boolean;
  readonly restarts: number;
  readonly waiting: { readonly reason: string; readonly message: string } | undefined;
  /** When the running process started, ms. */
  readonly startedAt: number | undefined;
  /** The latest end of a process of this container. */
  readonly terminated:
    | {
        readonly exitCode: number;
        readonly reason: string;
        readonly startedAt: number | undefined;
        readonly at: number | undefined;
      }
    | undefined;
}

interface RawTerminated {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

interface RawContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: RawTerminated;
  };
  readonly lastState?: { readonly terminated?: RawTerminated };
}

interface RawPod extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: PodView['phase'];
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
      readonly lastTransitionTime?: string;
    }[];
    readonly containerStatuses?: readonly RawContainerStatus[];
    readonly initContainerStatuses?: readonly RawContainerStatus[];
  };
}

export function podView(raw: KubeObject): PodView {
  const pod = raw as RawPod;
  const labels = pod.metadata.labels ?? {};
  const condition = (type: string) => pod.status?.conditions?.find((each) => each.type === type);
  const ready = condition('Ready');
  const scheduled = condition('PodScheduled');
  const createdAt = time(pod.metadata.creationTimestamp) ?? 0;
  return {
    name: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    uid: pod.metadata.uid ?? '',
    labels,
    controller: controllerOf(pod.metadata),
    node: pod.spec?.nodeName ?? pod.metadata.annotations?.[NODE_ANNOTATION] ?? '',
    role: labels[LABEL.role] === 'prefetch' ? 'prefetch' : 'serve',
    revision: labels[LABEL.revision] ?? '',
    variant: labels[LABEL.variant] ?? '',
    bound: pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '',
    phase: pod.status?.phase ?? 'Pending',
    reason: pod.status?.reason,
    message: pod.status?.message,
    ready: ready?.status === 'True',
    readySince: ready?.status === 'True' ? time(ready.lastTransitionTime) : undefined,
    notReadySince: ready?.status === 'True' ? undefined : time(ready?.lastTransitionTime),
    deleting: pod.metadata.deletionTimestamp !== undefined,
    createdAt,
    unschedulable:
      scheduled?.status === 'False' && scheduled.reason === 'Unschedulable'
        ? { message: scheduled.message ?? '', since: time(scheduled.lastTransitionTime) ?? createdAt }
        : undefined,
    containers: [
      ...(pod.status?.initContainerStatuses ?? []).map((each) => containerView(each, true)),
      ...(pod.status?.containerStatuses ?? []).map((each) => containerView(each, false)),
    ],
  };
}

function containerView(raw: RawContainerStatus, init: boolean): ContainerView {
  const ended = raw.state?.terminated ?? raw.lastState?.terminated;
  const waiting = raw.state?.waiting;
  return {
    name: raw.name,
    init,
    ready: raw.ready ?? false,
    restarts: raw.restartCount ?? 0,
    waiting: waiting && { reason: waiting.reason ?? '', message: waiting.message ?? '' },
    startedAt: time(raw.state?.running?.startedAt),
    terminated: ended && {
      exitCode: ended.exitCode ?? 0,
      reason: ended.reason ?? '',
      startedAt: time(ended.startedAt),
      at: time(ended.finishedAt),
    },
  };
}
