import type { KubeObject } from '../../api/object-meta.ts';
import type { Action } from '../../core/decision.ts';

type Of<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

/**
 * The writes of a pass, one for each kind of action. What the server answers is in the ClusterView when the
 * promise resolves, so that the next pass never acts on a view older than our own writes. What is to be deleted
 * and is gone already counts as deleted.
 *
 * Errors: ApiFailure.
 */
export interface ClusterWriter {
  createRevision(namespace: string, action: Of<'CreateRevision'>): Promise<void>;
  markRevision(namespace: string, action: Of<'MarkRevision'>): Promise<void>;
  deleteRevision(namespace: string, action: Of<'DeleteRevision'>): Promise<void>;
  createConfigMap(namespace: string, action: Of<'CreateConfigMap'>): Promise<void>;
  deleteConfigMap(namespace: string, action: Of<'DeleteConfigMap'>): Promise<void>;
  writeMemory(namespace: string, action: Of<'WriteMemory'>): Promise<void>;
  applyService(namespace: string, action: Of<'ApplyService'>): Promise<void>;
  deleteService(namespace: string, action: Of<'DeleteService'>): Promise<void>;
  writeModelStatus(namespace: string, action: Of<'WriteModelStatus'>): Promise<void>;
  writeRolloutStatus(namespace: string, action: Of<'WriteRolloutStatus'>): Promise<void>;
  createPod(namespace: string, action: Of<'CreatePod'>): Promise<void>;
  deletePod(namespace: string, action: Of<'DeletePod'>): Promise<void>;
  adoptPod(namespace: string, action: Of<'AdoptPod'>): Promise<void>;
  setFinalizers(namespace: string, action: Of<'SetFinalizers'>): Promise<void>;
  setOwner(namespace: string, action: Of<'SetOwner'>): Promise<void>;
  /** Tries the creation as a dry run with strict field validation; resolves where the server would take it. */
  tryPod(namespace: string, pod: KubeObject): Promise<void>;
  /** All pods of the namespace with these labels, whoever made them. */
  findPods(namespace: string, selector: string): Promise<readonly KubeObject[]>;
  /** Reads the pod that has this name now, whoever made it, and takes it into the view if it is a model's. Undefined: none. */
  readPod(namespace: string, name: string): Promise<KubeObject | undefined>;
  /** The Service of this name, whoever made it. */
  readService(namespace: string, name: string): Promise<KubeObject | undefined>;
}
