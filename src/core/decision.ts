import type { EdgeModelStatus } from '../api/edge-model-status.ts';
import type { EdgeRolloutStatus } from '../api/edge-rollout-status.ts';
import type { KubeObject, OwnerReference } from '../api/object-meta.ts';
import type { Metric } from '../api/metric.ts';
import type { PrometheusSpec } from '../api/prometheus.ts';
import type { Window } from '../judge/window.ts';
import type { Unfetched } from './node/unfetched.ts';
import type { Pod } from './pods/serve-pod.ts';
import type { ControllerRevision } from './revision/controller-revision.ts';
import type { JudgeNeed } from './rollout/judge-need.ts';
import type { CandidateMemory } from './rollout/memory.ts';

/** What must be asked before the decision can be taken; the shell asks and decides again with the answer. */
export type Need = DryRunNeed | MetricNeed | JudgeNeed | AdoptableNeed | LeaseNeed;

/** The pods of the model's namespace that `spec.adopt` matches; no watch has them. */
export interface AdoptableNeed {
  readonly kind: 'AdoptablePods';
  /** A label selector as the API server takes it. */
  readonly selector: string;
}

/** Whether nodes that are about to be disturbed are there: no watch has their Leases, which are written each 10 s. */
export interface LeaseNeed {
  readonly kind: 'Leases';
  readonly nodes: readonly string[];
}

export interface DryRunNeed {
  readonly kind: 'DryRun';
  readonly revision: string;
  /** Serve pods, one for each variant. */
  readonly pods: readonly { readonly variant: string; readonly pod: Pod }[];
  /** A prefetch pod, where a variant is to be replaced and not surged. */
  readonly prefetch: Pod | undefined;
  readonly tries: number;
}

export interface MetricNeed {
  readonly kind: 'Metric';
  /** Unlike for every metric, window and set of pods. */
  readonly key: string;
  readonly metric: Metric;
  readonly window: Window;
  /** The label that says where a sample comes from. */
  readonly groupBy: 'pod' | 'node';
  /** Values of that label that are judged. */
  readonly keys: readonly string[];
  /** The nodes of both arms. */
  readonly nodes: readonly string[];
  /** As the rollout says; what it leaves open (the address too) is the operator's. */
  readonly prometheus: PrometheusSpec | undefined;
  readonly namespace: string;
}

/**
 * What to do, in an order that is safe to be cut anywhere: what must be remembered comes before what is done,
 * marks before the memory that says they were made, and a status write with its resourceVersion before any
 * batch of pods, so that of two operators only one gets past it.
 */
export type Action =
  | { readonly kind: 'CreateRevision'; readonly object: ControllerRevision }
  /** Merge patch of annotations with the resourceVersion as precondition. */
  | {
      readonly kind: 'MarkRevision';
      readonly name: string;
      readonly resourceVersion: string;
      readonly annotations: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'DeleteRevision'; readonly name: string; readonly uid: string }
  | { readonly kind: 'CreateConfigMap'; readonly object: KubeObject }
  | { readonly kind: 'DeleteConfigMap'; readonly name: string }
  /** Created where resourceVersion is undefined, replaced otherwise. */
  | {
      readonly kind: 'WriteMemory';
      readonly name: string;
      readonly resourceVersion: string | undefined;
      readonly object: KubeObject;
      readonly memory: CandidateMemory;
    }
  /** Server-side apply. */
  | { readonly kind: 'ApplyService'; readonly object: KubeObject }
  | { readonly kind: 'DeleteService'; readonly name: string; readonly uid: string }
  | {
      readonly kind: 'WriteModelStatus';
      readonly name: string;
      readonly resourceVersion: string;
      readonly status: EdgeModelStatus;
    }
  | {
      readonly kind: 'WriteRolloutStatus';
      readonly name: string;
      readonly resourceVersion: string;
      readonly status: EdgeRolloutStatus;
    }
  | { readonly kind: 'CreatePod'; readonly pod: Pod; readonly node: string }
  /**
   * With the uid as precondition. `remake`: the pod had ended and comes again. `unfetched`: its image did not come, and it
   * comes again later; of what and why as in `Unfetched`.
   */
  | {
      readonly kind: 'DeletePod';
      readonly name: string;
      readonly uid: string;
      readonly node: string;
      readonly remake: boolean;
      readonly unfetched?: Pick<Unfetched, 'of' | 'since' | 'message'>;
    }
  /** Merge patch with uid and resourceVersion as preconditions; what runs in the pod does not notice. */
  | {
      readonly kind: 'AdoptPod';
      readonly name: string;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly node: string;
      readonly labels: Readonly<Record<string, string>>;
      /** All of them. */
      readonly ownerReferences: readonly OwnerReference[];
    }
  /** deletionPolicy Orphan: merge patch of metadata.finalizers. */
  | {
      readonly kind: 'SetFinalizers';
      readonly name: string;
      readonly resourceVersion: string;
      readonly finalizers: readonly string[];
    }
  /** The controller of the object from now on; undefined: it has none. */
  | {
      readonly kind: 'SetOwner';
      readonly of: 'Pod' | 'ConfigMap' | 'ControllerRevision';
      readonly name: string;
      readonly uid: string;
      readonly owner: OwnerReference | undefined;
    }
  | EventAction;

export interface EventAction {
  readonly kind: 'Event';
  readonly regarding: {
    readonly kind: 'EdgeModel' | 'EdgeRollout';
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  /** Same code as in the condition. */
  readonly reason: string;
  readonly note: string;
}

export interface Decision {
  /** Not empty: nothing is to be done before these are answered. */
  readonly needs: readonly Need[];
  readonly actions: readonly Action[];
  /** When to decide again although nothing has changed, ms since the epoch. */
  readonly requeueAt: number | undefined;
  /** A pull waits until fewer are under way, also of other models: the shell wakes it. */
  readonly waitsForPull: boolean;
  /** Keys to remember since when they have been seen; what is absent is forgotten. */
  readonly mismatched: readonly string[];
}
