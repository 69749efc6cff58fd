import type { KubeObject, ObjectMeta, OwnerReference } from '../../api/object-meta.ts';
import type { Revision } from '../../core/revision/revision.ts';
import type { CandidateMemory } from '../../core/rollout/memory.ts';
import type { NodeView } from '../../core/views/node-view.ts';
import type { PodView } from '../../core/views/pod-view.ts';

/** A ConfigMap of a model. */
export interface ConfigMapView {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly ownerReferences: readonly OwnerReference[];
  /** `unreadable` where it is a candidate's memory and its JSON is not what we wrote. */
  readonly memory: CandidateMemory | 'unreadable' | undefined;
}

/** A pod whose images or volumes are on their way, or would be if its kubelet could get them. */
export interface PullView {
  /** The key of its model. */
  readonly model: string;
  /** Ms. */
  readonly since: number;
  /** The last try failed: its model takes it off where somebody else waits for the place. */
  readonly failing: boolean;
}

/** The newest known state of the cluster, from watches: asking it costs no call and no look at other models' objects. */
export interface ClusterView {
  /** As stored, the schema has not seen it. */
  model(namespace: string, name: string): KubeObject | undefined;
  models(): readonly KubeObject[];
  /** Keys of all models that exist or that a rollout names. */
  keys(): readonly string[];
  /** Rollouts whose spec.modelRef names the model, as stored. */
  rollouts(namespace: string, model: string): readonly KubeObject[];
  rollout(namespace: string, name: string): KubeObject | undefined;
  nodes(): readonly NodeView[];
  pods(namespace: string, model: string): readonly PodView[];
  /** Pulls that take a place at this time, of all models: from an index, at the cost of their number. */
  pulls(now: number): readonly PullView[];
  hasPod(namespace: string, name: string): boolean;
  revisions(namespace: string, model: string): readonly Revision[];
  configMaps(namespace: string, model: string): readonly ConfigMapView[];
  service(namespace: string, name: string): KubeObject | undefined;
}

/** What became different in the view; at least one of `old` and `new` is there. */
export type ClusterChange =
  | Changed<'EdgeModel', KubeObject>
  | Changed<'EdgeRollout', KubeObject>
  | Changed<'Node', NodeView>
  | Changed<'Pod', PodView>
  /** ControllerRevisions, ConfigMaps and Services. */
  | Changed<'Part', ObjectMeta>;

interface Changed<Kind extends string, T> {
  readonly kind: Kind;
  readonly old: T | undefined;
  readonly new: T | undefined;
}

export interface ClusterChanges {
  /** Returns the way to unsubscribe. */
  subscribe(listener: (change: ClusterChange) => void): () => void;
}
