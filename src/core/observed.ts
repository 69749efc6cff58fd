import type { EdgeModel } from '../api/edge-model.ts';
import type { EdgeRollout } from '../api/edge-rollout.ts';
import type { KubeObject, ObjectMeta } from '../api/object-meta.ts';
import type { Evidence } from '../judge/evidence.ts';
import type { Adoptable } from './adopt/adoptable-pod.ts';
import type { Unfetched } from './node/unfetched.ts';
import type { Revision } from './revision/revision.ts';
import type { TakenLook } from './rollout/judge-need.ts';
import type { CandidateMemory } from './rollout/memory.ts';
import type { NodeView } from './views/node-view.ts';
import type { NodeRecord } from './node/node-record.ts';
import type { Controller } from './views/controller-of.ts';
import type { PodView } from './views/pod-view.ts';

/** A stored object that the schema does not take: reported, never acted on. */
export interface Invalid {
  readonly kind: 'EdgeModel' | 'EdgeRollout';
  readonly metadata: ObjectMeta;
  readonly status: unknown;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** `spec.modelRef.name` of a rollout, where it can be read. */
  readonly modelName?: string;
}

/** One snapshot of all that a decision about one model rests on. */
export interface Observed {
  readonly namespace: string;
  readonly name: string;
  /** Undefined where it does not exist, or is listed in `invalid`. */
  readonly model: EdgeModel | undefined;
  /** Rollouts that name the model, in any order. */
  readonly rollouts: readonly EdgeRollout[];
  readonly invalid: readonly Invalid[];
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeView[];
  /** All pods that carry the model's label, in its namespace. */
  readonly pods: readonly PodView[];
  readonly revisions: readonly Revision[];
  readonly memories: readonly StoredMemory[];
  /** The model's config ConfigMaps that exist, by name. */
  readonly configMaps: ReadonlyMap<
    string,
    { readonly uid: string; readonly controller: Controller | undefined }
  >;
  /** The Service of the model's name, if there is one. */
  readonly service: KubeObject | undefined;
  readonly settings: Settings;
  /** What the API server said of revisions that were tried as a dry run, by revision hash. Kept in memory by the shell. */
  readonly acceptance: ReadonlyMap<string, Acceptance>;
  /** What `spec.adopt` matched when it was last asked. Kept in memory by the shell. */
  readonly adoptable: Adoptable | undefined;
  /** Answers to metric needs, by `MetricNeed.key`. Kept for one pass. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  /**
   * The newest looks of the sequential judge: two, because what one of them says may lead to the other. Kept in memory
   * by the shell, so that each is taken once.
   */
  readonly taken: readonly TakenLook[];
  /** The query of each metric as people see it, or why there is none, by `<rollout>/<metric>`. Made by the shell, without I/O. */
  readonly queries: ReadonlyMap<string, { readonly query: string } | { readonly error: string }>;
  /** How often the pod of this name was made again after it had ended, and when last (ms). Kept in memory by the shell. */
  readonly remade: ReadonlyMap<string, { readonly count: number; readonly at: number }>;
  /** Pods that were taken off because their image did not come, by pod name. Kept in memory by the shell until it has come. */
  readonly unfetched: ReadonlyMap<string, Unfetched>;
  /** Since when (ms) a running pod's variant is not the one that its node resolves to, by `Decision.mismatched`. Kept in memory by the shell. */
  readonly mismatched: ReadonlyMap<string, number>;
  /** Pods whose creation the API server refused, by pod name: its words. Kept in memory by the shell until a creation succeeds. */
  readonly refusedPods: ReadonlyMap<
    string,
    {
      readonly code: string;
      readonly message: string;
      readonly at: number;
      readonly count: number;
      /** Of a prefetch pod: what it would have fetched, as `fetchKey`. */
      readonly prefetchOf?: string | undefined;
    }
  >;
  /** What was noticed of nodes, by name; not of all of them. Kept in memory by the shell. */
  readonly records: ReadonlyMap<string, NodeRecord>;
  /** Leases were asked for in this pass: whoever is still unknown waits for the next. */
  readonly leasesAsked: boolean;
  readonly pulls: {
    /** Pulls that are under way for other models, or that another pass is about to begin. */
    readonly elsewhere: number;
    /** Another model has waited for longer than this one, so that the next place is its. Kept in memory by the shell. */
    readonly ahead: boolean;
  };
  /** Random text of at least 128 bits, fresh for each pass: seeds a new candidate's draw. */
  readonly entropy: string;
}

export interface StoredMemory {
  readonly name: string;
  readonly resourceVersion: string;
  /** Of the ControllerRevision that it goes with; undefined where it names none. */
  readonly revisionUid: string | undefined;
  readonly memory: CandidateMemory;
}

export interface Settings {
  /** Runs in prefetch pods. */
  readonly pauseImage: string;
  /** Prometheus where a rollout names none. */
  readonly prometheusAddress: string | undefined;
  /** No rollout begins a pull while so many are under way, whatever its own limits say; undefined: no such bound. */
  readonly maxPrefetching?: number | undefined;
}

/** What the API server said of a revision's pods, tried with dryRun=All and strict field validation. */
export type Acceptance =
  | { readonly status: 'Accepted'; readonly at: number }
  /** 400, 422 and refusals by pod security: the revision's fault, in the server's own words. */
  | {
      readonly status: 'Refused';
      readonly variant: string;
      readonly message: string;
      readonly at: number;
      readonly tries: number;
    }
  /** Other 403, 5xx, timeouts: tried again. */
  | {
      readonly status: 'Unknown';
      readonly variant: string;
      readonly message: string;
      readonly at: number;
      readonly tries: number;
    }
  /** Prefetch pods are what the server does not take (no image volumes before Kubernetes 1.35): Surge still works. */
  | { readonly status: 'PrefetchUnavailable'; readonly message: string; readonly at: number };
